import Testing

@testable import SocketIO

@Suite("The delays between attempts")
struct BackoffTests {
  private let randomNumbers = (0..<1_000).map { Double($0) / 1_000 } + [0.999_999_999]

  /// The delay before attempt `attempt`, counted from 1.
  private func delay(_ attempt: Int, _ settings: ReconnectionSettings, _ random: Double) -> UInt64 {
    var backoff = Backoff()
    for _ in 1..<attempt { _ = backoff.next(settings, random: 0) }
    return backoff.next(settings, random: random)
  }

  @Test(
    "With the defaults delays vary from half to one and a half times the base, up to the maximum",
    arguments: [
      (1, 500, 1_500), (2, 1_000, 3_000), (3, 2_000, 5_000), (4, 4_000, 5_000), (5, 5_000, 5_000), (60, 5_000, 5_000),
    ])
  func ranges(attempt: Int, lowest: UInt64, highest: UInt64) {
    let delays = randomNumbers.map { delay(attempt, ReconnectionSettings(), $0) }
    #expect(delays.min() == lowest)
    // The random number stays below 1.
    #expect(delays.max().map { ($0 + 1...$0 + 2).contains(highest) || $0 == highest } == true)
  }

  @Test("Without jitter delays double exactly, whatever the random number")
  func noJitter() {
    var settings = ReconnectionSettings()
    settings.randomizationFactor = 0
    for random in randomNumbers {
      var backoff = Backoff()
      #expect((0..<5).map { _ in backoff.next(settings, random: random) } == [1_000, 2_000, 4_000, 5_000, 5_000])
    }
  }

  @Test("A factor of 1 varies delays from nothing to twice the base")
  func fullJitter() {
    var settings = ReconnectionSettings()
    settings.randomizationFactor = 1
    #expect(delay(1, settings, 0) == 0)
    #expect(delay(1, settings, 0.5) == 1_000)
    #expect(delay(1, settings, 0.999_5) == 1_999)
  }

  @Test("Delays never overflow and never decrease, for 2,000 attempts")
  func noOverflow() {
    var backoff = Backoff()
    for attempt in 1...2_000 {
      let random = randomNumbers[attempt % randomNumbers.count]
      let delay = backoff.next(ReconnectionSettings(), random: random)
      if attempt > 4 { #expect(delay == 5_000) }
      #expect(backoff.attempts == attempt)
    }
  }

  @Test("The largest allowed options do not overflow either")
  func largest() {
    var settings = ReconnectionSettings()
    settings.delay = Double(Duration.seconds(365 * 86_400).milliseconds)
    settings.delayMax = settings.delay
    settings.randomizationFactor = 1
    var backoff = Backoff()
    for _ in 0..<100 { #expect(backoff.next(settings, random: 0.999) == UInt64(settings.delayMax)) }
  }

  @Test("A delay of 0 stays 0, and so does a maximum of 0", arguments: [true, false])
  func zero(isMaximum: Bool) {
    var settings = ReconnectionSettings()
    if isMaximum { settings.delayMax = 0 } else { settings.delay = 0 }
    var backoff = Backoff()
    for random in randomNumbers { #expect(backoff.next(settings, random: random) == 0) }
  }

  @Test("After a reset delays start over")
  func reset() {
    var settings = ReconnectionSettings()
    settings.randomizationFactor = 0
    var backoff = Backoff()
    for _ in 0..<10 { _ = backoff.next(settings, random: 0) }
    backoff.reset()
    #expect(backoff.next(settings, random: 0) == 1_000)
    #expect(backoff.attempts == 1)
  }
}
