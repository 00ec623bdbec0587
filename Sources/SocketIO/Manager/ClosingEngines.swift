/// The engines that a Manager has released and that still send what they had, and the callers that wait for them to
/// finish. Confined to the loop.
final class ClosingEngines {
  /// A caller that waits, at most until its timer fires.
  private struct Waiter {
    let callback: @Sendable () -> Void
    let timer: any LoopTimer
    /// Fires a little earlier. If the server has not confirmed anything by then, what is held is sent all the same,
    /// since the process may exit soon.
    let lastCall: (any LoopTimer)?
  }

  private var engines: [ObjectIdentifier: Engine] = [:]
  private var waiters: [Int: Waiter] = [:]
  private var lastWaiter = 0

  func add(_ engine: Engine) { engines[ObjectIdentifier(engine)] = engine }

  /// The engine has finished.
  func remove(_ engine: ObjectIdentifier, on core: isolated ManagerCore) {
    engines[engine] = nil
    completeWaits(on: core)
  }

  /// Calls back on the loop when all engines have finished and the handlers have run, or when the time is up.
  func awaitEnd(
    within milliseconds: UInt64, on core: isolated ManagerCore, _ callback: @escaping @Sendable () -> Void
  ) {
    lastWaiter += 1
    let number = lastWaiter
    // The timers hold the core until the wait is over.
    let timer = core.loop.makeTimer { core.closing.complete(number) }
    var lastCall: (any LoopTimer)?
    if engines.values.contains(where: \.isHolding) {
      lastCall = core.loop.makeTimer { for engine in core.closing.engines.values { engine.stopHolding() } }
    }
    waiters[number] = Waiter(callback: callback, timer: timer, lastCall: lastCall)
    timer.start(milliseconds: milliseconds)
    lastCall?.start(milliseconds: milliseconds - min(100, milliseconds / 10))
    completeWaits(on: core)
  }

  private func completeWaits(on core: isolated ManagerCore) {
    guard engines.isEmpty else { return }
    for number in waiters.keys {
      // After the handlers that are still queued.
      core.handlerQueue.enqueue { core.loop.post { core.assumeIsolated { $0.closing.complete(number) } } }
    }
  }

  private func complete(_ number: Int) {
    guard let waiter = waiters.removeValue(forKey: number) else { return }
    waiter.timer.close()
    waiter.lastCall?.close()
    waiter.callback()
  }
}
