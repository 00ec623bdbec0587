import Foundation
import Testing

@testable import SocketIO

@Suite("JSON reader")
struct JSONReaderTests {
  @Test(
    "reads every kind of value",
    arguments: [
      ("null", .null), ("true", .bool(true)), ("false", .bool(false)), ("\"\"", .string("")),
      ("[]", .array([])), ("{}", .object([:])), ("[[],{}]", [[], [:]]), ("[1,[2,[3]]]", [1, [2, [3]]]),
      (#"{"a":{"b":[null]}}"#, ["a": ["b": [nil]]]), (" \t\r\n[ 1 , 2 ] \n", [1, 2]),
      (#" { "a" : 1 , "b" : 2 } "#, ["a": 1, "b": 2]), (#"{"":0}"#, ["": 0]),
    ] as [(String, SocketValue)])
  func values(json: String, expected: SocketValue) throws {
    #expect(try SocketValue(json: json) == expected)
    #expect(try SocketValue(jsonBytes: Data(json.utf8)) == expected)
  }

  @Test(
    "gives numbers their type",
    arguments: [
      ("0", "int(0)"), ("7", "int(7)"), ("-1", "int(-1)"), ("1234567890", "int(1234567890)"),
      ("9223372036854775807", "int(9223372036854775807)"), ("-9223372036854775808", "int(-9223372036854775808)"),
      ("9223372036854775808", "uint(9223372036854775808)"), ("18446744073709551615", "uint(18446744073709551615)"),
      ("18446744073709551616", "double(1.8446744073709552e+19)"),
      ("-9223372036854775809", "double(-9.223372036854776e+18)"),
      ("99999999999999999999999999", "double(1e+26)"), ("-0", "double(-0.0)"), ("0.0", "double(0.0)"),
      ("-0.0", "double(-0.0)"), ("1.0", "double(1.0)"), ("1e0", "double(1.0)"), ("1E2", "double(100.0)"),
      ("1e+2", "double(100.0)"), ("25e-1", "double(2.5)"), ("0.1", "double(0.1)"), ("-12.75", "double(-12.75)"),
      ("0e5", "double(0.0)"), ("0.30000000000000004", "double(0.30000000000000004)"),
      ("123456789012345678.5", "double(1.2345678901234568e+17)"), ("9007199254740993.0", "double(9007199254740992.0)"),
      ("1e22", "double(1e+22)"), ("1e23", "double(1e+23)"), ("1e-22", "double(1e-22)"), ("1e-23", "double(1e-23)"),
      ("2.2250738585072011e-308", "double(2.225073858507201e-308)"), ("5e-324", "double(5e-324)"),
      ("1.7976931348623157e308", "double(1.7976931348623157e+308)"), ("1e400", "double(inf)"),
      ("-1e400", "double(-inf)"),
      ("1e-400", "double(0.0)"), ("1e99999999999999999999", "double(inf)"), ("1e-99999999999999999999", "double(0.0)"),
      ("0.00000000000000000000000000000000001", "double(1e-35)"),
    ] as [(String, String)])
  func numbers(json: String, expected: String) throws {
    let value = try SocketValue(json: json)
    let kind =
      switch value {
      case .int(let value): "int(\(value))"
      case .uint(let value): "uint(\(value))"
      case .double(let value): "double(\(value))"
      default: "\(value)"
      }
    #expect(kind == expected)
  }

  @Test(
    "reads escapes",
    arguments: [
      (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{C}\n\r\t"), (#""\u0041\u00e4\u20AC""#, "Aä€"), (#""\u0000""#, "\0"),
      (#""\uD834\uDD1E""#, "𝄞"), (#""a\ud83d\ude00b""#, "a😀b"), (#""\\u0041""#, #"\u0041"#),
      (#""eight by\te boundaries are crossed\n""#, "eight by\te boundaries are crossed\n"),
      (#""\uDBFF\uDFFF""#, "\u{10FFFF}"), (#""€ and \" 😀""#, "€ and \" 😀"), ("\"\u{7F}\u{2028}\"", "\u{7F}\u{2028}"),
    ] as [(String, String)])
  func escapes(json: String, expected: String) throws {
    #expect(try SocketValue(json: json) == .string(expected))
  }

  @Test(
    "replaces the escape of a lone surrogate, as no string can hold it",
    arguments: [
      (#""\uD834""#, "\u{FFFD}"), (#""\uDD1E""#, "\u{FFFD}"), (#""\uD834x""#, "\u{FFFD}x"),
      (#""\uD834\n""#, "\u{FFFD}\n"), (#""\uD834\u0041""#, "\u{FFFD}A"), (#""\uD834\uD834\uDD1E""#, "\u{FFFD}𝄞"),
      (#""\uDD1E\uD834""#, "\u{FFFD}\u{FFFD}"), (#""\uD800\uD800""#, "\u{FFFD}\u{FFFD}"),
    ] as [(String, String)])
  func loneSurrogates(json: String, expected: String) throws {
    #expect(try SocketValue(json: json) == .string(expected))
  }

  @Test("finds the end of strings of every length around the word size", arguments: 0..<40)
  func stringLengths(length: Int) throws {
    for filler in ["x", "é", "€"] {
      let string = String(repeating: filler, count: length)
      #expect(try SocketValue(json: "\"\(string)\"") == .string(string))
      #expect(try SocketValue(json: "[\"\(string)\",\"\\n\(string)\"]") == [.string(string), .string("\n" + string)])
    }
  }

  @Test(
    "refuses what is not JSON, and says where",
    arguments: [
      ("", .unexpectedEnd, 0), ("  ", .unexpectedEnd, 2), ("[", .unexpectedEnd, 1), ("[1", .unexpectedEnd, 2),
      ("[1,", .unexpectedEnd, 3), ("{", .unexpectedEnd, 1), (#"{"a""#, .unexpectedEnd, 4),
      (#"{"a":"#, .unexpectedEnd, 5),
      (#"{"a":1"#, .unexpectedEnd, 6), (#"{"a":1,"#, .unexpectedEnd, 7), ("tru", .unexpectedEnd, 3),
      ("-", .unexpectedEnd, 1),
      ("1.", .unexpectedEnd, 2), ("1e", .unexpectedEnd, 2), ("1e+", .unexpectedEnd, 3), ("\"abc", .unexpectedEnd, 4),
      (#""\"#, .unexpectedEnd, 2), (#""\u12"#, .unexpectedEnd, 5), (#""a\n"#, .unexpectedEnd, 4),
      ("[1,]", .unexpectedCharacter, 3), (#"{"a":1,}"#, .unexpectedCharacter, 7), ("[,1]", .unexpectedCharacter, 1),
      ("[1 2]", .unexpectedCharacter, 3), ("{1:2}", .unexpectedCharacter, 1), (#"{"a" 1}"#, .unexpectedCharacter, 5),
      ("{a:1}", .unexpectedCharacter, 1), ("[1}", .unexpectedCharacter, 2), (#"{"a":1]"#, .unexpectedCharacter, 6),
      ("1 2", .unexpectedCharacter, 2), ("[]]", .unexpectedCharacter, 2), ("nul1", .unexpectedCharacter, 3),
      ("True", .unexpectedCharacter, 0), ("NaN", .unexpectedCharacter, 0), ("Infinity", .unexpectedCharacter, 0),
      ("'a'", .unexpectedCharacter, 0), ("+1", .unexpectedCharacter, 0), (".5", .unexpectedCharacter, 0),
      ("0x10", .unexpectedCharacter, 1), ("1.5.2", .unexpectedCharacter, 3), ("1_000", .unexpectedCharacter, 1),
      ("// no\n1", .unexpectedCharacter, 0), ("\u{FEFF}1", .unexpectedCharacter, 0),
      ("\u{C}1", .unexpectedCharacter, 0),
      ("\u{A0}1", .unexpectedCharacter, 0), ("undefined", .unexpectedCharacter, 0),
      ("truetrue", .unexpectedCharacter, 4),
      ("01", .invalidNumber, 0), ("-01", .invalidNumber, 1), ("00", .invalidNumber, 0), ("-x", .invalidNumber, 1),
      ("1.e1", .invalidNumber, 2), ("1ex", .invalidNumber, 2), ("[-]", .invalidNumber, 2), ("1.-1", .invalidNumber, 2),
      (#""\x""#, .invalidEscape, 1), (#""\u12G4""#, .invalidEscape, 1), (#""\U0041""#, .invalidEscape, 1),
      (#""ab\'""#, .invalidEscape, 3), (#""\uD834\uXXXX""#, .invalidEscape, 7),
      ("\"a\nb\"", .controlCharacter, 2), ("\"\u{0}\"", .controlCharacter, 1),
      ("\"a long one, then\u{1F}\"", .controlCharacter, 17),
    ] as [(String, JSONError.Reason, Int)])
  func refusals(json: String, reason: JSONError.Reason, offset: Int) {
    #expect(throws: JSONError(reason, at: offset)) { try SocketValue(json: json) }
  }

  @Test(
    "refuses bytes that are not UTF-8",
    arguments: [
      ([0x22, 0x80, 0x22], 1), ([0x22, 0xC3, 0x22], 1), ([0x22, 0xC0, 0x80, 0x22], 1), ([0x22, 0xC1, 0xBF, 0x22], 1),
      ([0x22, 0xE0, 0x80, 0x80, 0x22], 1), ([0x22, 0xED, 0xA0, 0x80, 0x22], 1), ([0x22, 0xE2, 0x82], 1),
      ([0x22, 0xF0, 0x80, 0x80, 0x80, 0x22], 1), ([0x22, 0xF4, 0x90, 0x80, 0x80, 0x22], 1),
      ([0x22, 0xF5, 0x80, 0x80, 0x80], 1),
      ([0xFF], 0), ([0xFE, 0xFF], 0), (Array("\"12345678".utf8) + [0xBF, 0x22], 9),
      ([0x22, 0xE2, 0x82, 0x22, 0x22], 1),
      ([0x22, 0xF0, 0x9F, 0x98, 0x22, 0x22], 1),
    ] as [([UInt8], Int)])
  func invalidUTF8(bytes: [UInt8], offset: Int) {
    #expect(throws: JSONError(.invalidUTF8, at: offset)) { try SocketValue(jsonBytes: bytes) }
  }

  @Test("accepts the first and the last scalars of each length of UTF-8")
  func validUTF8() throws {
    let string = "\u{20}\u{7F}\u{80}\u{7FF}\u{800}\u{D7FF}\u{E000}\u{FFFF}\u{10000}\u{10FFFF}"
    #expect(try SocketValue(jsonBytes: Array("\"\(string)\"".utf8)) == .string(string))
    // A collection without contiguous storage takes another code path.
    #expect(try SocketValue(jsonBytes: Array("\"\(string)\"".utf8.reversed()).reversed()) == .string(string))
  }

  @Test("keeps the order of members, the first position and the last value of equal keys")
  func members() throws {
    let object = try #require(try SocketValue(json: #"{"b":1,"a":2,"b":3,"c":4}"#).objectValue)
    #expect(object.keys == ["b", "a", "c"])
    #expect(object.values == [3, 2, 4])
  }

  @Test("tells keys apart by their scalars, as JavaScript does", arguments: [2, 40])
  func keys(count: Int) throws {
    let spellings = ["\u{E9}", "e\u{301}"]
    let others = (0..<count).map { #""\#($0)":0"# }
    let json =
      "{" + (others + spellings.map { #""\#($0)":"\#($0.unicodeScalars.count)""# }).joined(separator: ",") + "}"
    let object = try #require(try SocketValue(json: json).objectValue)
    #expect(object.count == count + 2)
    for spelling in spellings { #expect(object[spelling] == .string("\(spelling.unicodeScalars.count)")) }
    #expect(try Set([SocketValue(json: json), SocketValue(json: json)]).count == 1)
  }

  @Test("limits the depth of nesting", arguments: [1, 2, 100, 512, 1024])
  func depth(limit: Int) throws {
    for (open, close) in [("[", "]"), (#"{"a":"#, "}")] {
      let inner = open == "[" ? "" : "0"
      let deepest = String(repeating: open, count: limit) + inner + String(repeating: close, count: limit)
      #expect(throws: Never.self) { try SocketValue(json: deepest, maxDepth: limit) }
      let deeper = open + deepest + close
      #expect(throws: JSONError(.tooDeep, at: limit * open.utf8.count)) {
        try SocketValue(json: deeper, maxDepth: limit)
      }
    }
  }

  @Test("has room for as many siblings as there are")
  func siblings() throws {
    let json = "[" + String(repeating: "[[]],", count: 1000) + "{}]"
    #expect(try SocketValue(json: json, maxDepth: 3).arrayValue?.count == 1001)
  }

  @Test("needs no more than a small stack at any limit")
  func smallStack() async {
    let endless = String(repeating: "[", count: 1_000_000)
    let deepest = String(repeating: "[", count: 1024) + String(repeating: "]", count: 1024)
    let (refusal, copy) = await withCheckedContinuation { continuation in
      let thread = Thread {
        let refusal = Result { () throws(JSONError) in try SocketValue(json: endless, maxDepth: .max) }
        let value = try? SocketValue(json: deepest, maxDepth: .max)
        // Comparing, hashing, describing and destroying are recursive, too.
        let isSame = value == (try? SocketValue(json: deepest, maxDepth: .max)) && Set([value, value]).count == 1
        let copy = isSame && value?.description.isEmpty == false ? try? value?.jsonString() : nil
        continuation.resume(returning: (refusal, copy))
      }
      #if DEBUG
        // Unoptimized frames are large, and several times larger under the address sanitizer.
        thread.stackSize = 16 << 20
      #else
        thread.stackSize = 512 << 10
      #endif
      thread.start()
    }
    #expect(throws: JSONError(.tooDeep, at: 1024)) { try refusal.get() }
    #expect(copy == deepest)
  }
}
