import Foundation
import Testing

@testable import SocketIO

/// Reads the files of a corpus such as JSONTestSuite in the folder that `JSON_CORPUS` names, or else in a folder beside the
/// project: of files called `y_…` the texts must be accepted, of `n_…` refused, and of all others either.
@Suite("JSON corpus")
struct JSONCorpusTests {
  private static let folder: String? = {
    if let named = ProcessInfo.processInfo.environment["JSON_CORPUS"] { return named }
    let root = (0..<4).reduce(URL(fileURLWithPath: #filePath)) { url, _ in url.deletingLastPathComponent() }
    let beside = root.appendingPathComponent("../shared/json-corpus").path
    return FileManager.default.fileExists(atPath: beside) ? beside : nil
  }()

  @Test(
    "accepts and refuses as the corpus asks",
    .enabled(if: folder != nil, "no corpus is at hand: JSON_CORPUS names none"))
  func corpus() throws {
    let folder = URL(fileURLWithPath: try #require(Self.folder))
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".json") }
    try #require(!names.isEmpty)
    for name in names {
      let text = try Data(contentsOf: folder.appendingPathComponent(name))
      let value = try? SocketValue(jsonBytes: text)
      switch name.prefix(2) {
      case "y_":
        #expect(value != nil, "\(name)")
        if let value { #expect(try SocketValue(json: value.jsonString()) == value, "\(name)") }
      case "n_": #expect(value == nil, "\(name)")
      default: break
      }
    }
  }
}
