import Testing

@testable import SocketIO

@Suite("URLs of io()")
struct ServerURLTests {
  /// "https h 8080 /ns a=b", without missing parts.
  private func parse(_ text: String?, location: String? = nil) throws -> String {
    let url = try ServerURL(text, location: location)
    let port = url.port.map { " \($0)" } ?? ""
    let query = url.query.map { " \($0.name)=\($0.value)" }.joined()
    return "\(url.isSecure ? "https" : "http") \(url.host)\(port) \(url.namespace)\(query)"
  }

  @Test(
    "Scheme, host, port and namespace",
    arguments: [
      ("http://h", "http h /"), ("http://h/", "http h /"), ("ws://h", "http h /"), ("https://h", "https h /"),
      ("wss://h", "https h /"), ("HTTPS://h", "https h /"), ("http://h:8080", "http h 8080 /"),
      ("http://h:80", "http h /"),
      ("http://a-1.Example.org:8080/x?y=z", "http a-1.Example.org 8080 /x y=z"), ("https://a_b:1", "https a_b 1 /"),
      ("ws://h:80", "http h /"), ("https://h:443/a", "https h /a"), ("https://h:80", "https h 80 /"),
      ("http://h:/x", "http h /x"),
      ("http://h/admin", "http h /admin"), ("http://h/admin/", "http h /admin/"), ("http://h/a%20b", "http h /a%20b"),
      ("http://h/ä", "http h /ä"), ("http://h/a|[b]^", "http h /a|[b]^"),
      ("http://[::1]:81/a b/ü?x#y", "http [::1] 81 /a b/ü x="),
      ("http://h/\u{308}", "http h /\u{308}"), ("http://h/100%", "http h /100%"), ("http://h/a/../b", "http h /a/../b"),
      ("http://user:password@h/a#part", "http h /a"),
      ("http://127.0.0.1:3000/a", "http 127.0.0.1 3000 /a"), ("http://u:p@s|s@h:81/a", "http h 81 /a"),
    ])
  func parts(text: String, parts: String) throws {
    #expect(try parse(text) == parts)
  }

  @Test(
    "IPv6 addresses keep their brackets",
    arguments: [
      ("http://[::1]", "http [::1] /"), ("http://[::1]:8080/a", "http [::1] 8080 /a"),
      ("wss://[fe80::1]:443", "https [fe80::1] /"),
    ])
  func ipv6(text: String, parts: String) throws {
    #expect(try parse(text) == parts)
  }

  @Test("An international host is percent-encoded, for the C core to convert")
  func internationalHost() throws {
    #expect(try parse("ws://bücher.example:81/ä") == "http b%C3%BCcher.example 81 /ä")
    #expect(try parse("https://b%C3%BCcher.example") == "https b%C3%BCcher.example /")
  }

  @Test(
    "The query becomes parameters of the session, decoded, and is not part of the namespace",
    arguments: [
      ("http://h/?c=d", "http h / c=d"), ("http://h?c=d", "http h / c=d"),
      ("http://h/ns?a=1&b=2", "http h /ns a=1 b=2"),
      ("http://h/?a=%26%3D%3F", "http h / a=&=?"), ("http://h/?bare", "http h / bare="),
      ("http://h/?a=b=c", "http h / a=b=c"),
      ("http://h/?x=p%26q|r é&y=%C3%A9#z?w=1", "http h / x=p&q|r é y=é"), ("http://h?a=%E9&&b=%", "http h / a=%E9 b=%"),
      ("http://h/?a=1+1", "http h / a=1+1"), ("http://h/?to=http://g/x", "http h / to=http://g/x"),
    ])
  func query(text: String, parts: String) throws {
    #expect(try parse(text) == parts)
  }

  @Test(
    "Without scheme or server, the location's are used",
    arguments: [
      (nil, "https page 8443 /"), ("/", "https page 8443 /"), ("/admin", "https page 8443 /admin"),
      ("/admin?a=b", "https page 8443 /admin a=b"), ("/admin?to=http://g/x", "https page 8443 /admin to=http://g/x"),
      ("//h:81/a", "https h 81 /a"), ("h", "https h /"), ("localhost:3000/a", "https localhost 3000 /a"),
      ("h/a?to=http://g", "https h /a to=http://g"), ("ws://h", "http h /"),
    ] as [(String?, String)])
  func relative(text: String?, parts: String) throws {
    #expect(try parse(text, location: "https://page:8443/index.html?page=1") == parts)
  }

  @Test(
    "Without a location these are errors that say what to set",
    arguments: [nil, "/admin", "//h", "h", "localhost:3000"])
  func noLocation(text: String?) {
    let error = #expect(throws: SocketIOError.self) { try ServerURL(text, location: nil) }
    #expect(error?.code == .invalidURL)
    #expect(error?.message.contains("Manager.location") == true)
  }

  @Test(
    "Text that is not the URL of a server is an error",
    arguments: [
      "ftp://h", "file:///etc/passwd", "http://", "http:///a", "http://h:0", "http://h:65536", "http://h:port",
      "http://[::1", "http://a b/", "http://h|x", "http://h\\x", "http://%zz/", "http://h\n/",
      "http://h/" + String(repeating: "a", count: 8_000),
    ])
  func invalid(text: String) {
    let error = #expect(throws: SocketIOError.self) { try ServerURL(text, location: "https://page") }
    #expect(error?.code == .invalidURL)
    #expect((error?.message.count ?? 0) < 400)
  }

  @Test(
    "A query parameter that the protocol reserves is refused by name",
    arguments: ["sid", "EIO", "transport", "j", "b64"])
  func reserved(name: String) throws {
    for text in ["http://h/a?x=1&\(name)=abc", "/a?\(name)"] {
      let error = #expect(throws: SocketIOError.self) { try ServerURL(text, location: "https://page") }
      #expect(error?.code == .invalidURL && error?.message.contains("\"\(name)\"") == true)
    }
    // The location may have any query.
    #expect(try parse("/a", location: "https://page?\(name)=5") == "https page /a")
  }

  @Test("An unusable location does not matter for full URLs")
  func uselessLocation() throws {
    #expect(try parse("http://h/a", location: "nonsense") == "http h /a")
    let error = #expect(throws: SocketIOError.self) { try parse("/a", location: "nonsense") }
    #expect(error?.code == .invalidURL)
  }
}
