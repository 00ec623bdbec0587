import Foundation
import Testing

@Suite("The page about the design")
struct DesignTests {
  @Test("The ways of an emit and of an event name functions of the code", arguments: ["emit", "event"])
  func ways(of subject: String) throws {
    let page = try ProjectFiles.text("docs/design.md")
    let heading = try #require(page.range(of: "## The way of an \(subject)\n"))
    let rest = page[heading.upperBound...]
    let section = rest[..<(rest.range(of: "\n## ")?.lowerBound ?? rest.endIndex)]
    let library = ProjectFiles.root.appending(path: "Sources/SocketIO")
    let files = try FileManager.default.subpathsOfDirectory(atPath: library.path).filter { $0.hasSuffix(".swift") }
    let sources = try files.map { (path: $0, text: try ProjectFiles.text("Sources/SocketIO/\($0)")) }
    let names = section.matches(of: /`([A-Z]\w+)\.([a-z]\w*)[^`]*`(?:\s+\(`([A-Z]\w+\/[\w+]+\.swift)`\))?/)
    #expect(names.count >= 15)
    #expect(names.count { $0.3 != nil } >= 5)
    for name in names {
      let type = try Regex("(struct|class|actor|enum|protocol|extension) \(name.1)\\b")
      let member = try Regex(name.2 == "init" ? "init\\b" : "(func|var|let) \(name.2)\\b")
      // Searching for a word is far faster than for an expression.
      let candidates = sources.filter { source in
        guard let path = name.3 else { return source.text.contains(name.1) && source.text.contains(name.2) }
        return source.path == path
      }
      #expect(candidates.contains { $0.text.contains(type) && $0.text.contains(member) }, "\(name.0)")
    }
    for path in section.matches(of: /`([A-Z]\w+\/[\w+]+\.swift)`/) {
      #expect(files.contains(String(path.1)), "\(path.1)")
    }
  }
}
