import Foundation
import SocketIO
import SocketIOTesting
import Testing

/// MessagePack against python-socketio, whose MessagePack (PyPI's msgpack) shares no code with this one.
@Suite("MessagePack", .timeLimit(.minutes(2)))
struct MessagePackTests {
  private func connect(_ url: String, _ route: Route) async throws -> Socket {
    let socket = try makeSocket(url) {
      $0.transports = route.transports
      $0.parser = MessagePackParser()
    }
    let upgrades = Recorder<TransportName>()
    socket.io.on(.upgrade) { upgrades.record($0) }
    _ = try await socket.connected()
    if route == .upgrade { #expect(try await upgrades.first("upgrade") == .websocket) }
    return socket
  }

  /// A value of each format of the encoding, at the bounds where formats change.
  private static let small: [SocketValue] = {
    var values: [SocketValue] = [nil, false, true, 0.5, -0.0, 0.1, 1e300, .double(.infinity), .double(-.infinity)]
    for bits in [0, 7, 8, 15, 16, 31, 32, 62, 63] {
      let power = 1 << bits
      values += [.int(power), .int(power &- 1), .int(0 &- power), .int(-1 &- power)]
    }
    values += [.uint(1 << 63), .uint(.max), "€ 👋 \u{0}", ["": ["nested": [["a": .binary(Data([1]))], []]]]]
    return [0, 1, 15, 16, 31, 32, 255, 256].reduce(into: values) { $0 += Self.values(ofLength: $1) }
  }()

  private static let large = [65_535, 65_536].prefix(repetitions(2, sanitized: 0)).flatMap { values(ofLength: $0) }

  private static func values(ofLength count: Int) -> [SocketValue] {
    [
      .string(String(repeating: "x", count: count)), .binary(Data((0..<count).map { UInt8(truncatingIfNeeded: $0) })),
      .array(Array(repeating: nil, count: count)),
      .object(SocketObject((0..<count).map { ("key \($0)", .int($0)) })),
    ]
  }

  @Test("values of every format come back unchanged", arguments: Route.allCases)
  func values(_ route: Route) async throws {
    let server = try Server.python.start("--msgpack")
    let socket = try await connect(server.url, route)
    // With aiohttp, python-engineio treats the part of a body that has arrived as the whole body.
    for value in Self.small + (route == .polling ? [] : Self.large) {
      #expect(try await socket.emitWithAck("echo", value) == value)
    }
    let all = try await socket.emitWithAck("echo", SocketValue.array(Self.small))
    #expect(all == .array(Self.small))
    // Equality does not distinguish integers from doubles.
    for (sent, received) in zip(Self.small, all.arrayValue ?? []) {
      if case .double = sent { #expect(isDouble(received)) } else { #expect(!isDouble(received)) }
    }
    socket.disconnect()
  }

  private func isDouble(_ value: SocketValue) -> Bool {
    if case .double = value { true } else { false }
  }

  @Test("acknowledges both ways, sends binary both ways and is disconnected", arguments: Route.allCases)
  func story(_ route: Route) async throws {
    let server = try Server.python.start("--msgpack")
    let socket = try await connect(server.url, route)
    socket.on("question") { try $0.ack?($0.args[0], Data([7, 8, 9])) }
    let answers = socket.recordEvents("answer")
    try socket.emit("ask", "how many?", Data([1]))
    #expect(try await answers.first("answer") == ["how many?", .binary(Data([7, 8, 9]))])

    let burst = socket.recordEvents("burst")
    try socket.emit("burst", 200)
    #expect(try await burst.wait("burst of 200") { $0.count == 200 } == (0..<200).map { [.int($0)] })

    let blobs = socket.recordEvents("binary")
    try socket.emit("binary", 300_000)
    #expect(try await blobs.first("binary") == [.binary(Data((0..<300_000).map { UInt8(truncatingIfNeeded: $0) }))])

    let messages = socket.recordEvents("message-back")
    try socket.emit("message")
    #expect(try await messages.first("message") == [])

    let disconnects = socket.recordDisconnects()
    try socket.emit("disconnect-me")
    #expect(try await disconnects.first("disconnect").reason == .ioServerDisconnect)
  }

  @Test("is refused without credentials and accepted with them", arguments: Route.allCases)
  func authentication(_ route: Route) async throws {
    let server = try Server.python.start("--msgpack")
    let main = try await connect(server.url, route)
    let admin = main.io.socket("/admin", auth: ["token": "wrong"])
    let error = await #expect(throws: SocketIOError.self) { try await admin.connected() }
    #expect(error?.code == .refused && error?.message == "invalid credentials")
    #expect(error?.data == ["content": "try again"])

    admin.auth = .value(["token": "abcd"])
    #expect(try await admin.connected().id != main.id)
    #expect(try await admin.emitWithAck("echo", Data([1])) == .binary(Data([1])))
    admin.disconnect()
    #expect(try await main.emitWithAck("echo", 3) == 3)
    main.disconnect()
  }
}
