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
      #expect(matches(value, foundation), comment)
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
      #expect(matches(try SocketValue(jsonBytes: text), parsed), comment)
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
      let text = String(decoding: bytes, as: UTF8.self)
      // Foundation has its own idea of lone surrogates and of numbers out of range, and lets a comma end an array.
      guard text.firstMatch(of: /,\s*\]/) == nil, !text.lowercased().contains(#"\ud"#),
        String(validating: bytes, as: UTF8.self) != nil
      else { continue }
      let ours = try? SocketValue(jsonBytes: bytes)
      if let ours, hasInfinity(ours) { continue }
      let theirs = try? JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed)
      let comment: Comment = "seed \(SeededGenerator.seed), round \(round): \(text)"
      #expect((ours != nil) == (theirs != nil), comment)
      if let ours, let theirs {
        accepted += 1
        #expect(matches(ours, theirs), comment)
      }
    }
    #expect(accepted > 0)
  }

  private func hasInfinity(_ value: SocketValue) -> Bool {
    switch value {
    case .double(let double): !double.isFinite
    case .array(let elements): elements.contains(where: hasInfinity)
    case .object(let object): object.values.contains(where: hasInfinity)
    default: false
    }
  }

  private func matches(_ value: SocketValue, _ foundation: Any) -> Bool {
    switch value {
    case .null: return foundation is NSNull
    case .bool(let bool): return (foundation as? Bool) == bool
    case .int(let int): return (foundation as? NSNumber)?.int64Value == Int64(int)
    case .uint(let uint): return (foundation as? NSNumber)?.uint64Value == uint
    case .double(let double):
      // Foundation goes through Decimal, and errs in the last digits; another test holds doubles to the exact result.
      guard let other = (foundation as? NSNumber)?.doubleValue else { return false }
      return abs(double - other) <= double.magnitude * 1e-14
    case .string(let string): return (foundation as? String) == string
    case .binary: return false
    case .array(let elements):
      guard let array = foundation as? [Any], array.count == elements.count else { return false }
      return zip(elements, array).allSatisfy { matches($0, $1) }
    case .object(let object):
      guard let dictionary = foundation as? [String: Any], dictionary.count == object.count else { return false }
      return object.allSatisfy { key, value in dictionary[key].map { matches(value, $0) } ?? false }
    }
  }
}
