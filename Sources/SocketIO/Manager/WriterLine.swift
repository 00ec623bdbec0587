/// The writers that wait until less is queued on a connection, over all its Sockets, in order of arrival.
///
/// Each Socket's machine keeps its own writers; this line knows whose turn it is. Confined to the loop.
final class WriterLine {
  /// Bytes that may be queued before writers wait.
  private let highWaterMark: Int
  private var turns = WriterTurns<SocketDriver>()
  private var nextTurn = 0
  private var isAdmitting = false

  init(highWaterMark: Int) { self.highWaterMark = highWaterMark }

  /// The turn of the next writer.
  func makeTurn() -> Int {
    defer { nextTurn += 1 }
    return nextTurn
  }

  /// Adds a Socket to the line if it has writers and may send.
  func join(_ driver: SocketDriver) {
    guard !driver.isInLine, let turn = turn(of: driver) else { return }
    driver.isInLine = true
    turns.insert(turn, driver)
  }

  /// Lets waiting writers emit, as long as little enough is queued.
  func admit(on core: isolated ManagerCore) {
    guard !isAdmitting else { return }
    isAdmitting = true
    defer { isAdmitting = false }
    while let (turn, driver) = turns.first {
      guard let next = self.turn(of: driver) else {
        // A Socket with too much in its own buffer does not hold up others; it returns when there is less.
        turns.removeFirst()
        driver.isInLine = false
        continue
      }
      guard next == turn else {
        turns.moveFirst(to: next)
        continue
      }
      guard driver.machine.outbox.bufferedBytes + core.queuedBytes <= highWaterMark else { return }
      driver.admitWriter(on: core)
    }
  }

  /// The turn of the Socket's first writer; nil if it has none, or if too much waits in its own buffer.
  private func turn(of driver: SocketDriver) -> Int? {
    driver.machine.outbox.bufferedBytes <= highWaterMark ? driver.machine.outbox.firstWriterTurn : nil
  }
}
