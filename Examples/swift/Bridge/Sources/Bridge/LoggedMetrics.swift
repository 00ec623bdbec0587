import Logging
import Metrics
import Synchronization

/// Writes every change of a metric to the log. It stands where a service has a real backend, such as one for
/// Prometheus.
struct LoggedMetrics: MetricsFactory {
  private let logger: Logger

  init(_ logger: Logger) { self.logger = logger }

  func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler { metric(label, dimensions) }

  func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler { metric(label, dimensions) }

  func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
    metric(label, dimensions)
  }

  func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler { metric(label, dimensions) }

  // Nothing outlives a metric here.
  func destroyCounter(_ handler: any CounterHandler) {}
  func destroyMeter(_ handler: any MeterHandler) {}
  func destroyRecorder(_ handler: any RecorderHandler) {}
  func destroyTimer(_ handler: any TimerHandler) {}

  private func metric(_ label: String, _ dimensions: [(String, String)]) -> LoggedMetric {
    let names = dimensions.map { "\($0)=\($1)" }.joined(separator: ",")
    return LoggedMetric("\(label){\(names)}", logger)
  }
}

/// One metric of any kind: its value, which changes may add to or replace.
private final class LoggedMetric: CounterHandler, MeterHandler, RecorderHandler, TimerHandler {
  private let name: String
  private let logger: Logger
  private let value = Mutex(0.0)

  init(_ name: String, _ logger: Logger) {
    self.name = name
    self.logger = logger
  }

  func increment(by amount: Int64) { update { $0 + Double(amount) } }
  func reset() { update { _ in 0 } }
  func set(_ value: Int64) { update { _ in Double(value) } }
  func set(_ value: Double) { update { _ in value } }
  func increment(by amount: Double) { update { $0 + amount } }
  func decrement(by amount: Double) { update { $0 - amount } }
  func record(_ value: Int64) { set(value) }
  func record(_ value: Double) { set(value) }
  func recordNanoseconds(_ duration: Int64) { set(duration) }

  private func update(_ change: (Double) -> Double) {
    let changed = value.withLock { value -> Double? in
      let last = value
      value = change(value)
      return value == last ? nil : value
    }
    if let changed { logger.info("\(name) \(changed)") }
  }
}
