import Foundation
import SocketIOTesting

@testable import SocketIO

/// The program that uses the client: emits, connects and disconnects, as the seed determines.
final class SimulatedUser {
  let manager: Manager
  private let network: SimulatedNetwork
  private let scenario: Scenario
  private var sockets: [String: Socket] = [:]
  private var known: Set<Int> = []
  /// Acknowledgements that the server waits for, sent later or never.
  private let kept = KeptQuestions()
  private var cancellable: [(stream: Stream, number: Int, token: CancellationToken)] = []

  init(_ network: SimulatedNetwork, _ scenario: Scenario) {
    self.network = network
    self.scenario = scenario
    manager = Manager(loop: network.loop, connector: network, options: scenario.options)
    for namespace in scenario.namespaces { socket(namespace) }
    manager.on(.reconnectAttempt) { [weak manager] attempt in
      let dice = network.world { world in
        world.note("reconnect_attempt \(attempt)")
        return world.isTroubled ? world.random.number(0...99) : 99
      }
      if dice == 0 { manager?.engine.close() }
      if dice == 1 { manager?.connect() }
    }
  }

  /// The id under which the server knows the Socket of a namespace at the moment.
  func id(_ namespace: String) -> String? { sockets[namespace]?.id }

  var isConnected: Bool { sockets.values.allSatisfy(\.connected) }

  /// Whether every Socket that wants to be connected is.
  var isReconnected: Bool { sockets.values.allSatisfy { $0.connected || !$0.active } }

  func connectAll() {
    for namespace in scenario.namespaces { socket(namespace).connect() }
  }

  /// Emits once more in each namespace, and returns what.
  func emitLast() -> [(stream: Stream, number: Int)] {
    scenario.namespaces.map { emit($0, isVolatile: false, wantsAck: true, isBinary: true) }
  }

  /// Disconnects and releases everything.
  func leave() {
    kept.removeAll()
    for namespace in scenario.namespaces {
      disconnect(namespace)
      release(namespace)
    }
  }

  // MARK: One thing at random

  func act() {
    let namespace = network.random { $0.pick(scenario.namespaces) }
    switch network.random({ $0.number(0...(scenario.climate.isCalm ? 13 : 19)) }) {
    case 0...8: emitAtRandom(namespace)
    case 9:
      for _ in 0..<network.random({ $0.number(2...25) }) { emitAtRandom(namespace) }
    case 10: if network.random({ $0.chance(500) }) { cancel() } else { kept.answerLast() }
    case 11...13: socket(namespace).connect()
    case 14: disconnect(namespace)
    case 15: disconnect(namespace).connect()
    case 16: manager.engine.close()
    case 17:
      guard network.random({ $0.chance(500) }) else { return manager.connect() }
      // The caller handles a failure.
      let number = network.world { $0.ledger.openBegan() }
      manager.open { [network, weak manager] error in
        network.world { $0.ledger.openEnded(number) }
        if error != nil { manager?.connect() }
      }
    case 18:
      disconnect(namespace)
      release(namespace)
    default:
      // The machine sleeps, and the user acts before the timers fire.
      network.loop.sleep(UInt64(network.random { $0.number(1...3_000) }))
      emitAtRandom(namespace)
    }
  }

  private func emitAtRandom(_ namespace: Scenario.Namespace) {
    let dice = network.random { $0.number(0...9) }
    emit(namespace, isVolatile: dice == 0, wantsAck: dice < 6, isBinary: network.random { $0.chance(150) })
  }

  @discardableResult
  private func emit(
    _ namespace: Scenario.Namespace, isVolatile: Bool, wantsAck: Bool, isBinary: Bool
  ) -> (stream: Stream, number: Int) {
    let socket = socket(namespace)
    let stream = Stream(namespace: namespace.name, name: namespace.retries > 0 && !isVolatile ? "retried" : "plain")
    let network = self.network
    let number = network.enter("emit \(stream)\(isVolatile ? " volatile" : "")\(wantsAck ? " ack" : "")") {
      $0.emitted(stream, isVolatile: isVolatile, wantsAck: wantsAck)
    }
    var arguments: [SocketValue] = [.int(number)]
    if isBinary { arguments.append(.binary(Data([UInt8(truncatingIfNeeded: number)]))) }
    var ack: AckHandler?
    var token: CancellationToken?
    if wantsAck {
      // As `emitWithAck` does, whose task cannot be scheduled here.
      let identity = CancellationToken()
      cancellable.append((stream, number, identity))
      token = identity
      let callback = AckCallback(event: stream.name) { result in
        network.enter("\(stream) \(number) ends: \(result)") { $0.ended(stream, number, result) }
      }
      ack = network.random { $0.chance(500) } ? .inline(callback) : .callback(callback)
    }
    let timeout = namespace.ackTimeout.map { Duration.milliseconds($0) }
    do {
      var emitter = socket.modified
      (emitter.timeout, emitter.isVolatile) = (timeout, isVolatile)
      if let refusal = emitter.submit(stream.name, try emitter.payload(stream.name, arguments), ack, token) {
        throw refusal
      }
    } catch {
      network.world { $0.ledger.violation("\(stream) \(number): \(error)") }
    }
    return (stream, number)
  }

  private func cancel() {
    guard let (stream, number, token) = cancellable.popLast(), let key = sockets[stream.namespace]?.key else { return }
    network.enter("cancel \(stream) \(number)") { $0.givenUp(stream, number) }
    token.cancel()
    manager.mailbox.submit { $0.cancelAck(key, token) }
  }

  @discardableResult
  private func disconnect(_ namespace: Scenario.Namespace) -> Socket {
    network.enter("disconnect \(namespace.name)") { $0.left(namespace.name) }
    return socket(namespace).disconnect()
  }

  private func release(_ namespace: Scenario.Namespace) {
    network.enter("release \(namespace.name)") { $0.givenUp(namespace.name) }
    sockets[namespace.name] = nil
  }

  // MARK: Sockets and their handlers

  @discardableResult
  private func socket(_ namespace: Scenario.Namespace) -> Socket {
    if let socket = sockets[namespace.name] { return socket }
    let socket = manager.socket(namespace.name, retries: namespace.retries)
    sockets[namespace.name] = socket
    // A released Socket may stay alive, held by an acknowledgement.
    guard known.insert(socket.key).inserted else { return socket }
    let (network, name, kept) = (self.network, namespace.name, self.kept)
    /// Whether a handler does something unusual now.
    @Sendable func feelsLike(_ chance: Int) -> Bool { network.world { $0.isTroubled && $0.random.chance(chance) } }
    @Sendable func leave(_ socket: Socket?) {
      network.enter("\(name) disconnects in a handler") { $0.left(name) }
      socket?.disconnect()
    }
    socket.on(.connect) { [weak socket] connection in
      network.enter("\(name) connect \(connection.id)") { $0.connected(name) }
      if feelsLike(20) { leave(socket) }
      if feelsLike(20) { socket?.connect() }
    }
    socket.on(.disconnect) { [weak socket] disconnection in
      network.enter("\(name) disconnect: \(disconnection.reason)") { $0.disconnected(name) }
      if feelsLike(30) { leave(socket) }
      if feelsLike(disconnection.reason == .ioServerDisconnect ? 500 : 50) { socket?.connect() }
    }
    socket.on(.connectError) { [weak socket] error in
      network.enter("\(name) connect_error: \(error)") { $0.notJoined(name, error) }
      if feelsLike(30) { leave(socket) }
      if feelsLike(error.code == .refused ? 700 : 50) { socket?.connect() }
    }
    socket.on("news") { [weak socket] event in
      network.enter("\(name) news \(event.args)") { $0.received(event, in: name) }
      if feelsLike(20) { leave(socket) }
    }
    socket.on("question") { event in
      switch network.random({ $0.number(0...2) }) {
      case 0: event.ack?.send([])
      case 1: kept.add(event.ack)
      default: break
      }
    }
    return socket
  }
}

extension SimulatedNetwork {
  /// Records what the user does and observes in the ledger.
  @discardableResult
  fileprivate func enter<Result: Sendable>(_ note: @autoclosure () -> String, _ entry: (inout Ledger) -> Result)
    -> Result
  {
    world { world in
      world.note(note())
      return entry(&world.ledger)
    }
  }
}

private final class KeptQuestions: Sendable {
  private let questions = Locked<[Acknowledgement]>([])

  func add(_ question: Acknowledgement?) {
    if let question { questions.withLock { $0.append(question) } }
  }

  /// An acknowledgement holds its Socket.
  func removeAll() { questions.withLock { $0 = [] } }

  func answerLast() { questions.withLock { $0.popLast() }?.send([]) }
}
