import Foundation
import Testing

@testable import SocketIO

@Suite("Decoding straight from JSON")
struct JSONTapeDecoderTests {
  /// Expects the same value or error from both ways, and returns whether it is a value.
  @discardableResult
  private func compare(_ type: any Codable.Type, _ text: String, _ attachments: [Data] = []) -> Bool {
    func compare<Value: Codable>(_ type: Value.Type) -> Bool {
      let tree = CodingOutcome {
        .value(try SocketValue(encoding: DirectCoding.decodeTree(type, from: text, attachments: attachments)))
      }
      let direct = CodingOutcome {
        .value(try SocketValue(encoding: DirectCoding.decode(type, from: text, attachments: attachments)))
      }
      #expect(direct == tree, "\(type) of \(text)")
      if case .value = direct { return true }
      return false
    }
    return compare(type)
  }

  @Test(
    "decodes scalars as the tree does",
    arguments: [
      "0", "-0", "1", "-1", "1.0", "-1.0", "1e2", "1E+2", "0.1", "127", "128", "-128", "-129", "255", "256", "65536",
      "2147483648", "4294967296", "9007199254740993", "999999999999999999", "1000000000000000000",
      "9223372036854775807",
      "9223372036854775808", "-9223372036854775808", "-9223372036854775809", "18446744073709551615",
      "18446744073709551616", "1e400", "-1e400", "1e-400", "3.4028236e38", "1e38", "0.30000000000000004", "true",
      "false",
      "null", "\"\"", "\"text\"", #""\"\\\/\b\f\n\r\tA\ud83d\ude00\ud800""#, "\"2024-02-29T12:30:00.000Z\"",
      "\"2024-02-30T12:30:00Z\"", "\"https://example.com/\"", "\"admin\"", "\"none\"", "  [ ]  ", " { } ", "[1,2,3]",
      "[1, 2.0, 3e0 ]", "[1,null]", "[256]", "[-1]", "[[]]", "[[1],[]]", "[\"a\",\"b\"]", "[\"a\",1]", "[{}]", "[null]",
      "[2,1]", "[true]", "{\"1\":\"x\"}", "{\"x\":1}", "{\"x\":1,\"y\":2,\"z\":null}",
    ])
  func scalars(text: String) {
    for type in DirectCodingTypes.types { compare(type, text) }
  }

  @Test("decodes every type from the text of every other as the tree does")
  func samples() throws {
    var (values, errors) = (0, 0)
    for sample in DirectCodingTypes.samples {
      guard case .text(let text, let attachments) = try DirectCoding.encodeTree(sample) else { return }
      for type in DirectCodingTypes.types {
        if compare(type, text, attachments) { values += 1 } else { errors += 1 }
      }
    }
    #expect(values > 200 && errors > 200)
  }

  /// Writes a value with whitespace, shuffled and superfluous members, and unneeded escapes.
  private func disfigured(_ value: SocketValue, using generator: inout SeededGenerator) -> String {
    func chance(_ of: Int) -> Bool { Int.random(in: 0..<of, using: &generator) == 0 }
    func space() -> String { chance(6) ? [" ", "\n", "\r\t  "].randomElement(using: &generator) ?? "" : "" }
    func quoted(_ text: String) -> String {
      if chance(8), let first = text.utf16.first {
        let hex = String(first, radix: 16)
        let rest = String(decoding: Array(text.utf16.dropFirst()), as: UTF16.self)
        let tail = (try? SocketValue.string(rest).jsonString()) ?? "\"\""
        if Unicode.Scalar(first) != nil {
          return "\"\\u" + String(repeating: "0", count: 4 - hex.count) + hex + tail.dropFirst()
        }
      }
      return (try? SocketValue.string(text).jsonString()) ?? "\"\""
    }
    switch value {
    case _ where chance(60): return disfigured(.random(depth: 1, using: &generator), using: &generator)
    case .array(let elements):
      var texts = elements.map { disfigured($0, using: &generator) }
      if chance(20), !texts.isEmpty { texts.removeLast() }
      return "[" + texts.map { space() + $0 + space() }.joined(separator: ",") + "]"
    case .object(let object):
      var members = object.map { ($0.key, disfigured($0.value, using: &generator)) }
      if chance(3) { members.shuffle(using: &generator) }
      if chance(20), !members.isEmpty { members.removeLast() }
      if chance(4), let member = members.randomElement(using: &generator) {
        members.insert((member.0, disfigured(.random(depth: 1, using: &generator), using: &generator)), at: 0)
      }
      if chance(6), let member = members.randomElement(using: &generator) { members.append(member) }
      if chance(10) { for number in 0..<20 { members.append(("unknown \(number % 19)", "[{}]")) } }
      return "{"
        + members.map { space() + quoted($0.0) + space() + ":" + space() + $0.1 + space() }
        .joined(separator: ",") + "}"
    case .string(let text): return quoted(text)
    default: return (try? value.jsonString()) ?? "null"
    }
  }

  @Test("decodes random texts as the tree does")
  func random() throws {
    var generator = SeededGenerator(seed: SeededGenerator.seed)
    var (values, errors) = (0, 0)
    for _ in 0..<SeededGenerator.rounds(40) {
      for sample in DirectCodingTypes.samples {
        guard case .text(let text, let attachments) = try DirectCoding.encodeTree(sample) else { return }
        let value = try SocketValue(json: text)
        let disfigured = disfigured(value, using: &generator)
        let isValid =
          (try? DirectCoding.decodeTree(SocketValue.self, from: disfigured, attachments: attachments)) != nil
        guard isValid else { continue }
        let random = DirectCodingTypes.types.randomElement(using: &generator) ?? Int.self
        let own = (type(of: sample) as? any Codable.Type) ?? Int.self
        for type in [own, random] {
          if compare(type, disfigured, attachments) { values += 1 } else { errors += 1 }
        }
      }
    }
    #expect(values > 500 && errors > 100)
  }

  @Test("of members with the same key the last one counts, whichever comes first", arguments: [2, 17, 100])
  func repeatedKeys(count: Int) throws {
    var members = (0..<count).map { "\"k\($0)\":\($0)" }
    members.append("\"k1\":1000")
    members.append(#""\u006b0":2000"#)
    let text = "{" + members.joined(separator: ",") + "}"
    compare([String: Int].self, text)
    let decoded = try DirectCoding.decode([String: Int].self, from: text)
    #expect(decoded.count == count)
    #expect(decoded["k0"] == 2000 && decoded["k1"] == 1000)
    if count > 2 { #expect(decoded["k\(count - 1)"] == count - 1) }
  }

  @Test("finds members in any order in time that does not grow with their square")
  func largeObject() throws {
    struct Backwards: Decodable {
      var sum = 0
      init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: AnyCodingKey.self)
        for key in container.allKeys.reversed() { sum += try container.decode(Int.self, forKey: key) }
      }
    }
    let count = 100_000
    let text = "{" + (0..<count).map { "\"key number \($0)\":\($0)" }.joined(separator: ",") + "}"
    #expect(try DirectCoding.decode(Backwards.self, from: text).sum == count * (count - 1) / 2)
  }

  @Test("decodes what is nested as deep as may be")
  func depth() throws {
    let depth = 300
    let text = String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
    compare(DirectCodingTypes.Anything.self, text)
    compare(SocketValue.self, text)
  }

  /// Lets its decoder escape.
  private struct Kept: Decodable {
    let decoder: any Decoder
    init(from decoder: any Decoder) throws { self.decoder = decoder }
  }

  @Test("a decoder can be used after the call")
  func keptDecoder() throws {
    let kept = try DirectCoding.decode([Kept].self, from: #"[{"x":1.5,"y":2},[7]]"#)
    #expect(try DirectCodingTypes.Point(from: kept[0].decoder).x == 1.5)
    #expect(try [Int](from: kept[1].decoder) == [7])
  }

  @Test("reads one value after the other")
  func sequence() throws {
    let text = #" {"x":1,"y":2} , [3] ,"four",5 ] "#
    try text.withUTF8Bytes { bytes throws(any Error) in
      var position = 0
      func next<Value: Decodable>(_ type: Value.Type) throws -> Value {
        try JSONTape.decodeNext(type, from: bytes, at: &position, attachments: [])
      }
      #expect(try next(DirectCodingTypes.Point.self).x == 1)
      #expect(try next([Int].self) == [3])
      #expect(try next(String.self) == "four")
      #expect(try next(Int?.self) == 5)
      #expect(try next([Int]?.self) == nil)
      #expect(throws: DecodingError.self) { try next(Int.self) }
    }
  }

  @Test(
    "what is not JSON is refused as by the reader of trees",
    arguments: [
      "", " ", "[", "{", "]", "[1", "{\"a\":1", "\"", "[\"a]", "[\"\\", "tru", "[t",
      "nul", "[\u{1}]", "[\"\u{1}\"]",
    ])
  func malformed(text: String) {
    for type in [Int?.self, [Int].self, [String: Int].self, DirectCodingTypes.Point.self] as [any Codable.Type] {
      compare(type, text)
    }
  }
}
