import Testing

@testable import SocketIO

@Suite("ServerConnector")
struct ServerConnectorTests {
  @Test("Unusable options fail every attempt by name, with the usual delays in between")
  func unusableOptions() throws {
    let connector = try ServerConnector(
      loop: .shared, server: ServerURL("http://h", location: nil), options: SocketIOOptions())
    connector.options.reconnectionAttempts = 3
    connector.options.reconnectionDelay = .seconds(-1)
    connector.options.randomizationFactor = .nan
    let error = #expect(throws: SocketIOError.self) { try connector.makeEngine() }
    #expect(error?.code == .invalidOption)
    #expect(connector.reconnectionSettings() == ReconnectionSettings(attempts: 3))

    connector.options.reconnectionDelay = .milliseconds(10)
    connector.options.randomizationFactor = 0
    #expect(throws: Never.self) { try connector.makeEngine() }
    #expect(connector.reconnectionSettings().delay == 10)
  }

  @Test("A closure of transportOptions may call io()", .timeLimit(.minutes(1)))
  func ioInsideOptions() throws {
    let outer = try io("http://127.0.0.1:1/outer") {
      $0.autoConnect = false
      $0.transportOptions[.polling] = { _ in _ = try? io("http://127.0.0.1:1/inner") { $0.autoConnect = false } }
    }
    #expect(outer.namespace == "/outer")
  }
}
