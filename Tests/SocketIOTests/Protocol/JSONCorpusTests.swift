import Foundation
import Testing

@testable import SocketIO

/// Checks the JSON reader against a corpus such as JSONTestSuite, in the folder that `JSON_CORPUS` names. Files called
/// `y_…` must be accepted and `n_…` refused; all others may be either.
@Suite("JSON corpus")
struct JSONCorpusTests {
  private static let folder = ProcessInfo.processInfo.environment["JSON_CORPUS"]

  @Test("accepts and refuses as the corpus says", .enabled(if: folder != nil, "JSON_CORPUS names no folder"))
  func corpus() throws {
    let folder = URL(fileURLWithPath: try #require(Self.folder))
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0.hasSuffix(".json") }
    try #require(!names.isEmpty)
    for name in names {
      let text = try Data(contentsOf: folder.appendingPathComponent(name))
      let value = try? SocketValue(jsonBytes: text)
      let isGood = (try? JSONAgreement.check(text)) == true
      #expect(isGood == (value != nil), "\(name)")
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
