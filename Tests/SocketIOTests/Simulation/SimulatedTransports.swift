import SocketIOTesting

@testable import SocketIO

/// An event from the network for a transport.
enum ClientInput: Sendable {
  case webSocket(TransportEvent)
  case polled(Result<[EnginePacket], SocketIOError>)
  case posted(Result<Void, SocketIOError>)
}

/// One end of a connection on the simulated network, which reports events through the loop.
private final class NetworkPort {
  let link: Int
  let network: SimulatedNetwork
  private let timer: VirtualTimer

  init(_ network: SimulatedNetwork, engine: Int, _ handle: @escaping (ClientInput) -> Void) {
    self.network = network
    let link = network.world { $0.makeLink(engine: engine) }
    self.link = link
    let timer = VirtualTimer(loop: network.loop) {
      for input in network.world({ $0.takeInbox(of: link) }) { handle(input) }
    }
    self.timer = timer
    network.world { $0.bind(link, to: timer.trigger) }
  }

  deinit { network.world { $0.transportFreed(link) } }
}

/// A WebSocket on the simulated network, which behaves like ``WebSocketTransport``.
final class SimulatedWebSocket: Transport {
  var onEvent: ((consuming TransportEvent) -> Void)?
  var onText: ((UnsafeRawBufferPointer) -> Void)?
  var sid: String?
  let takesText = true
  let queuedBytes = 0

  private let network: SimulatedNetwork
  private var port: NetworkPort?
  private var isOpen = false
  private var isReadingPaused = false
  /// Data that arrived while reading was paused.
  private var unread: [TransportEvent] = []
  private var goesOn: VirtualTimer?

  init(_ network: SimulatedNetwork, engine: Int, sid: String?) {
    self.network = network
    self.sid = sid
    port = NetworkPort(network, engine: engine) { [weak self] in self?.handle($0) }
    goesOn = VirtualTimer(loop: network.loop) { [weak self] in self?.readOn() }
  }

  func open() {
    guard let port else { return }
    network.world { $0.connect(port.link, sid: sid) }
  }

  func send(_ packets: [EnginePacket]) -> Bool {
    guard let port else { return false }
    return network.world { $0.send(packets.map(\.plain), on: port.link) }
  }

  func requestReadReceipt(_ mark: UInt64) {
    if let port { network.world { $0.ping(mark, on: port.link) } }
  }

  func pause() { onEvent?(.paused) }
  func resume() {}

  func pauseReading() { isReadingPaused = true }

  func resumeReading() {
    isReadingPaused = false
    goesOn?.start(milliseconds: 0)
  }

  private func readOn() {
    while !isReadingPaused, !unread.isEmpty { read(unread.removeFirst()) }
  }

  func close() {
    guard isOpen, let port else {
      let onEvent = self.onEvent
      abort()
      onEvent?(.closed(nil))
      return
    }
    network.world { $0.shutDown(port.link) }
  }

  func abort() {
    onEvent = nil
    onText = nil
    if let port { network.world { $0.abandon(port.link) } }
    port = nil
  }

  private func handle(_ input: ClientInput) {
    guard case .webSocket(let event) = input else { return }
    let isRead = if case .writable = event { false } else { true }
    if isRead, isReadingPaused || !unread.isEmpty { unread.append(event) } else { read(event) }
  }

  private func read(_ event: TransportEvent) {
    switch event {
    case .opened: isOpen = true
    case .closed, .failed:
      let onEvent = self.onEvent
      abort()
      onEvent?(event)
      return
    case .packet, .writable, .readReceipt, .paused: break
    }
    report(event)
  }
}

/// HTTP long-polling on the simulated network, driven like ``PollingTransport``.
final class SimulatedPolling: PollingDriver {
  var onEvent: ((consuming TransportEvent) -> Void)?
  var onText: ((UnsafeRawBufferPointer) -> Void)?
  var sid: String?
  var machine = PollingStateMachine()
  let queuedBytes = 0

  private let network: SimulatedNetwork
  private var port: NetworkPort?
  private var askedAt: UInt64 = 0
  private var pause: VirtualTimer?

  init(_ network: SimulatedNetwork, engine: Int, sid: String?) {
    self.network = network
    self.sid = sid
    port = NetworkPort(network, engine: engine) { [weak self] in self?.receive($0) }
  }

  deinit { cancelRequests() }

  private func receive(_ input: ClientInput) {
    switch input {
    case .polled(.success(let packets)):
      handle(.polled(packets, isWhole: true, took: network.loop.now - askedAt))
    case .polled(.failure(let error)): handle(.pollFailed(error))
    case .posted(.success): handle(.posted)
    case .posted(.failure(let error)): handle(.postFailed(error))
    case .webSocket: break
    }
  }

  func wait(milliseconds: UInt64) {
    let pause = self.pause ?? VirtualTimer(loop: network.loop) { [weak self] in self?.handle(.waited) }
    self.pause = pause
    pause.start(milliseconds: milliseconds)
  }

  func poll() {
    askedAt = network.loop.now
    if let port { network.world { $0.get(port.link, sid: sid) } }
  }

  func post(_ packets: [EnginePacket]) {
    if let port { network.world { $0.post(packets.map(\.plain), on: port.link, sid: sid) } }
  }

  func cancelRequests() {
    pause?.close()
    pause = nil
    if let port { network.world { $0.abandon(port.link) } }
  }
}
