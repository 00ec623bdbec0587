import CSIO

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// A WebSocket of the C core, with one Engine.IO packet per message.
final class WebSocketTransport: Transport {
  /// Bytes that may wait in the core before the transport counts as busy; more wait in the engine's buffer.
  private static let highWaterMark = 256 << 10

  /// The longest text that is put together on the stack: the core makes its frame at once, without memory of its own.
  private static let stackLimit = 1_024

  var onEvent: ((consuming TransportEvent) -> Void)?
  /// Read for each message, and read and written whole, so it needs no check for exclusive access. Reading a requirement
  /// of the protocol directly would make one.
  @exclusivity(unchecked) private var textReceiver: ((UnsafeRawBufferPointer) -> Void)?
  var onText: ((UnsafeRawBufferPointer) -> Void)? {
    get { textReceiver }
    set { textReceiver = newValue }
  }
  var sid: String?

  private let loop: SocketEventLoop
  private let sendsBase64: Bool
  /// Reports that a packet could not be sent.
  private var failure: (any LoopTimer)?
  // As above.
  @exclusivity(unchecked) private var handle: OpaquePointer?
  private var isOpen = false
  /// Whether an upgrade packet waits. The server accepts nothing before it, so no pong may overtake it.
  private var upgradeWaits = false

  init(loop: SocketEventLoop, endpoint: EngineEndpoint, sid: String?) throws(SocketIOError) {
    self.loop = loop
    sendsBase64 = endpoint.forceBase64
    self.sid = sid
    // Not passed as a reference to the property, which would make every use of it check for exclusive access.
    var handle: OpaquePointer?
    try check(csio_ws_create(loop.handle, endpoint.url(.websocket, sid: sid), &handle))
    self.handle = handle
    for (name, value) in endpoint.headers() {
      guard csio_ws_add_header(handle, name, value) != CSIO_EINVALID.rawValue else {
        throw SocketIOError(
          .invalidOption, "option extraHeaders: \"\(name)\" belongs to the WebSocket handshake, or is not allowed in it"
        )
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
    // Released when the handle is closed.
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
    return takesMore()
  }

  func send(_ packet: EnginePacket) -> Bool {
    guard let handle else { return false }
    send(packet, on: handle)
    return takesMore()
  }

  var takesText: Bool { true }

  func send(_ text: LentText, isCompressed: Bool) -> Bool {
    guard let handle else { return false }
    let status = send(text, isCompressed ? CSIO_WS_TEXT : CSIO_WS_TEXT.uncompressed, on: handle)
    if status == CSIO_ENOMEM.rawValue { failSoon(SocketIOError(csio: status)) }
    return takesMore()
  }

  private func takesMore() -> Bool {
    guard let handle else { return false }
    return csio_ws_queued_bytes(handle) <= Self.highWaterMark
  }

  // The WebSocket ping goes out after what was sent, so its pong shows that the server has read that.
  func requestReadReceipt(_ mark: UInt64) {
    guard let handle else { return }
    var payload = String(mark)
    let status = payload.withUTF8 { csio_ws_ping(handle, $0.baseAddress, $0.count) }
    if status == CSIO_ENOMEM.rawValue { failSoon(SocketIOError(csio: status)) }
  }

  var queuedBytes: Int { handle.map { csio_ws_queued_bytes($0) } ?? 0 }

  // A WebSocket is never upgraded.
  func pause() { onEvent?(.paused) }
  func resume() {}

  // Both fail only if the connection has ended or is being closed, which is reported anyway.
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
    onText = nil
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
    switch packet {
    case .encoded(let text, let isCompressed):
      let type = isCompressed ? CSIO_WS_TEXT : CSIO_WS_TEXT.uncompressed
      status = text.withLentText { send($0, type, on: handle) }
    case .message(.binary(let data)) where !sendsBase64: status = send(data, CSIO_WS_BINARY, on: handle)
    case .uncompressed(.binary(let data)) where !sendsBase64:
      status = send(data, CSIO_WS_BINARY.uncompressed, on: handle)
    case .uncompressed: status = sendText(packet, CSIO_WS_TEXT.uncompressed, on: handle)
    case .pong where !upgradeWaits: status = sendText(packet, CSIO_WS_TEXT.urgent, on: handle)
    case .upgrade:
      upgradeWaits = true
      status = sendText(packet, CSIO_WS_TEXT, on: handle)
    default: status = sendText(packet, CSIO_WS_TEXT, on: handle)
    }
    // If the connection has just closed, the close is about to be reported. Only lack of memory needs a report.
    if status == CSIO_ENOMEM.rawValue { failSoon(SocketIOError(csio: status)) }
  }

  /// Reports a failure after the current call, since callers do not expect a report inside it.
  private func failSoon(_ error: SocketIOError) {
    let failure = loop.makeTimer { [weak self] in self?.fail(error) }
    self.failure = failure
    failure.start(milliseconds: 0)
  }

  private func send(_ data: Data, _ type: csio_ws_type, on handle: OpaquePointer) -> Int32 {
    data.withUnsafeBytes { csio_ws_send(handle, type, $0.baseAddress, $0.count) }
  }

  private func send(_ text: LentText, _ type: csio_ws_type, on handle: OpaquePointer) -> Int32 {
    let count = text.count
    if count <= Self.stackLimit {
      return withUnsafeTemporaryAllocation(byteCount: count, alignment: 1) { bytes in
        text.write(into: bytes)
        return csio_ws_send(handle, type, bytes.baseAddress, count)
      }
    }
    guard let buffer = csio_buffer_create(count) else { return CSIO_ENOMEM.rawValue }
    text.write(into: UnsafeMutableRawBufferPointer(start: csio_buffer_bytes(buffer), count: count))
    return csio_ws_send_buffer(handle, type, buffer)
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
    } else if bytes.first == EnginePacket.messageType {
      textReceiver?(UnsafeRawBufferPointer(rebasing: bytes.dropFirst()))
    } else if let packet = EnginePacket(text: bytes, isUTF8: true) {  // The core has checked that.
      onEvent?(.packet(consume packet))
    } else {
      fail(SocketIOError(.protocolViolation, "server error: a WebSocket message is not an Engine.IO packet"))
    }
  }

  private func ponged(_ payload: UnsafeRawBufferPointer) {
    // An unsolicited pong may carry anything.
    if let mark = UInt64(String(decoding: payload, as: UTF8.self)) { onEvent?(.readReceipt(mark)) }
  }

  private func drained() {
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

  /// The text of a server that refused the handshake, to be appended to the message.
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

/// The transport of a callback. The core holds a reference until the handle is closed.
private func transport(_ data: UnsafeMutableRawPointer?) -> WebSocketTransport { CallbackData.get(data) }
