import Foundation
import Testing

/// Compiles every Swift example of the documentation as the top level of a program. There the compiler resolves
/// overloads differently than inside functions: of two that differ only in `async` it may choose the synchronous one.
@Suite("Examples at the top level")
struct TopLevelTests {
  /// A module with the declarations that the examples assume. An example's own declarations take precedence.
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

  /// One compiler runs at a time. A test that waits for it does not block a thread of other tests.
  private static let queue = DispatchQueue(label: "compiler")

  /// - Returns: The compiler's output; nil if it reports nothing.
  static func compile(_ arguments: [String], in folder: URL) async throws -> String? {
    let modules = try #require(modules, "the package's modules are not found beside \(Bundle.main.bundleURL.path)")
    return try await withCheckedThrowingContinuation { continuation in
      queue.async { continuation.resume(with: Result { try run(arguments, with: modules, in: folder) }) }
    }
  }

  private static func run(_ arguments: [String], with modules: URL, in folder: URL) throws -> String? {
    let root = ProjectFiles.root.path
    let compiler = Process()
    let messages = Pipe()
    compiler.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    compiler.arguments =
      ["swiftc", "-swift-version", "6", "-warnings-as-errors", "-I", modules.path, "-I", folder.path]
      + coreModuleMaps(beside: modules).flatMap { ["-Xcc", "-fmodule-map-file=\($0.path)"] }
      + ["-Xcc", "-I\(root)/include"] + arguments
    compiler.currentDirectoryURL = folder
    compiler.standardError = messages
    try compiler.run()
    let output = String(decoding: messages.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    compiler.waitUntilExit()
    return compiler.terminationStatus == 0 ? nil : output
  }

  /// The library was built with either of the C modules.
  private static func coreModuleMaps(beside modules: URL) -> [URL] {
    let bundled = modules.deletingLastPathComponent().appendingPathComponent("CSIOBundled.build/module.modulemap")
    let installed = ProjectFiles.root.appendingPathComponent("Sources/CSIOForSwift/Installed/module.modulemap")
    return [installed, bundled].filter { FileManager.default.fileExists(atPath: $0.path) }
  }

  static func withFolder(_ body: (URL) async throws -> Void) async throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("socketio-examples-\(UUID())")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try await body(folder)
  }

  private static func withSurroundings(_ body: (URL) async throws -> Void) async throws {
    try await withFolder { folder in
      try await addSurroundings(folder)
      try await body(folder)
    }
  }

  private static func addSurroundings(_ folder: URL) async throws {
    try surroundings.write(
      to: folder.appendingPathComponent("Surroundings.swift"), atomically: true, encoding: .utf8)
    let problem = try await compile(["-emit-module", "-module-name", "Surroundings", "Surroundings.swift"], in: folder)
    try #require(problem == nil)
  }

  private static func check(_ code: String, in folder: URL) async throws -> String? {
    // An example imports what else it uses.
    try ("import SocketIO\nimport Surroundings\n" + code + "\n").write(
      to: folder.appendingPathComponent("main.swift"), atomically: true, encoding: .utf8)
    return try await compile(["-typecheck", "main.swift"], in: folder)
  }

  @Test("Every Swift block compiles", arguments: DocExamplesTests.documents)
  func blocks(_ document: String) async throws {
    try await Self.withSurroundings { folder in
      // Tests are not at the top level of a program.
      for block in try MarkdownBlock.all("swift", in: document) where block.code.first?.hasPrefix("@Test") == false {
        let problem = try await Self.check(block.lines.joined(separator: "\n"), in: folder)
        #expect(problem == nil, "\(block): \(problem ?? "")")
      }
    }
  }

  @Test("A call without await is found")
  func twins() async throws {
    try await Self.withSurroundings { folder in
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
      let problem = try #require(try await Self.check(twins, in: folder))
      #expect(problem.contains("no 'async' operations occur within 'await' expression"))
    }
  }

  /// If synchronous and asynchronous functions share a name, the synchronous ones must require an additional argument.
  @Test("No asynchronous function has a synchronous overload with as few arguments")
  func signatures() throws {
    struct Function: Hashable {
      var scope: String
      var name: String
    }
    var isAsync: [Function: Set<Bool>] = [:]
    let sources = [
      "Manager", "Socket", "Handlers", "Options", "Transport", "EventLoop", "Protocol", "Core", "Integrations",
    ]
    for file in try sources.flatMap({ try ProjectFiles.list("Sources/SocketIO/\($0)", endingIn: ".swift") }) {
      var scope = ""
      let lines = try ProjectFiles.text(file).components(separatedBy: "\n")
      for (index, line) in lines.enumerated() {
        // There is no public nested type with functions.
        if let match = line.firstMatch(of: /^\S.*?\b(?:class|struct|enum|actor|extension|protocol) (\w+)/) {
          scope = String(match.1)
        }
        guard let match = line.firstMatch(of: /public (?:mutating |static )*func (\w+)/) else { continue }
        // A declaration continues until its body begins.
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
