import Testing

@testable import SocketIO

@Suite("URLs in errors") struct ShownURLTests {
  @Test(
    "User, password, query and fragment are left out, also of malformed URLs",
    arguments: [
      ("http://h:80/a", "http://h:80/a"), ("http://u:p@h/a?b=c#d", "http://…@h/a?…"), ("http://h#d", "http://h#…"),
      ("http://user:SECRET@[bad/?token=SECRET", "http://…@[bad/?…"), ("http://u:S@E@h", "http://…@h"),
      ("http://u:S/E@h/x", "http://…@h/x"), ("http://u:S?E@h", "http://…"), ("http://u:S#E@h/x", "http://…"),
      ("http://user:SECRET", "http://user:…"), ("http://h:port/x", "http://h:…/x"), ("http://h:123456", "http://h:…"),
      ("http://[::1]:port", "http://[::1]:…"), ("http://[::1]:80/", "http://[::1]:80/"), ("//u:S@h/?x", "//…@h/?…"),
      ("u:S@h/?x", "…@h/?…"), ("h/?x", "h/?…"), ("/a?x", "/a?…"), ("/a&token=SECRET", "/a&token=…"), ("", ""),
      ("token=SECRET", "token=…"), ("h:80&token=SECRET/x", "h:…"), ("http://h&token=SECRET", "http://h&token=…"),
      ("http:/u:S@h", "…@h"), ("smoke://u@h?", "smoke://…@h?…"), ("http://h/?mail=u@h", "http://…"),
    ])
  func text(url: String, shown: String) {
    #expect(ShownURL.text(url) == shown)
  }

  @Test("A long URL is cut")
  func long() {
    #expect(ShownURL.text("http://h/" + String(repeating: "a", count: 1_000)).count == 201)
  }

  @Test(
    "URLs inside other texts are treated the same",
    arguments: [
      ("not found", "not found"), ("Really? Yes = no", "Really? Yes = no"), ("a=b", "a=b"),
      ("Cannot GET /s/?EIO=4&token=SECRET here", "Cannot GET /s/?… here"),
      (#"<a href="https://u:S@h/x?y=z">moved</a>"#, #"<a href="https://…@h/x?…">moved</a>"#),
      ("two: http://a?b=c\nhttp://d", "two: http://a?…\nhttp://d"),
    ])
  func inside(text: String, shown: String) {
    #expect(ShownURL.inside(text) == shown)
  }

  private static let urls: [String?] = [
    "http://user:SECRET@[bad/?token=SECRET", "user:SECRET@host?token=SECRET", "/x?token=SECRET",
    "ftp://u:SECRET@h/?token=SECRET", "http://u:SECRET@h:0/?SECRET", "http://u:SECRET@/", "http://h:SECRET",
    "http://SECRET@h/?" + String(repeating: "SECRET", count: 2_000),
  ]

  @Test("No error about a server's URL holds a secret", arguments: urls)
  func servers(url: String?) {
    for (text, location) in [(url, nil), ("/a", url)] {
      let error = #expect(throws: SocketIOError.self) { try ServerURL(text, location: location) }
      #expect(error?.message.contains("SECRET") == false, "\(error?.message ?? "")")
    }
  }

  private static let changes: [@Sendable (inout SocketIOOptions) -> Void] = [
    { $0.extraHeaders = ["Authorization: Bearer SECRET": ""] }, { $0.extraHeaders = ["Cookie": "SECRET\n"] },
    { $0.extraHeaders = ["Bearer SECRET": "x"] }, { $0.path = "/s?token=SECRET" }, { $0.path = "http://u:SECRET@h/?" },
    { $0.protocols = ["a", "SECRET token"] }, { $0.query = ["token": ["SECRET"]] }, { $0.auth = .value("SECRET") },
    { $0.agent.proxy = "http://user:SECRET" }, { $0.agent.proxy = "http://user:SECRET@[bad" },
    { $0.agent.proxy = "smoke://user:SECRET@h/?SECRET" }, { $0.agent.proxy = "http://SECRET:@@" },
  ]

  @Test("No error about an option holds a secret", arguments: changes)
  func options(change: @Sendable (inout SocketIOOptions) -> Void) {
    let error = #expect(throws: SocketIOError.self) {
      var options = SocketIOOptions()
      change(&options)
      try options.validate()
      if let proxy = options.agent.proxy { _ = try Proxy(proxy) }
    }
    #expect(error?.code == .invalidOption && error?.message.contains("SECRET") == false, "\(error?.message ?? "")")
  }
}
