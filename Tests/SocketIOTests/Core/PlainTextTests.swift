import Foundation
import Testing

@testable import SocketIO

@Suite("Texts for logs and terminals")
struct PlainTextTests {
  static let steering: [Unicode.Scalar] =
    [0...0x1F, 0x7F...0x9F, 0x202A...0x202E, 0x2066...0x2069, 0x200E...0x200F, 0x61C...0x61C, 0x2028...0x2029]
    .flatMap { $0.compactMap { Unicode.Scalar(UInt32($0)) } }

  @Test(
    "Characters that control a terminal, end a line or change text direction are written as in JSON",
    arguments: steering)
  func escapes(scalar: Unicode.Scalar) throws {
    let text = "a\(Character(scalar))b"
    let escaped = text.escapingControls
    #expect(escaped.count == 8 && escaped.hasPrefix(#"a\u"#) && escaped.hasSuffix("b"))
    #expect(try SocketValue(json: "\"\(escaped)\"") == .string(text))
  }

  @Test(
    "Everything else stays unchanged",
    arguments: ["", #"a "b" \n {}"#, "Grüße, 東京, שלום", "👩‍👩‍👧 e\u{301}", "\u{FFFD}\u{10FFFF}"])
  func plain(text: String) {
    #expect(text.escapingControls == text)
  }

  @Test("A JSON text remains the same value")
  func json() throws {
    let text = String(String.UnicodeScalarView(Self.steering))
    let value: SocketValue = .object([text: [.string(text), 1]])
    let written = try value.jsonString().escapingControls
    #expect(!written.unicodeScalars.contains(where: Self.steering.contains))
    #expect(try SocketValue(json: written) == value)
  }

  @Test("An error's message stays unchanged, and its description is safe to print")
  func errors() {
    let error: any Error = SocketIOError(.refused, "\u{1B}[31mno\n\u{202E}")
    #expect((error as? SocketIOError)?.message == "\u{1B}[31mno\n\u{202E}")
    #expect("\(error)" == #"\u001b[31mno\u000a\u202e"#)
    #expect(error.localizedDescription == "\(error)")
  }
}
