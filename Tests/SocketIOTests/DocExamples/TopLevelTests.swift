import Foundation
import Testing

/// Compiles every Swift example of the documentation as it is printed, as the top level of a program. There the compiler chooses among
/// overloads in other ways than inside functions: of two that differ in `async` alone it may take the one that waits for nothing.
@Suite("Examples at the top level")
struct TopLevelTests {
  /// A module with what the examples take as given. What an example declares itself comes before it.
  private static let surroundings = """
    import Foundation
    import Logging
    import SocketIO

    private func some<T>() -> T { preconditionFailure("examples are compiled, not run") }
    public let socket: Socket = some()
    public let manager: Manager = some()
    public let logger: Logger = some()
    public let message: SocketValue = some()
    public let jpeg: Data = some()
    public let chunks: [Data] = some()
    public let folder: String = some()
    public let pin: String = some()
    public let proxy: String = some()
    public let echo: Socket = some()
    extension String { public var url: String { self } }
    public let server: String = some()
    public struct Price: Codable, Sendable {
      public var symbol: String
      public var value: Double
    }
    public func prices(_ symbol: String) async throws -> Double { some() }
    public actor Tokens { public func current() throws -> String { some() } }
    public let tokens: Tokens = some()
    public func currentToken() async throws -> String { some() }
    public func quote(_ symbol: String) async throws -> Double { some() }
    public func think(_ question: String) async throws -> String { some() }
    """

  /// Where the package's modules are: beside the tests.
  private static var modules: URL? {
    let folders = [Bundle.main.bundleURL, Bundle.main.bundleURL.deletingLastPathComponent()]
    return folders.map { $0.appendingPathComponent("Modules") }.first {
      FileManager.default.fileExists(atPath: $0.appendingPathComponent("SocketIO.swiftmodule").path)
    }
  }

  /// - Returns: What the compiler says, nil where it is content.
  private static func compile(_ arguments: [String], in folder: URL) throws -> String? {
    let modules = try #require(modules, "the package's modules are not found beside \(Bundle.main.bundleURL.path)")
    let root = ProjectFiles.root.path
    let compiler = Process()
    let messages = Pipe()
    compiler.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    compiler.arguments =
      ["swiftc", "-swift-version", "6", "-warnings-as-errors", "-I", modules.path, "-I", folder.path]
      + ["-Xcc", "-I\(root)/include", "-Xcc", "-fmodule-map-file=\(root)/Sources/CSIO/module.modulemap"] + arguments
    compiler.currentDirectoryURL = folder
    compiler.standardError = messages
    try compiler.run()
    let output = String(decoding: messages.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    compiler.waitUntilExit()
    return compiler.terminationStatus == 0 ? nil : output
  }

  private static func withSurroundings(_ body: (URL) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("socketio-examples-\(UUID())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try surroundings.write(
      to: folder.appendingPathComponent("Surroundings.swift"), atomically: true, encoding: .utf8)
    let problem = try compile(["-emit-module", "-module-name", "Surroundings", "Surroundings.swift"], in: folder)
    try #require(problem == nil)
    try body(folder)
  }

  private static func check(_ code: String, in folder: URL) throws -> String? {
    let imports = ["Foundation", "Logging", "ServiceLifecycle", "SocketIO", "Surroundings"].map { "import \($0)\n" }
    try (imports.joined() + code + "\n").write(
      to: folder.appendingPathComponent("main.swift"), atomically: true, encoding: .utf8)
    return try compile(["-typecheck", "main.swift"], in: folder)
  }

  @Test("Every Swift block compiles", arguments: DocExamplesTests.documents)
  func blocks(_ document: String) throws {
    try Self.withSurroundings { folder in
      for block in try MarkdownBlock.all("swift", in: document) {
        let problem = try Self.check(block.lines.joined(separator: "\n"), in: folder)
        #expect(problem == nil, "\(block): \(problem ?? "")")
      }
    }
  }

  @Test("A call that waits for nothing is found")
  func twins() throws {
    try Self.withSurroundings { folder in
      let twins = """
        struct Twins {
          func open(_ callback: ((Bool) -> Void)? = nil) {}
          func open() async throws {}
        }
        while true {
          try await Twins().open()
          break
        }
        """
      let problem = try #require(try Self.check(twins, in: folder))
      #expect(problem.contains("no 'async' operations occur within 'await' expression"))
    }
  }

  /// Of a name that both kinds of functions bear, the synchronous ones need an argument that the others do not take.
  @Test("No asynchronous function has a synchronous one beside it that takes as few arguments")
  func signatures() throws {
    struct Function: Hashable {
      var scope: String
      var name: String
    }
    var isAsync: [Function: Set<Bool>] = [:]
    let sources = ["Client", "Options", "Transport", "Protocol", "Integrations"]
    for file in try sources.flatMap({ try ProjectFiles.list("Sources/SocketIO/\($0)", endingIn: ".swift") }) {
      var scope = ""
      let lines = try ProjectFiles.text(file).components(separatedBy: "\n")
      for (index, line) in lines.enumerated() {
        // Of types inside of others none is public and has functions.
        if let match = line.firstMatch(of: /^\S.*?\b(?:class|struct|enum|actor|extension|protocol) (\w+)/) {
          scope = String(match.1)
        }
        guard let match = line.firstMatch(of: /public (?:mutating |static )*func (\w+)/) else { continue }
        // A declaration goes on until its body begins.
        var declaration = ""
        for line in lines[index...] {
          declaration += line
          if line.contains("{") { break }
        }
        guard Self.canBeCalledWithoutArguments(declaration) else { continue }
        let function = Function(scope: scope, name: String(match.1))
        isAsync[function, default: []].insert(declaration.contains(" async "))
      }
    }
    #expect(isAsync[Function(scope: "Manager", name: "open")] == [true])
    #expect(isAsync.filter { $0.value.count > 1 }.isEmpty)
  }

  private static func canBeCalledWithoutArguments(_ declaration: String) -> Bool {
    var depth = 0
    var parameters = ""
    for character in declaration.drop(while: { $0 != "(" }) {
      if character == ")" { depth -= 1 }
      if depth == 0, character == ")" { break }
      if depth > 0 { parameters.append(character) }
      if character == "(" { depth += 1 }
    }
    return parameters.split(separator: ",").allSatisfy { $0.contains(" = ") || $0.contains("...") }
  }
}
