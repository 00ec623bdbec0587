import CSIO
import Foundation

/// A WebSocket of the C core, one Engine.IO packet in each message.
final class WebSocketTransport: Transport {
  /// Bytes that wait in the core before the transport counts as busy; the rest waits in the engine's buffer.
  private static let highWaterMark = 256 << 10

  var onEvent: ((TransportEvent) -> Void)?
  var sid: String?

  private let loop: EventLoop
  private let sendsBase64: Bool
  /// Reports that something could not be sent.
  private var failure: (any LoopTimer)?
  private var handle: OpaquePointer?
  private var isOpen = false
  private var isBusy = false
  /// The server takes nothing before the upgrade packet, so nothing may pass it.
  private var upgradeWaits = false

  init(loop: EventLoop, endpoint: EngineEndpoint, sid: String?) throws(SocketIOError) {
    self.loop = loop
    sendsBase64 = endpoint.forceBase64
    self.sid = sid
    try check(csio_ws_create(loop.handle, endpoint.url(.websocket, sid: sid), &handle))
    for (name, value) in endpoint.headers() {
      guard csio_ws_add_header(handle, name, value) != CSIO_EINVALID.rawValue else {
        throw SocketIOError(
          .invalidOption, "option extraHeaders: \"\(name)\" belongs to the WebSocket handshake, or cannot stand in it")
      }
    }
    for name in endpoint.protocols { try check(csio_ws_add_protocol(handle, name)) }
    try check(csio_ws_set_tls(handle, endpoint.tls?.handle))
    try check(csio_ws_set_cookies(handle, endpoint.cookies?.handle))
    try check(csio_ws_set_proxy(handle, endpoint.proxy?.handle))
    try check(csio_ws_set_local_address(handle, endpoint.agent.localAddress))
    if let threshold = endpoint.deflateThreshold {
      try check(csio_ws_set_deflate(handle, true))
      try check(csio_ws_set_deflate_threshold(handle, threshold))
    }
    try check(csio_ws_set_max_message(handle, endpoint.maxMessageSize))
  }

  deinit { abort() }

  func open() throws(SocketIOError) {
    // The reference is given back when the handle is closed.
    csio_ws_set_data(handle, Unmanaged.passRetained(self).toOpaque())
    csio_ws_on_open(handle) { _, data in transport(data).opened() }
    csio_ws_on_message(handle) { _, type, bytes, size, data in
      transport(data).received(type, UnsafeRawBufferPointer(start: bytes, count: size))
    }
    csio_ws_on_pong(handle) { _, payload, size, data in
      transport(data).ponged(UnsafeRawBufferPointer(start: payload, count: size))
    }
    csio_ws_on_drain(handle) { _, data in transport(data).drained() }
    csio_ws_on_close(handle) { _, code, reason, size, data in
      transport(data).closed(code, UnsafeRawBufferPointer(start: reason, count: size))
    }
    csio_ws_on_error(handle) { _, error, data in transport(data).failed(error) }
    do {
      try check(csio_ws_connect(handle))
    } catch {
      abort()
      throw error
    }
  }

  func send(_ packets: [EnginePacket]) -> Bool {
    for packet in packets {
      guard let handle else { return false }
      send(packet, on: handle)
    }
    guard let handle else { return false }
    isBusy = csio_ws_queued_bytes(handle) > Self.highWaterMark
    return !isBusy
  }

  // The WebSocket's own ping has its place behind what was sent; whoever answers it has read that.
  func requestReadReceipt(_ mark: UInt64) {
    guard let handle else { return }
    var payload = String(mark)
    let status = payload.withUTF8 { csio_ws_ping(handle, $0.baseAddress, $0.count) }
    if status == CSIO_ENOMEM.rawValue { failSoon(SocketIOError(csio: status)) }
  }

  var queuedBytes: Int { handle.map { csio_ws_queued_bytes($0) } ?? 0 }

  // A WebSocket is the best transport there is: nothing takes over from it.
  func pause() { onEvent?(.paused) }
  func resume() {}

  // Both fail only where the connection has ended or is being closed, which is told anyway.
  func pauseReading() { if let handle { csio_ws_read_stop(handle) } }
  func resumeReading() { if let handle { csio_ws_read_start(handle) } }

  func close() {
    guard isOpen, let handle else {
      let onEvent = self.onEvent
      abort()
      onEvent?(.closed(nil))
      return
    }
    csio_ws_shutdown(handle, 0, nil)
  }

  func abort() {
    onEvent = nil
    failure?.close()
    failure = nil
    guard let handle else { return }
    self.handle = nil
    csio_ws_close(handle) { data in
      if let data { Unmanaged<WebSocketTransport>.fromOpaque(data).release() }
    }
  }

  private func send(_ packet: EnginePacket, on handle: OpaquePointer) {
    let status: Int32
    if packet == .upgrade { upgradeWaits = true }
    switch packet {
    case .message(.binary(let data)) where !sendsBase64: status = send(data, CSIO_WS_BINARY, on: handle)
    case .uncompressed(.binary(let data)) where !sendsBase64:
      status = send(data, CSIO_WS_BINARY.uncompressed, on: handle)
    case .uncompressed: status = sendText(packet, CSIO_WS_TEXT.uncompressed, on: handle)
    case .pong where !upgradeWaits: status = sendText(packet, CSIO_WS_TEXT.urgent, on: handle)
    default: status = sendText(packet, CSIO_WS_TEXT, on: handle)
    }
    // Closed under our hands means that the close is about to be reported; memory running out is reported as an error.
    if status == CSIO_ENOMEM.rawValue { failSoon(SocketIOError(csio: status)) }
  }

  /// Whoever sends does not expect to hear of a failure inside the call.
  private func failSoon(_ error: SocketIOError) {
    let failure = loop.makeTimer { [weak self] in self?.fail(error) }
    self.failure = failure
    failure.start(milliseconds: 0)
  }

  private func send(_ data: Data, _ type: csio_ws_type, on handle: OpaquePointer) -> Int32 {
    data.withUnsafeBytes { csio_ws_send(handle, type, $0.baseAddress, $0.count) }
  }

  private func sendText(_ packet: EnginePacket, _ type: csio_ws_type, on handle: OpaquePointer) -> Int32 {
    let (character, payload) = packet.text
    var payloadText = payload
    return payloadText.withUTF8 { payload in
      guard let buffer = csio_buffer_create(payload.count + 1), let bytes = csio_buffer_bytes(buffer) else {
        return CSIO_ENOMEM.rawValue
      }
      bytes[0] = character
      if let base = payload.baseAddress { (bytes + 1).update(from: base, count: payload.count) }
      return csio_ws_send_buffer(handle, type, buffer)
    }
  }

  // MARK: From the core

  private func opened() {
    isOpen = true
    onEvent?(.opened)
  }

  private func received(_ type: csio_ws_type, _ bytes: UnsafeRawBufferPointer) {
    if type == CSIO_WS_BINARY {
      onEvent?(.packet(.message(.binary(Data(bytes)))))
    } else if let packet = EnginePacket(text: bytes) {
      onEvent?(.packet(packet))
    } else {
      fail(SocketIOError(.protocolViolation, "server error: a WebSocket message is no Engine.IO packet"))
    }
  }

  private func ponged(_ payload: UnsafeRawBufferPointer) {
    // A pong that nobody asked for may carry anything.
    if let mark = UInt64(String(decoding: payload, as: UTF8.self)) { onEvent?(.readReceipt(mark)) }
  }

  private func drained() {
    isBusy = false
    upgradeWaits = false
    onEvent?(.writable)
  }

  private func closed(_ code: UInt16, _ reason: UnsafeRawBufferPointer) {
    let onEvent = self.onEvent
    abort()
    let text = ServerText.excerpt(String(decoding: reason, as: UTF8.self)) ?? ""
    onEvent?(
      .closed(
        SocketIOError(
          .connectionLost, "websocket connection closed (code \(code)\(text.isEmpty ? "" : ", \(text)"))",
          closeCode: Int(code))))
  }

  private func failed(_ error: UnsafePointer<csio_error>?) {
    guard let error else { return }
    var failure = SocketIOError(error)
    failure.message = "websocket error: \(failure.message)\(refusal(error.pointee))"
    fail(failure)
  }

  /// What a server that has refused the handshake says besides.
  private func refusal(_ error: csio_error) -> String {
    guard error.code == CSIO_EHANDSHAKE.rawValue, let handle else { return "" }
    var size = 0
    let body = csio_ws_body(handle, &size)
    return ServerText.addition(
      status: Int(error.http_status), location: csio_ws_header(handle, "Location", 0).map { String(cString: $0) },
      body: UnsafeRawBufferPointer(start: body, count: size))
  }

  private func fail(_ error: SocketIOError) {
    let onEvent = self.onEvent
    abort()
    onEvent?(.failed(error))
  }
}

extension csio_ws_type {
  fileprivate var uncompressed: csio_ws_type { csio_ws_type(rawValue | CSIO_WS_UNCOMPRESSED.rawValue) }
  fileprivate var urgent: csio_ws_type { csio_ws_type(rawValue | CSIO_WS_URGENT.rawValue) }
}

/// The transport that a callback of the core belongs to. The core holds a reference until the handle is closed.
private func transport(_ data: UnsafeMutableRawPointer?) -> WebSocketTransport { CallbackData.get(data) }
