import Foundation
import Testing

@testable import SocketIO

/// What the reader and the check report for the same text: nil, or the reason for refusing it.
enum JSONAgreement {
  static func read(_ text: String, attachments: [Data]? = nil) -> JSONError? {
    outcome(text) { bytes throws(JSONError) in
      var reader = JSONReader(bytes, maxDepth: 8, attachments: attachments)
      _ = try reader.readDocument()
    }
  }

  static func check(_ text: String, attachmentCount: Int? = nil) -> JSONError? {
    outcome(text) { bytes throws(JSONError) in
      if let attachmentCount {
        let output = JSONPlaceholderCheck(count: attachmentCount)
        var scanner = JSONScanner(bytes, maxDepth: 8, output: output)
        _ = try scanner.readDocument()
      } else {
        var scanner = JSONScanner(bytes, maxDepth: 8, output: JSONCheck())
        try scanner.readDocument()
      }
    }
  }

  /// Whether the check accepts the bytes as JSON.
  static func check(_ bytes: Data) throws -> Bool {
    guard let text = String(validating: bytes, as: UTF8.self) else { return false }
    return text.withUTF8Bytes { bytes in
      var scanner = JSONScanner(bytes, output: JSONCheck())
      return (try? scanner.readDocument()) != nil
    }
  }

  private static func outcome(
    _ text: String, _ body: (UnsafeRawBufferPointer) throws(JSONError) -> Void
  ) -> JSONError? {
    do throws(JSONError) {
      try text.withUTF8Bytes(body)
      return nil
    } catch {
      return error
    }
  }
}

@Suite("Checking JSON without making values")
struct JSONCheckTests {
  @Test("refuses what the reader refuses, for the same reason at the same place")
  func agreement() throws {
    var generator = SeededGenerator(seed: SeededGenerator.seed)
    let insertions = Array(#"0129-+.eE,[]{}"":\u00dD8cnftrl x"#.unicodeScalars) + ["\u{1}", "é", "😀"]
    let placeholders = [
      #"{"_placeholder":true,"num":1}"#, #"{"num":0,"\u005fplaceholder":true}"#, #"{"_placeholder":true,"num":1.0}"#,
      #"{"_placeholder":true,"num":7}"#, #"{"_placeholder":true,"num":9,"num":0}"#, #"{"_placeholder":true}"#,
      #"{"_placeholder":true,"_placeholder":false}"#, #"{"_placeholder":true,"num":[1]}"#,
    ]
    let attachments = [Data(), Data()]
    var (accepted, refused) = (0, 0)
    for round in 0..<SeededGenerator.rounds(4000) {
      var values = (0..<3).map { _ in SocketValue.random(depth: 4, using: &generator) }
      values.append(.string("\u{1F}\\\u{10FFFF}"))
      var text = try SocketValue.array(values).jsonString()
      if Bool.random(using: &generator), let placeholder = placeholders.randomElement(using: &generator) {
        text = "[\(placeholder),\(text)]"
      }
      var scalars = Array(text.unicodeScalars)
      for _ in 0..<Int.random(in: 0...2, using: &generator) {
        let index = Int.random(in: scalars.indices, using: &generator)
        let insertion = insertions[Int.random(in: insertions.indices, using: &generator)]
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: scalars[index] = insertion
        case 1 where scalars.count > 1: scalars.remove(at: index)
        case 2 where index > 0: scalars.removeLast(scalars.count - index)
        default: scalars.insert(insertion, at: index)
        }
      }
      text = ""
      text.unicodeScalars.append(contentsOf: scalars)
      let comment: Comment = "seed \(SeededGenerator.seed), round \(round): \(text)"
      let outcome = JSONAgreement.read(text)
      #expect(JSONAgreement.check(text) == outcome, comment)
      #expect(
        JSONAgreement.check(text, attachmentCount: 2) == JSONAgreement.read(text, attachments: attachments), comment)
      if outcome == nil { accepted += 1 } else { refused += 1 }
    }
    #expect(accepted > 100 && refused > 100)
  }

  @Test("Arguments that are read later are those of the text, and the last string is found without reading them")
  func arguments() throws {
    var generator = SeededGenerator(seed: SeededGenerator.seed)
    var strings = 0
    for round in 0..<SeededGenerator.rounds(2000) {
      let values = (0..<Int.random(in: 0..<3, using: &generator)).map { _ in
        SocketValue.random(depth: 2, using: &generator)
      }
      let packet = SocketPacket(content: .event(name: "a\"\\", arguments: values))
      let message = try #require(JSONParser().encode(packet).first)
      var assembler = JSONPacketAssembler(JSONParser())
      guard case .event(let event)? = try assembler.add(message)?.content else {
        Issue.record("no event: \(message)")
        continue
      }
      let comment: Comment = "seed \(SeededGenerator.seed), round \(round): \(message)"
      #expect(event.name == "a\"\\", comment)
      #expect(event.arguments.values == values, comment)
      #expect(event.arguments.lastString == values.last?.stringValue, comment)
      if event.arguments.lastString != nil { strings += 1 }
    }
    #expect(strings > 100)
  }

  @Test(
    "Whitespace and escapes around the last string do not matter",
    arguments: [
      (#"2["e" , "a\\" ] "#, "a\\"), (#"2["e","\"" ]"#, "\""), (#"2["e","\\\""]"#, #"\""#), (#"2["e",["x"]]"#, nil),
      (#"2["e"]"#, nil), (#"2["e",{"a":"b"}]"#, nil), (#"2["e","\u0041"]"#, "A"), (#"2["e","]"]"#, "]"),
    ])
  func lastString(text: String, string: String?) throws {
    var assembler = JSONPacketAssembler(JSONParser())
    guard case .event(let event)? = try assembler.add(.text(text))?.content else {
      Issue.record("no event")
      return
    }
    #expect(event.arguments.lastString == string)
  }
}
