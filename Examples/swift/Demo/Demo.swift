import Foundation
import SocketIO

/// Shows a connection step by step, one line each: connect by polling, upgrade, acknowledgements in both directions,
/// binary, events, a namespace that asks for credentials, a lost connection, each transport alone, and the end.
///
/// Against the test server (`--full`) every step must succeed. Against another server, unsupported steps are reported
/// and skipped.
@main
struct Demo {
  let url: String
  let isFull: Bool

  static func main() async {
    let arguments = CommandLine.arguments.dropFirst()
    guard let url = arguments.first, arguments.dropFirst().allSatisfy({ $0 == "--full" }) else {
      print("usage: demo URL [--full]")
      exit(2)
    }
    do {
      try await Demo(url: url, isFull: arguments.contains("--full")).run()
      print("to see more: scripts/demo URL for your own server, Examples to start from, docs/guide.md")
      print("demo: ok")
    } catch {
      print("demo: failed: \(error)")
      exit(1)
    }
  }

  func run() async throws {
    let socket = try await connectAndUpgrade()
    try await emitWithAcknowledgement(socket)
    try await exchangeBinary(socket)
    try await answerTheServer(socket)
    try await receiveEvents(socket)
    try await authenticate(sharing: socket)
    try await surviveLoss(socket)
    try await disconnect(socket)
    for transport in [TransportName.polling, .websocket] { try await useOnly(transport) }
  }

  // MARK: The steps

  private func connectAndUpgrade() async throws -> Socket {
    var options = SocketIOOptions()
    options.autoConnect = false
    options.reconnectionDelay = .milliseconds(200)
    let socket = try io(url, options: options)
    let upgraded = Waiter<TransportName>()
    socket.io.on(.upgrade) { upgraded.fulfil($0) }
    let connection = try await connect(socket)
    say("connected to \(url)", "over \(connection.transport), as \(connection.id)")
    if let transport = try? await upgraded.value(within: isFull ? .seconds(10) : .seconds(2)) {
      say("upgraded", "to \(transport)")
    } else {
      try skip("upgraded", "the server offered no upgrade")
    }
    return socket
  }

  private func emitWithAcknowledgement(_ socket: Socket) async throws {
    let question = Greeting(text: "hello", number: 42, tags: ["a", "b"])
    try await step("emitted with acknowledgement") {
      let answer = try await socket.emitWithAck("echo", question, as: Greeting.self, timeout: patience)
      guard answer == question else { throw Failure("the answer is \(answer)") }
      return "the server answered \(answer.text), \(answer.number), \(answer.tags)"
    }
  }

  private func exchangeBinary(_ socket: Socket) async throws {
    let bytes = Data((0..<100_000).map { UInt8(truncatingIfNeeded: $0) })
    try await step("exchanged binary") {
      let answer = try await socket.emitWithAck("echo", ["blob": SocketValue(bytes)] as SocketValue, timeout: patience)
      guard answer["blob"]?.dataValue == bytes else { throw Failure("the bytes differ") }
      return "\(bytes.count) bytes there and back, as an attachment"
    }
  }

  private func answerTheServer(_ socket: Socket) async throws {
    let answer = Waiter<SocketEvent>()
    socket.on("question") { try $0.ack?("forty-two") }
    socket.once("answer") { answer.fulfil($0) }
    try await step("acknowledged an event of the server") {
      try socket.emit("ask", "what is the answer?")
      let event = try await answer.value(within: patience)
      guard event.args == ["forty-two"] else { throw Failure("the server got \(event.args)") }
      return "it got \(event.args[0])"
    }
  }

  private func receiveEvents(_ socket: Socket) async throws {
    let count = 100
    let received = Waiter<[Int]>()
    let numbers = Collector()
    socket.on("burst") { event in
      let all = numbers.append(event.args.first?.intValue ?? -1)
      if all.count == count { received.fulfil(all) }
    }
    try await step("received events") {
      try socket.emit("burst", count)
      let all = try await received.value(within: patience)
      guard all == all.sorted() else { throw Failure("out of order") }
      return "\(count) of them, in order"
    }
  }

  private func authenticate(sharing socket: Socket) async throws {
    let admin = socket.io.socket("/admin", auth: ["token": "wrong"])
    let refused = Waiter<SocketIOError>()
    let connected = Waiter<SocketConnection>()
    admin.on(.connectError) { refused.fulfil($0) }
    admin.on(.connect) { connected.fulfil($0) }
    if !admin.active { admin.connect() }
    try await step("was refused by the namespace /admin") {
      let error = try await refused.value(within: patience)
      return "the server said \"\(error.message)\""
    }
    try await step("authenticated on the namespace /admin") {
      admin.auth = ["token": "abcd"]
      admin.connect()
      _ = try await connected.value(within: patience)
      return "with other credentials, on the same connection"
    }
    admin.disconnect()
  }

  private func surviveLoss(_ socket: Socket) async throws {
    let reconnected = Waiter<Int>()
    let connected = Waiter<SocketConnection>()
    socket.io.once(.reconnect) { reconnected.fulfil($0) }
    socket.once(.connect) { connected.fulfil($0) }
    socket.io.engine.close()
    let attempts = try await reconnected.value(within: .seconds(10))
    let connection = try await connected.value(within: .seconds(10))
    say("reconnected after a loss", "at attempt \(attempts), now as \(connection.id)")
  }

  private func disconnect(_ socket: Socket) async throws {
    let disconnected = Waiter<Disconnection>()
    socket.once(.disconnect) { disconnected.fulfil($0) }
    socket.disconnect()
    say("disconnected", "\(try await disconnected.value(within: .seconds(10)).reason)")
  }

  private func useOnly(_ transport: TransportName) async throws {
    try await step("connected with \(transport) only") {
      var options = SocketIOOptions()
      options.forceNew = true
      options.autoConnect = false
      options.reconnection = false
      options.transports = [transport]
      let socket = try io(url, options: options)
      defer { socket.disconnect() }
      let connection = try await connect(socket)
      if isFull { _ = try await socket.emitWithAck("echo", "hi", Data([1, 2, 3]), timeout: patience) }
      return "as \(connection.id)"
    }
  }

  // MARK: Helpers

  /// Another server may not know the demo's events.
  private var patience: Duration { isFull ? .seconds(10) : .seconds(2) }

  private func connect(_ socket: Socket) async throws -> SocketConnection {
    let connected = Waiter<SocketConnection>()
    let failed = socket.on(.connectError) { connected.fail($0) }
    defer { failed.cancel() }
    socket.once(.connect) { connected.fulfil($0) }
    socket.connect()
    return try await connected.value(within: .seconds(20))
  }

  private func step(_ name: String, _ body: () async throws -> String) async throws {
    do {
      say(name, try await body())
    } catch {
      try skip(name, "\(error)")
    }
  }

  private func skip(_ name: String, _ why: String) throws {
    if isFull { throw Failure("\(name): \(why)") }
    say("skipped: \(name)", why)
  }

  private func say(_ step: String, _ detail: String) {
    print("  \(step): \(detail)")
  }
}

struct Greeting: Codable, Equatable {
  var text: String
  var number: Int
  var tags: [String]
}

struct Failure: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}
