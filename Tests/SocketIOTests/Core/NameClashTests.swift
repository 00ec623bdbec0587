import Foundation
import Testing

/// Compiles a program that imports what often stands beside this library, and uses every public type by its plain name.
@Suite("Names beside other libraries")
struct NameClashTests {
  private static let neighbours = [
    "Dispatch", "Foundation", "Logging", "Metrics", "Observation", "ServiceLifecycle", "Synchronization",
  ]

  /// Where scripts/test has put the dependencies of the package Tests/NameClash; nil if it was not asked to.
  private static let nio = ProcessInfo.processInfo.environment["SOCKETIO_NIO"].map(URL.init(fileURLWithPath:))

  private static let arguments = [
    "EventSequence": "<Int>", "LifecycleEvent": "<Socket, Void>", "TypedEvent": "<Int>", "TypedRequest": "<Int, Int>",
  ]

  /// The names of the public types as they are used. The tests are built with all package traits.
  private static func uses() throws -> [String] {
    try ["Sources/SocketIO", "Sources/SocketIOTesting"].flatMap { folder in
      let files = FileManager.default.enumerator(
        at: ProjectFiles.root.appendingPathComponent(folder), includingPropertiesForKeys: nil)
      return try (try #require(files)).compactMap { $0 as? URL }.filter { $0.pathExtension == "swift" }.flatMap(uses)
    }
  }

  private static func uses(_ file: URL) throws -> [String] {
    let source = try String(contentsOf: file, encoding: .utf8)
    // Those of a trait are inside an `#if`.
    let indentation = file.path.contains("/Integrations/") ? "  " : ""
    return source.matches(
      of: /(?m)^( *)public (?:final |indirect )*(class|struct|enum|actor|protocol) (\w+)/
    ).filter { $0.1 == indentation }.map { match in
      let name = String(match.3)
      return match.2 == "protocol" ? "any \(name)" : name + (arguments[name] ?? "")
    }
  }

  /// - Parameters:
  ///   - other: The declarations of one more neighbour.
  ///   - required: Neighbours that must be there.
  ///   - options: Where the compiler finds them.
  private static func compile(
    _ other: String, required: [String] = [], _ options: [String] = []
  ) async throws -> String? {
    let modules = neighbours + ["Other", "SocketIO", "SocketIOTesting"]
    let imports =
      modules.map { "#if canImport(\($0))\nimport \($0)\n#endif\n" }.joined()
      + required.map { "import \($0)\n" }.joined()
    let uses = try uses()
    try #require(uses.count > 40)
    for name in ["TestServer", "TestClock", "MetricsReporter", "SocketIOService"] { try #require(uses.contains(name)) }
    var output: String?
    try await TopLevelTests.withFolder { folder in
      try other.write(to: folder.appendingPathComponent("Other.swift"), atomically: true, encoding: .utf8)
      let problem = try await TopLevelTests.compile(
        ["-emit-module", "-module-name", "Other", "Other.swift"], in: folder)
      try #require(problem == nil)
      let program = imports + uses.enumerated().map { "typealias Use\($0.offset) = \($0.element)\n" }.joined()
      try program.write(to: folder.appendingPathComponent("main.swift"), atomically: true, encoding: .utf8)
      output = try await TopLevelTests.compile(options + ["-typecheck", "main.swift"], in: folder)
    }
    return output
  }

  /// Where the compiler finds swift-nio: its modules, and those in C.
  private static func options(for nio: URL) throws -> [String] {
    let files = try #require(FileManager.default.enumerator(at: nio, includingPropertiesForKeys: nil))
    let maps = files.compactMap { ($0 as? URL)?.path }.filter {
      // SwiftPM writes one for each of the Swift modules, too, into a folder "include".
      $0.hasSuffix(".build/module.modulemap")
        || $0.contains("/checkouts/") && $0.hasSuffix("/include/module.modulemap")
    }
    return ["-I", nio.appendingPathComponent("debug/Modules").path]
      + maps.flatMap { ["-Xcc", "-fmodule-map-file=\($0)"] }
  }

  @Test("Every public type can be used by its plain name")
  func unambiguous() async throws {
    let problem = try await Self.compile("")
    #expect(problem == nil, "\(problem ?? "")")
  }

  @Test("Also beside swift-nio, which has an event loop of its own", .enabled(if: nio != nil))
  func besideNIO() async throws {
    let options = try Self.options(for: try #require(Self.nio))
    let problem = try await Self.compile("", required: ["NIOCore", "NIOHTTP1"], options)
    #expect(problem == nil, "\(problem ?? "")")
  }

  @Test("A library with a type of the same name is noticed")
  func clash() async throws {
    let problem = try await Self.compile("public enum ModifiedSocket {}\n")
    #expect(try #require(problem).contains("'ModifiedSocket' is ambiguous"))
  }
}
