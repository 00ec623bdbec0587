import Foundation
import Testing

@testable import SocketIO

/// Compares with Foundation's JSON, an implementation that shares no code with this one.
@Suite("JSON against Foundation")
struct JSONDifferentialTests {
  @Test("generated documents are read alike, and come back unchanged")
  func generatedDocuments() throws {
    var generator = SeededGenerator(seed: SeededGenerator.seed)
    for round in 0..<SeededGenerator.rounds(2000) {
      let value = SocketValue.random(depth: 4, using: &generator)
      let json = try value.jsonString()
      let comment: Comment = "seed \(SeededGenerator.seed), round \(round): \(json)"
      #expect(try SocketValue(json: json) == value, comment)
      let foundation = try JSONSerialization.jsonObject(with: Data(json.utf8), options: .fragmentsAllowed)
      #expect(FoundationJSON.matches(value, foundation), comment)
    }
  }

  @Test("Foundation's texts are read alike")
  func foundationsTexts() throws {
    var generator = SeededGenerator(seed: SeededGenerator.seed)
    for round in 0..<SeededGenerator.rounds(500) {
      let value = SocketValue.array([.random(depth: 4, using: &generator)])
      let parsed = try JSONSerialization.jsonObject(with: Data(try value.jsonString().utf8))
      let text = try JSONSerialization.data(withJSONObject: parsed, options: .prettyPrinted)
      let comment: Comment = "seed \(SeededGenerator.seed), round \(round): \(value)"
      #expect(FoundationJSON.matches(try SocketValue(jsonBytes: text), parsed), comment)
    }
  }

  @Test("doubles of every layout are read as Swift reads them, to the last bit")
  func doubles() throws {
    var generator = SeededGenerator(seed: SeededGenerator.seed)
    for _ in 0..<SeededGenerator.rounds(20_000) {
      let digits = (0..<Int.random(in: 1...22, using: &generator)).map { _ in
        String(Int.random(in: 0...9, using: &generator))
      }.joined()
      let text =
        "\(Int.random(in: -99...99, using: &generator)).\(digits)e\(Int.random(in: -330...330, using: &generator))"
      #expect(try SocketValue(json: text).doubleValue == Double(text), "\(text)")
    }
  }

  @Test("texts with a few bytes changed are accepted or refused alike")
  func mutatedDocuments() throws {
    var generator = SeededGenerator(seed: SeededGenerator.seed)
    let insertions = Array(#"[]{}",:\0123456789.-+eEtfn u/"#.utf8)
    var accepted = 0
    for round in 0..<SeededGenerator.rounds(5000) {
      var bytes = Array(try SocketValue.random(depth: 2, using: &generator).jsonString().utf8)
      for _ in 0..<Int.random(in: 1...2, using: &generator) {
        let index = Int.random(in: 0..<bytes.count, using: &generator)
        switch Int.random(in: 0..<3, using: &generator) {
        case 0 where bytes.count > 1: bytes.remove(at: index)
        case 1: bytes.insert(insertions[Int.random(in: insertions.indices, using: &generator)], at: index)
        default: bytes[index] = insertions[Int.random(in: insertions.indices, using: &generator)]
        }
      }
      let ours = try? SocketValue(jsonBytes: bytes)
      if ours != nil { accepted += 1 }
      FoundationJSON.compare(ours, with: bytes) {
        Issue.record("seed \(SeededGenerator.seed), round \(round): \($0)")
      }
    }
    #expect(accepted > 0)
  }
}
