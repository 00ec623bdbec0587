import Foundation
import Testing

@testable import SocketIO

/// Keeps the documentation correct: every Swift example in it is compiled, and those that need no server are run.
@Suite("Examples of the documentation")
struct DocExamplesTests {
  // MARK: The text

  static let documents =
    ["README.md", "docs/guide.md"]
    + ((try? ProjectFiles.list("Sources/SocketIO/SocketIO.docc", endingIn: ".md")) ?? [])

  /// Examples that are run on scripted connections or only compiled, and those that are run against a server.
  static let folders = ["Tests/SocketIOTests/DocExamples", "Tests/InteropTests/OptionsPage"]

  @Test("Every Swift block occurs word for word in compiled code", arguments: documents)
  func blocksAreCompiled(_ document: String) throws {
    let files = try Self.folders.flatMap { try ProjectFiles.list($0, endingIn: ".swift") }
      // The checker's own code is not an example.
      .filter { !$0.hasSuffix("Tests.swift") && !$0.hasSuffix("MarkdownBlocks.swift") }
    let source = ExampleSource(try files.map(ProjectFiles.text))
    let blocks = try MarkdownBlock.all("swift", in: document)
    #expect(!blocks.isEmpty)
    for block in blocks {
      // Not in the expectation itself, which would print all of the source.
      let isCompiled = source.contains(block.code)
      #expect(isCompiled, "\(block) is in none of \(Self.folders) as it stands")
    }
  }

  @Test("The tables of options list every option once, with its default if that is a plain value")
  func optionTables() throws {
    let guide = try ProjectFiles.text("docs/guide.md")
    let section = try #require(
      guide.components(separatedBy: "\n## Options\n").last?.components(separatedBy: "\n## ").first)
    let rows = section.components(separatedBy: "\n").filter { $0.hasPrefix("| `") }.map { row in
      row.components(separatedBy: "|").map { $0.trimmingCharacters(in: CharacterSet(charactersIn: " `")) }
    }
    let children =
      Array(Mirror(reflecting: SocketIOOptions()).children.filter { !["tls", "network"].contains($0.label) })
      + Mirror(reflecting: TLSOptions()).children
    let options = children.compactMap { child in child.label.map { (name: $0, value: child.value) } }
    let nested =
      Self.properties(ConnectionAgent(), of: "agent") + Self.properties(OfflineBuffer(), of: "offlineBuffer")
      + Self.properties(PerMessageDeflate(), of: "perMessageDeflate")
    #expect(rows.map { $0[1] }.sorted() == (options.map(\.name) + nested).sorted())
    for row in rows {
      #expect(row.count == 9 && row[2...7].allSatisfy { !$0.isEmpty }, "\(row)")
      switch options.first(where: { $0.name == row[1] })?.value {
      case let value as Bool: #expect(row[3] == "\(value)", "\(row[1])")
      case let value as String: #expect(row[3] == "\"\(value)\"", "\(row[1])")
      case let value as Double: #expect(row[3] == "\(value)", "\(row[1])")
      case let value as Duration: #expect(row[3] == "\(value.components.seconds) s", "\(row[1])")
      default: break
      }
    }
  }

  private static func properties(_ value: Any, of option: String) -> [String] {
    Mirror(reflecting: value).children.compactMap { $0.label.map { "\(option).\($0)" } }
  }

  @Test("Every C block of docs/csio.md is a source that compiles")
  func cBlocksCompile() throws {
    let blocks = try MarkdownBlock.all("c", in: "docs/csio.md")
    #expect(blocks.count >= 3)
    let source = FileManager.default.temporaryDirectory.appendingPathComponent("csio-example-\(UUID()).c")
    defer { try? FileManager.default.removeItem(at: source) }
    for block in blocks {
      try block.lines.joined(separator: "\n").appending("\n").write(to: source, atomically: true, encoding: .utf8)
      let compiler = Process()
      let messages = Pipe()
      compiler.executableURL = URL(fileURLWithPath: "/usr/bin/env")
      compiler.arguments =
        ["cc", "-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fsyntax-only", "-I"]
        + [ProjectFiles.root.appendingPathComponent("include").path, source.path]
      compiler.standardError = messages
      try compiler.run()
      let output = String(decoding: messages.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
      compiler.waitUntilExit()
      #expect(compiler.terminationStatus == 0, "\(block): \(output)")
    }
  }

  @Test("The comparison finds differences, and ignores indentation, empty lines and imports")
  func comparison() {
    let markdown = """
      ```swift
      import A

      let a = 1
        let b = 2
      ```
      ```c
      int c;
      ```
        ```swift
        let d = 4
        ```
      """
    let blocks = MarkdownBlock.all("swift", in: markdown, of: "x.md")
    #expect(blocks.map(\.code) == [["let a = 1", "let b = 2"], ["let d = 4"]])
    #expect(blocks.map(\.description) == ["x.md:1", "x.md:10"])
    let source = ExampleSource(["func f() {\n  let a = 1\n\n  let b = 2\n}"])
    #expect(source.contains(["let a = 1", "let b = 2"]))
    #expect(!source.contains(["let a = 1", "let b = 3"]))
    #expect(!source.contains(["let b = 2", "let a = 1"]))
    #expect(!source.contains([]))
  }

  @Test(
    "Links within the documentation work",
    arguments: [
      "README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md", "CODE_OF_CONDUCT.md", "Examples/README.md",
    ])
  func links(_ document: String) throws {
    try checkLinks(document)
  }

  @Test("Links in docs work")
  func linksOfDocs() throws {
    for document in try ProjectFiles.list("docs", endingIn: ".md") { try checkLinks(document) }
  }

  private func checkLinks(_ document: String) throws {
    let folder = ProjectFiles.root.appendingPathComponent(document).deletingLastPathComponent()
    for link in try ProjectFiles.text(document).matches(of: /\]\(([^)\s]+)\)/).map({ String($0.1) }) {
      let parts = link.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      guard !parts[0].contains("://") else { continue }
      let target =
        parts[0].isEmpty
        ? ProjectFiles.root.appendingPathComponent(document) : folder.appendingPathComponent(parts[0])
      #expect(FileManager.default.fileExists(atPath: target.path), "\(document) links to \(link)")
      if parts.count == 2, let text = try? String(contentsOf: target, encoding: .utf8) {
        #expect(Self.anchors(text).contains(parts[1]), "\(document) links to \(link)")
      }
    }
  }

  /// The names under which a page's headings can be linked to.
  private static func anchors(_ markdown: String) -> Set<String> {
    let headings = markdown.components(separatedBy: "\n").filter { $0.hasPrefix("#") }
    return Set(
      headings.map { heading in
        heading.drop { $0 == "#" }.trimmingCharacters(in: .whitespaces).lowercased()
          .filter { $0.isLetter || $0.isNumber || $0 == " " || $0 == "-" }.replacingOccurrences(of: " ", with: "-")
      })
  }
}
