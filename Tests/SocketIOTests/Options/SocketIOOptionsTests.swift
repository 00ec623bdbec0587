import Dispatch
import Logging
import Testing

@testable import SocketIO

@Suite("Options")
struct SocketIOOptionsTests {
  typealias Change = @Sendable (inout SocketIOOptions) -> Void

  private func check(_ change: Change) throws(SocketIOError) {
    var options = SocketIOOptions()
    change(&options)
    try options.validate()
  }

  @Test("The defaults are valid, and those of the JavaScript client")
  func defaults() throws {
    let options = SocketIOOptions()
    try options.validate()
    #expect(options.transports == [.polling, .websocket])
    #expect(options.requestPath == "/socket.io/")
    #expect(options.upgrade && options.multiplex && options.reconnection && options.autoConnect)
    #expect(options.timestampRequests && options.rejectUnauthorized)
    #expect(!options.forceNew && !options.rememberUpgrade && !options.tryAllTransports && !options.forceBase64)
    #expect(options.reconnectionSettings == ReconnectionSettings())
  }

  private static let invalidValues: [(String, Change)] = [
    ("transports", { $0.transports = [.polling, "webtransport"] }), ("query", { $0.query = ["a": ["b"]] }),
    ("query", { $0.query = ["a": nil] }), ("query", { $0.query = ["sid": "abc"] }),
    ("query", { $0.query = ["EIO": 3] }),
    ("query", { $0.query = ["transport": "x"] }), ("query", { $0.query = ["j": 0] }),
    ("query", { $0.query = ["b64": 1] }),
    ("query", { $0.transportOptions[.polling] = { $0.query["sid"] = "abc" } }),
    ("timestampParam", { $0.timestampParam = "j" }), ("extraHeaders", { $0.extraHeaders = ["a b": "c"] }),
    ("extraHeaders", { $0.extraHeaders = ["": "c"] }), ("extraHeaders", { $0.extraHeaders = ["a": "b\r\nc: d"] }),
    ("extraHeaders", { $0.extraHeaders = ["Content-Length": "5"] }),
    ("extraHeaders", { $0.transportOptions[.polling] = { $0.extraHeaders["transfer-encoding"] = "chunked" } }),
    ("timestampParam", { $0.timestampParam = "" }), ("timestampParam", { $0.timestampParam = "sid" }),
    ("timestampParam", { $0.timestampParam = "EIO" }), ("path", { $0.path = "/a?b" }), ("path", { $0.path = "/a b" }),
    ("path", { $0.path = "/a\0b" }),
    ("maxMessageSize", { $0.maxMessageSize = 0 }), ("reconnectionAttempts", { $0.reconnectionAttempts = -1 }),
    ("reconnectionDelay", { $0.reconnectionDelay = .seconds(-1) }),
    ("reconnectionDelayMax", { $0.reconnectionDelayMax = .seconds(1_000_000_000) }),
    ("timeout", { $0.timeout = .after(.milliseconds(-1)) }), ("randomizationFactor", { $0.randomizationFactor = 1.01 }),
    ("randomizationFactor", { $0.randomizationFactor = -0.01 }),
    ("randomizationFactor", { $0.randomizationFactor = .nan }),
    ("auth", { $0.auth = .value("token") }), ("offlineBuffer", { $0.offlineBuffer.maxEvents = -1 }),
    ("offlineBuffer", { $0.offlineBuffer.maxBytes = -1 }), ("highWaterMark", { $0.highWaterMark = -1 }),
    ("inboundBuffer", { $0.inboundBuffer = 0 }), ("inboundBuffer", { $0.inboundBuffer = -1 }),
  ]

  @Test("An unusable value is refused by the option's name", arguments: invalidValues)
  func invalid(name: String, change: Change) {
    let error = #expect(throws: SocketIOError.self) { try check(change) }
    #expect(error?.code == .invalidOption)
    #expect(error?.message.hasPrefix("option \(name): ") == true, "\(error?.message ?? "")")
  }

  private static let handshakeHeaders: [Change] = [
    { $0.extraHeaders = ["Connection": "close"] }, { $0.extraHeaders = ["upgrade": "h2c"] },
    { $0.extraHeaders = ["Sec-WebSocket-Key": "mine"] }, { $0.extraHeaders = ["sec-websocket-anything": ""] },
    {
      $0.transports = [.websocket]
      $0.extraHeaders = ["Connection": "close"]
    },
    { $0.transportOptions[.websocket] = { $0.extraHeaders["Connection"] = "close" } },
  ]

  @Test(
    "A header of the WebSocket handshake is refused if a WebSocket may be used", arguments: handshakeHeaders)
  func headersOfTheHandshake(change: Change) {
    let error = #expect(throws: SocketIOError.self) { try check(change) }
    #expect(error?.code == .invalidOption)
    #expect(error?.message.hasPrefix("option extraHeaders: ") == true, "\(error?.message ?? "")")
  }

  private static let headersOfPolling: [Change] = [
    {
      $0.transports = [.polling]
      $0.extraHeaders = ["Connection": "close"]
    },
    { $0.transportOptions[.polling] = { $0.extraHeaders["Connection"] = "close" } },
    {
      $0.extraHeaders = ["Connection": "close"]
      $0.transportOptions[.websocket] = { $0.extraHeaders = [:] }
    },
    { $0.extraHeaders = ["Sec-WebSocketry": "1", "Connection-Id": "1"] },
  ]

  @Test("Polling may have such a header", arguments: headersOfPolling)
  func pollingHeaders(change: Change) throws {
    try check(change)
  }

  private static let sharedOptions: [(String, Change)] = [
    ("forceNew", { $0.forceNew = true }), ("multiplex", { $0.multiplex = false }),
    ("transports", { $0.transports = [.websocket] }), ("upgrade", { $0.upgrade = false }),
    ("rememberUpgrade", { $0.rememberUpgrade = true }), ("tryAllTransports", { $0.tryAllTransports = true }),
    ("transportOptions", { $0.transportOptions[.polling] = { $0.path = "/p" } }),
    ("reconnection", { $0.reconnection = false }), ("reconnectionAttempts", { $0.reconnectionAttempts = 1 }),
    ("reconnectionDelay", { $0.reconnectionDelay = .zero }),
    ("reconnectionDelayMax", { $0.reconnectionDelayMax = .zero }),
    ("randomizationFactor", { $0.randomizationFactor = 0 }), ("timeout", { $0.timeout = .never }),
    ("autoConnect", { $0.autoConnect = false }), ("parser", { $0.parser = MessagePackParser() }),
    ("parser", { $0.parser = JSONParser(maxAttachments: 100) }), ("auth", { $0.auth = ["token": "abcd"] }),
    ("auth", { $0.auth = .provider { [:] } }), ("ackTimeout", { $0.ackTimeout = .seconds(1) }),
    ("retries", { $0.retries = 1 }), ("offlineBuffer", { $0.offlineBuffer.maxEvents = 1 }),
    ("highWaterMark", { $0.highWaterMark = 1 }), ("inboundBuffer", { $0.inboundBuffer = 1 }),
    ("delivery", { $0.delivery = .eventLoop }),
    ("delivery", { $0.delivery = .queue(.main) }), ("eventLoop", { $0.eventLoop = .shared }),
    ("logger", { $0.logger = Logger(label: "mine") }),
  ]

  @Test(
    "Options that cannot differ between transports are refused in transportOptions, by name", arguments: sharedOptions)
  func misplaced(name: String, change: @escaping Change) throws {
    for transport in [TransportName.polling, .websocket] {
      let error = #expect(throws: SocketIOError.self) { try check { $0.transportOptions[transport] = change } }
      #expect(error?.code == .invalidOption)
      let message = error?.message ?? ""
      #expect(message.hasPrefix("option transportOptions: ") && message.contains("\"\(name)\""), "\(message)")
    }
  }

  @Test("A bad value in transportOptions is refused when the Socket is made")
  func badTransportOptions() {
    let error = #expect(throws: SocketIOError.self) {
      try check { $0.transportOptions[.polling] = { $0.path = "/a?b" } }
    }
    #expect(error?.message.hasPrefix("option path: ") == true, "\(error?.message ?? "")")
    let tls = #expect(throws: SocketIOError.self) {
      try check { $0.transportOptions[.websocket] = { $0.ca = ["no PEM"] } }
    }
    #expect(tls?.code == .tlsOption)
  }

  private static let edgeValues: [Change] = [
    {
      $0.auth = .provider { [:] }
      $0.transportOptions[.polling] = {
        $0.path = "/p"
        $0.requestTimeout = .seconds(30)
      }
      $0.transportOptions[.websocket] = { $0.agent.localAddress = "127.0.0.1" }
    },
    { $0.transports = [] }, { $0.query = ["a": 1, "b": 1.5, "c": true, "d": "", "&": "=?"] },
    { $0.extraHeaders = ["X-Custom_1": "värde\twith tab"] }, { $0.reconnectionAttempts = 0 },
    { $0.reconnectionDelay = .zero }, { $0.reconnectionDelayMax = .zero }, { $0.timeout = .after(.zero) },
    { $0.randomizationFactor = 0 }, { $0.randomizationFactor = 1 }, { $0.path = "" }, { $0.path = "/" },
    { $0.offlineBuffer = OfflineBuffer(maxEvents: 0, maxBytes: 0) }, { $0.highWaterMark = 0 },
    { $0.inboundBuffer = 1 },
  ]

  @Test("Boundary values are accepted", arguments: edgeValues)
  func valid(change: Change) throws {
    try check(change)
  }

  @Test(
    "The path of requests begins with a slash and ends with one, unless addTrailingSlash is off",
    arguments: [
      ("/x", "/x/", "/x"), ("/x/", "/x/", "/x"), ("x", "/x/", "/x"), ("", "/socket.io/", "/socket.io"), ("/", "/", "/"),
      ("/a/b", "/a/b/", "/a/b"),
    ])
  func path(path: String, with: String, without: String) {
    var options = SocketIOOptions()
    options.path = path
    #expect(options.requestPath == with)
    options.addTrailingSlash = false
    #expect(options.requestPath == without)
  }

  @Test("The Manager's settings follow the options")
  func settings() {
    var options = SocketIOOptions()
    options.reconnection = false
    options.reconnectionAttempts = 3
    options.reconnectionDelay = .milliseconds(10)
    options.reconnectionDelayMax = .seconds(2)
    options.randomizationFactor = 0.25
    options.timeout = .never
    #expect(
      options.reconnectionSettings
        == ReconnectionSettings(
          isEnabled: false, attempts: 3, delay: 10, delayMax: 2_000, randomizationFactor: 0.25, timeout: nil))
  }

  @Test(
    "Durations become whole milliseconds, rounded up",
    arguments: [
      (Duration.zero, 0), (.nanoseconds(1), 1), (.milliseconds(1), 1), (.microseconds(1_001), 2),
      (.seconds(1.5), 1_500),
      (.seconds(-1), 0),
    ] as [(Duration, UInt64)])
  func milliseconds(duration: Duration, expected: UInt64) {
    #expect(duration.milliseconds == expected)
  }

  @Test("The query of the URL is merged with the option's, and takes precedence")
  func query() throws {
    let option: SocketObject = ["a": "option", "x": 42, "flag": true]
    let url = try ServerURL("http://h/?a=url&b=url", location: nil)
    let parameters = ServerConnector.query(url, option).map { "\($0.name)=\($0.value)" }
    #expect(parameters == ["x=42", "flag=true", "a=url", "b=url"])
  }
}
