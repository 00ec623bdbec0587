import SocketIOTesting
import Testing

@testable import SocketIO

@Suite("The handshake")
struct HandshakeTests {
  @Test("Is read from the server's JSON")
  func complete() throws {
    let json = TransportScript.handshake(
      sid: "s", upgrades: ["websocket", "webtransport"], pingInterval: 100, pingTimeout: 50, maxPayload: 1_000)
    let handshake = try Handshake(json: json)
    #expect(handshake.sid == "s")
    #expect(handshake.upgrades == [.websocket, "webtransport"])
    #expect(handshake.pingInterval == 100)
    #expect(handshake.pingTimeout == 50)
    #expect(handshake.maxPayload == 1_000)
  }

  @Test(
    "A missing, zero or negative maxPayload means no limit", arguments: ["", #","maxPayload":0"#, #","maxPayload":-5"#])
  func noLimit(field: String) throws {
    let handshake = try Handshake(json: #"{"sid":"s","upgrades":[],"pingInterval":1,"pingTimeout":1\#(field)}"#)
    #expect(handshake.maxPayload == 0)
  }

  @Test("Missing upgrades are none")
  func noUpgrades() throws {
    #expect(try Handshake(json: #"{"sid":"s","pingInterval":1,"pingTimeout":1}"#).upgrades == [])
  }

  @Test("Huge times are capped, so that sums do not overflow", arguments: ["100000000", "1e300"])
  func enormous(text: String) throws {
    let handshake = try Handshake(json: #"{"sid":"s","pingInterval":\#(text),"pingTimeout":\#(text)}"#)
    #expect(handshake.pingInterval >= 100_000_000 && handshake.pingInterval <= 86_400_000_000)
    #expect(handshake.pingTimeout == handshake.pingInterval)
  }

  @Test(
    "Anything else is an error that names the problem",
    arguments: [
      ("", "not JSON"), ("{", "not JSON"), ("[]", "sid"), ("null", "sid"), ("{}", "sid"),
      (#"{"sid":5,"pingInterval":1,"pingTimeout":1}"#, "sid"), (#"{"sid":"","pingInterval":1,"pingTimeout":1}"#, "sid"),
      (#"{"sid":"s","pingTimeout":1}"#, "pingInterval"),
      (#"{"sid":"s","pingInterval":"1","pingTimeout":1}"#, "pingInterval"),
      (#"{"sid":"s","pingInterval":-1,"pingTimeout":1}"#, "pingInterval"),
      (#"{"sid":"s","pingInterval":1}"#, "pingTimeout"),
    ])
  func malformed(json: String, fault: String) {
    let error = #expect(throws: SocketIOError.self) { try Handshake(json: json) }
    #expect(error?.code == .protocolViolation)
    #expect(error?.message.contains(fault) == true)
  }
}
