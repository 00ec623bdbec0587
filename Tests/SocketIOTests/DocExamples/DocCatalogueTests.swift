import Foundation
import Testing

@testable import SocketIO

/// Keeps the DocC catalogue complete. `scripts/docs` checks its links to symbols.
@Suite("The catalogue")
struct DocCatalogueTests {
  private static let folder = "Sources/SocketIO/SocketIO.docc"
  private static let root = "\(folder)/SocketIO.md"

  @Test("Every article is linked from the first page once, and every link to an article works")
  func articles() throws {
    let pages = try ProjectFiles.list(Self.folder, endingIn: ".md")
    let articles = pages.filter { $0 != Self.root }.map { String($0.dropFirst(Self.folder.count + 1).dropLast(3)) }
    #expect(try Self.links(in: Self.root).sorted() == articles.sorted())
    for page in pages {
      for link in try Self.links(in: page) { #expect(articles.contains(link), "\(page) links to \(link)") }
    }
  }

  @Test("Every error code is explained once", arguments: ["docs/guide.md", "\(folder)/Troubleshooting.md"])
  func errorCodes(_ document: String) throws {
    let declarations = try ProjectFiles.text("Sources/SocketIO/Core/SocketIOError.swift")
    let codes = declarations.matches(of: /public static let (\w+) = Self\(/).map { String($0.1) }
    #expect(codes.count >= 28)
    let rows = try ProjectFiles.text(document).components(separatedBy: "\n").filter { $0.hasPrefix("| `") }
    for code in codes {
      let explanations = rows.count {
        $0.hasPrefix("| `.\(code)` |") || $0.hasPrefix("| ``SocketIOError/Code-swift.struct/\(code)`` |")
      }
      #expect(explanations == 1, "\(document) explains .\(code) \(explanations) times")
    }
  }

  private static func links(in page: String) throws -> [String] {
    try ProjectFiles.text(page).matches(of: /<doc:(\w+)>/).map { String($0.1) }
  }
}
