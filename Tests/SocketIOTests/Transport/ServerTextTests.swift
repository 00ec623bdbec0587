import Testing

@testable import SocketIO

@Suite("A server's text in an error message") struct ServerTextTests {
  private func excerpt(_ body: String) -> String? { Array(body.utf8).withUnsafeBytes { ServerText.excerpt($0) } }

  @Test(
    "The message of a JSON object, or the text on one line",
    arguments: [
      (#"{"code":1,"message":"Session ID unknown"}"#, "Session ID unknown"), ("{\"code\":1}", "{\"code\":1}"),
      ("  Bad\r\n\tGateway  \n", "Bad Gateway"), ("", nil), (" \n", nil),
    ])
  func text(body: String, excerpt: String?) {
    #expect(self.excerpt(body) == excerpt)
  }

  @Test("Characters that control a terminal are shown as their numbers")
  func steering() {
    #expect(excerpt("a\u{1B}]0;x\u{7}b\u{9B}c\u{7F}d\u{202E}e") == #"a\u{1b}]0;x\u{7}b\u{9b}c\u{7f}d\u{202e}e"#)
    #expect(excerpt(#"{"message":"\u001b[31m"}"#) == #"\u{1b}[31m"#)
  }

  @Test("The target of a redirect comes first, then the text, or nothing")
  func addition() {
    func addition(_ status: Int, _ location: String?, _ body: String) -> String {
      Array(body.utf8).withUnsafeBytes { ServerText.addition(status: status, location: location, body: $0) }
    }
    #expect(addition(301, "/there", "moved") == ", a redirect to /there, which is not followed")
    #expect(addition(301, nil, "moved") == ": moved")
    #expect(addition(400, "/there", #"{"message":"Bad request"}"#) == ": Bad request")
    #expect(addition(400, nil, "") == "")
  }

  @Test("The text is short, whatever the server sends")
  func short() {
    #expect(excerpt(String(repeating: "x", count: 200)) == String(repeating: "x", count: 200))
    let long = excerpt(String(repeating: "é", count: 1 << 20))
    #expect(long == String(repeating: "é", count: 200) + "…")
    let bytes = [UInt8](repeating: 0xFF, count: 10_000)
    #expect(bytes.withUnsafeBytes { ServerText.excerpt($0) } == String(repeating: "\u{FFFD}", count: 200) + "…")
  }
}
