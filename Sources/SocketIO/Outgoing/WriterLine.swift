/// Those who wait until less is queued on a connection, over all its Sockets, in the order in which they came.
///
/// Each Socket's machine keeps its own; here stands whose turn it is. Confined to the loop.
final class WriterLine {
  /// Bytes that may be queued before writers wait.
  private let highWaterMark: Int
  private var turns = WriterTurns<SocketDriver>()
  private var nextTurn = 0
  private var isAdmitting = false

  init(highWaterMark: Int) { self.highWaterMark = highWaterMark }

  /// The turn of the next writer to come.
  func makeTurn() -> Int {
    defer { nextTurn += 1 }
    return nextTurn
  }

  /// Lines a Socket up if it has writers and may send.
  func join(_ driver: SocketDriver) {
    guard !driver.isInLine, let turn = turn(of: driver) else { return }
    driver.isInLine = true
    turns.insert(turn, driver)
  }

  /// Has events sent that waited, for as long as little enough is queued.
  func admit(on core: isolated ManagerCore) {
    guard !isAdmitting else { return }
    isAdmitting = true
    defer { isAdmitting = false }
    while let (turn, driver) = turns.first {
      guard let next = self.turn(of: driver) else {
        // A Socket that has too much in its own buffer holds up no other; it comes back when there is less.
        turns.removeFirst()
        driver.isInLine = false
        continue
      }
      guard next == turn else {
        turns.moveFirst(to: next)
        continue
      }
      guard driver.machine.bufferedBytes + core.queuedBytes <= highWaterMark else { return }
      driver.admitWriter(on: core)
    }
  }

  /// That of the Socket's first writer; nil without one, or where too much waits in the Socket's own buffer.
  private func turn(of driver: SocketDriver) -> Int? {
    driver.machine.bufferedBytes <= highWaterMark ? driver.machine.firstWriterTurn : nil
  }
}
