import Foundation
import Testing

@testable import SocketIO
@testable import sio

@Suite struct ScriptOptionsTests {
  private func options(_ json: String) throws -> SocketIOOptions {
    var options = SocketIOOptions()
    try ScriptOptions.apply(try #require(SocketValue(json: json).objectValue), to: &options)
    return options
  }

  private func error(_ json: String) -> String? {
    do {
      _ = try options(json)
      return nil
    } catch {
      return (error as? ScriptError)?.message ?? "\(error)"
    }
  }

  @Test func everyOptionIsSet() throws {
    let options = try options(
      #"""
      {"forceNew":true,"multiplex":false,"transports":["websocket"],"upgrade":false,"rememberUpgrade":true,
       "tryAllTransports":true,"path":"/p","addTrailingSlash":false,"query":{"b":1,"a":true,"c":"x"},
       "extraHeaders":{"X-A":"x","X-B":1.0,"X-C":false,"X-D":18446744073709551615},"forceBase64":true,
       "timestampRequests":false,"timestampParam":"ts","ciphers":"HIGH","rejectUnauthorized":false,"reconnection":false,
       "reconnectionAttempts":3,"reconnectionDelay":1.5,"reconnectionDelayMax":0,"randomizationFactor":0,"timeout":250,
       "autoConnect":false,"parser":"json","auth":{"token":"abcd"}}
      """#)
    #expect(options.forceNew && !options.multiplex && !options.upgrade && options.rememberUpgrade)
    #expect(options.transports == [.websocket])
    #expect(options.tryAllTransports && !options.addTrailingSlash && options.path == "/p")
    #expect(options.query.map(\.key) == ["b", "a", "c"])
    #expect(options.query == ["b": 1, "a": true, "c": "x"])
    #expect(options.extraHeaders == ["X-A": "x", "X-B": "1", "X-C": "false", "X-D": "18446744073709551615"])
    #expect(options.forceBase64 && !options.timestampRequests && options.timestampParam == "ts")
    #expect(options.ciphers == "HIGH" && !options.rejectUnauthorized && !options.reconnection)
    #expect(options.reconnectionAttempts == .limited(3))
    #expect(options.reconnectionDelay == .microseconds(1_500) && options.reconnectionDelayMax == .zero)
    #expect(options.randomizationFactor == 0 && options.timeout == .after(.milliseconds(250)))
    #expect(!options.autoConnect)
    guard case .value(let auth)? = options.auth else {
      Issue.record("there is no auth")
      return
    }
    #expect(auth == ["token": "abcd"])
  }

  @Test func optionsBeyondTheJavaScriptClientAreSet() throws {
    let pin = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
    let options = try options(
      #"""
      {"pins":["sha256/\#(pin)","\#(pin)"],"maxMessageSize":1000,"highWaterMark":0,"inboundBuffer":5,
       "offlineBuffer":{"maxEvents":0,"maxBytes":7,"overflow":"dropOldest"},"agent":{"usesEnvironment":true}}
      """#)
    #expect(options.pins == ["sha256/\(pin)", pin])
    #expect(options.maxMessageSize == 1_000 && options.highWaterMark == 0 && options.inboundBuffer == 5)
    #expect(options.offlineBuffer == OfflineBuffer(maxEvents: 0, maxBytes: 7, overflow: .dropOldest))
    #expect(options.agent.usesEnvironment)
    #expect(try self.options(#"{"offlineBuffer":{}}"#).offlineBuffer == OfflineBuffer())
    for (name, overflow) in [
      ("refuse", OfflineBuffer.Overflow.refuse), ("dropOldest", .dropOldest), ("dropNewest", .dropNewest),
    ] {
      let read = try self.options(#"{"offlineBuffer":{"overflow":"\#(name)"}}"#)
      #expect(read.offlineBuffer == OfflineBuffer(overflow: overflow))
    }
  }

  @Test func everyOptionHasASetter() {
    let all = Mirror(reflecting: SocketIOOptions()).children.compactMap(\.label)
    let names =
      all.filter { $0 != "tls" && $0 != "network" } + Mirror(reflecting: TLSOptions()).children.compactMap(\.label)
    // JSON cannot express these.
    let others = ["delivery", "eventLoop", "logger"]
    #expect(ScriptOptions.names.sorted() == names.filter { !others.contains($0) }.sorted())
    #expect(Set(SocketIOOptions.sharedByTransports).isSubset(of: names))
  }

  @Test func valuesThatRemoveAnOption() throws {
    var options = try options(#"{"timeout":false,"auth":null}"#)
    #expect(options.timeout == .never)
    #expect(options.auth == nil)
    #expect(options.reconnectionAttempts == .unlimited)
    options.auth = ["token": "abcd"]
    try ScriptOptions.apply(["auth": nil], to: &options)
    #expect(options.auth == nil)
  }

  @Test func optionsOfObjectsAreRead() throws {
    var options = SocketIOOptions()
    try ScriptOptions.apply(
      [
        "agent": ["proxy": "http://127.0.0.1:1", "keepAlive": false, "localAddress": "127.0.0.1"],
        "perMessageDeflate": ["threshold": 10], "transportOptions": ["polling": ["extraHeaders": ["a": 1]]],
        "protocols": "chat", "parser": "msgpack",
      ], to: &options)
    #expect(options.agent == ConnectionAgent(proxy: "http://127.0.0.1:1", keepAlive: false, localAddress: "127.0.0.1"))
    #expect(options.perMessageDeflate == PerMessageDeflate(threshold: 10))
    #expect(options.protocols == ["chat"])
    #expect(options.parser is MessagePackParser)
    options.transportOptions[.polling]?(&options)
    #expect(options.extraHeaders == ["a": "1"])
    try ScriptOptions.apply(["perMessageDeflate": false, "agent": false], to: &options)
    #expect(options.perMessageDeflate == nil && options.agent == ConnectionAgent())
  }

  @Test(arguments: [
    #"{"colour":1}"#, #"{"forceNew":1}"#, #"{"transports":"polling"}"#, #"{"transports":[1]}"#,
    #"{"transports":["smoke"]}"#,
    #"{"path":1}"#, #"{"query":"a=b"}"#, #"{"query":{"a":null}}"#, #"{"extraHeaders":{"a":[]}}"#,
    #"{"extraHeaders":{"a b":"c"}}"#, #"{"reconnectionAttempts":-1}"#, #"{"reconnectionAttempts":1.5}"#,
    #"{"reconnectionAttempts":null}"#, #"{"reconnectionDelay":"1"}"#, #"{"reconnectionDelay":-1}"#,
    #"{"reconnectionDelay":1e400}"#, #"{"randomizationFactor":2}"#, #"{"timeout":true}"#, #"{"timeout":null}"#,
    #"{"parser":"xml"}"#, #"{"agent":{"proxy":1}}"#, #"{"agent":{"colour":1}}"#, #"{"agent":{"localAddress":"here"}}"#,
    #"{"perMessageDeflate":{"threshold":-1}}"#, #"{"transportOptions":{"smoke":{}}}"#,
    #"{"transportOptions":{"polling":{"colour":1}}}"#, #"{"auth":[]}"#, #"{"auth":{"a":{"$binary":"AQID"}}}"#,
    #"{"ca":1}"#, #"{"ca":{"$file":"/nowhere"}}"#, #"{"ca":[{"$file":"/nowhere"}]}"#, #"{"ca":"no PEM"}"#,
    #"{"cert":{}}"#,
    #"{"pins":"AA=="}"#, #"{"pins":["AA=="]}"#, #"{"maxMessageSize":0}"#, #"{"maxMessageSize":1.5}"#,
    #"{"offlineBuffer":1}"#, #"{"offlineBuffer":{"colour":1}}"#, #"{"offlineBuffer":{"maxEvents":-1}}"#,
    #"{"offlineBuffer":{"overflow":"explode"}}"#, #"{"highWaterMark":-1}"#, #"{"agent":{"usesEnvironment":1}}"#,
    #"{"transportOptions":{"polling":{"upgrade":true}}}"#, #"{"transportOptions":{"websocket":{"auth":{}}}}"#,
    #"{"pfx":"text"}"#, #"{"pfx":{"$binary":"?"}}"#, #"{"passphrase":1}"#,
  ])
  func valuesThatCannotBeUsed(_ json: String) throws {
    let name = try #require(SocketValue(json: json).objectValue?.keys.first)
    let message = try #require(error(json))
    #expect(message.contains(name))
  }

  @Test func optionsOfATransportAreCheckedAsTheLibraryUsesThem() throws {
    let message = error(#"{"transportOptions":{"websocket":{"extraHeaders":{"Upgrade":"h2c"}}}}"#)
    #expect(message?.contains("\"Upgrade\"") == true)
    let certificate = error(#"{"transportOptions":{"polling":{"cert":"no PEM"}}}"#)
    #expect(certificate == "the options cert and key are needed together")
  }

  @Test func aBadOptionChangesNone() throws {
    var options = SocketIOOptions()
    #expect(throws: ScriptError.self) {
      try ScriptOptions.apply(["path": "/p", "forceNew": true, "timeout": "long"], to: &options)
    }
    #expect(throws: ScriptError.self) {
      try ScriptOptions.apply(["path": "/p", "randomizationFactor": 7], to: &options)
    }
    #expect(options.path == "/socket.io/")
    #expect(!options.forceNew)
  }

  @Test func filesAreRead() throws {
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID()).pem")
    try Data([1, 2, 3]).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    let value = NamedValue(name: "it", value: ["$file": .string(file.path)])
    #expect(try value.file() == Data([1, 2, 3]))
    #expect(try NamedValue(name: "it", value: ["$file": 1]).file() == nil)
    #expect(try NamedValue(name: "it", value: "text").file() == nil)
  }
}
