import Foundation
import Testing

@testable import SocketIO

@Suite("JSON writer")
struct JSONWriterTests {
  @Test(
    "writes every kind of value without whitespace",
    arguments: [
      (nil, "null"), (true, "true"), (false, "false"), ("", #""""#), ([], "[]"), ([:], "{}"),
      ([1, [2, []], [:]], "[1,[2,[]],{}]"), (["b": 1, "a": [nil, "x"]], #"{"b":1,"a":[null,"x"]}"#),
      (.uint(.max), "18446744073709551615"), (.int(.min), "-9223372036854775808"), (.int(.max), "9223372036854775807"),
      (0, "0"), (9, "9"), (10, "10"), (-10, "-10"),
    ] as [(SocketValue, String)])
  func values(value: SocketValue, json: String) throws {
    #expect(try value.jsonString() == json)
  }

  /// The expected text follows ECMAScript's `Number::toString`.
  @Test(
    "writes doubles as JavaScript does",
    arguments: [
      (0.0, "0"), (-0.0, "0"), (1.0, "1"), (-1.0, "-1"), (0.1, "0.1"), (-0.1, "-0.1"), (1.5, "1.5"),
      (123.456, "123.456"),
      (100.0, "100"), (1e5, "100000"), (1e15, "1000000000000000"), (1e16, "10000000000000000"),
      (9_007_199_254_740_992.0, "9007199254740992"), (1e20, "100000000000000000000"), (1.5e20, "150000000000000000000"),
      (123456789012345680000.0, "123456789012345680000"), (1e21, "1e+21"), (1.5e21, "1.5e+21"), (-1e21, "-1e+21"),
      (1.7976931348623157e308, "1.7976931348623157e+308"), (1e100, "1e+100"), (0.001, "0.001"), (0.0001, "0.0001"),
      (0.00001, "0.00001"), (0.000001, "0.000001"), (0.0000015, "0.0000015"), (1e-7, "1e-7"), (1.5e-7, "1.5e-7"),
      (-1.23e-10, "-1.23e-10"), (.leastNonzeroMagnitude, "5e-324"),
      (2.2250738585072014e-308, "2.2250738585072014e-308"),
      (0.30000000000000004, "0.30000000000000004"), (1.0 / 3, "0.3333333333333333"), (2.0 / 3, "0.6666666666666666"),
      (12345678.9, "12345678.9"), (4.35, "4.35"), (1e23, "1e+23"), (1234567890123456.7, "1234567890123456.8"),
      (.nan, "null"), (.infinity, "null"), (-.infinity, "null"),
    ] as [(Double, String)])
  func doubles(double: Double, json: String) throws {
    #expect(try SocketValue.double(double).jsonString() == json)
  }

  @Test(
    "escapes no more than JavaScript does",
    arguments: [
      ("\"\\", #""\"\\""#), ("\u{8}\u{C}\n\r\t", #""\b\f\n\r\t""#),
      ("\0\u{1}\u{F}\u{10}\u{1F}", #""\u0000\u0001\u000f\u0010\u001f""#),
      ("/", #""/""#), ("\u{7F}\u{80}", "\"\u{7F}\u{80}\""), ("\u{2028}\u{2029}", "\"\u{2028}\u{2029}\""),
      ("ä€😀", "\"ä€😀\""), ("a\"b", #""a\"b""#),
      ("a long string with a \" far behind", #""a long string with a \" far behind""#),
    ] as [(String, String)])
  func escapes(string: String, json: String) throws {
    #expect(try SocketValue.string(string).jsonString() == json)
    #expect(try SocketValue.object([string: 1]).jsonString() == "{\(json):1}")
  }

  @Test("refuses binary data, which JSON does not have")
  func binary() {
    let value: SocketValue = ["a": [1, .binary(Data([1]))]]
    #expect(throws: JSONError(.binaryValue, at: 8)) { try value.jsonString() }
  }

  @Test("refuses values nested deeper than 1,024 levels")
  func depth() throws {
    var value: SocketValue = []
    for _ in 1..<1024 { value = [value] }
    #expect(throws: Never.self) { try value.jsonString() }
    #expect(throws: JSONError(.tooDeep, at: 1024)) { try SocketValue.array([value]).jsonString() }
  }

  @Test("describes values for people, also those that JSON refuses")
  func description() {
    let value: SocketValue = ["a": .binary(Data([1])), "b": [.binary(Data(count: 1000)), nil, "\n"]]
    #expect("\(value)" == #"{"a":<1 byte>,"b":[<1000 bytes>,null,"\n"]}"#)
    var deep: SocketValue = "bottom"
    for _ in 0..<600 { deep = [deep] }
    #expect(deep.description == String(repeating: "[", count: 512) + "…" + String(repeating: "]", count: 512))
  }

  @Test("writes strings that are not stored as UTF-8")
  func bridgedString() throws {
    let string = NSMutableString(string: "ä\"") as String
    #expect(try SocketValue.string(string).jsonString() == #""ä\"""#)
  }
}
