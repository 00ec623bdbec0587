package import SocketIO

/// A transport that does nothing by itself: a test controls it through its ``TransportScript``.
package final class ScriptedTransport: Transport {
  package var onEvent: ((consuming TransportEvent) -> Void)?
  package var onText: ((UnsafeRawBufferPointer) -> Void)?

  package var sid: String? {
    get { script.sid }
    set { script.sid = newValue }
  }

  package let takesText = true

  private let script: TransportScript
  private var timer: VirtualTimer?

  package init(_ script: TransportScript, loop: VirtualLoop) {
    self.script = script
    let timer = VirtualTimer(loop: loop) { [weak self] in self?.reportPending() }
    self.timer = timer
    script.bind(timer.trigger)
  }

  package func open() throws(SocketIOError) {
    script.record(.open)
    if let error = script.openFailure { throw error }
  }

  package func send(_ packets: [EnginePacket]) -> Bool {
    script.record(.send(packets.map(\.plain)))
    return script.takesMore
  }

  package func requestReadReceipt(_ mark: UInt64) {
    if script.recordReceiptRequest(mark) { onEvent?(.readReceipt(mark)) }
  }

  package var queuedBytes: Int { script.queuedBytes }

  package func pause() { perform(.pause) }
  package func resume() { perform(.resume) }
  package func pauseReading() { perform(.pauseReading) }
  package func resumeReading() { perform(.resumeReading) }
  package func close() { perform(.close) }

  package func abort() {
    script.record(.abort)
    onEvent = nil
    onText = nil
  }

  private func perform(_ command: TransportScript.Command) {
    script.record(command)
    if let event = script.immediateAnswer(to: command) { report(event) }
  }

  private func reportPending() {
    for event in script.takePending() { report(event) }
  }
}

extension EnginePacket {
  /// One that was encoded where the program emitted it, as the message that it is.
  package var plain: EnginePacket {
    guard case .encoded(let text, let isCompressed) = self else { return self }
    return isCompressed ? .message(.text(text.packet)) : .uncompressed(.text(text.packet))
  }
}
