import Foundation

/// The wheels, simulated. An actor, because several tasks use it: one drives, one brings commands, one asks for the
/// status.
actor Chassis {
  /// Metres a second.
  private let speed = 0.5
  private var (x, y) = (0.0, 0.0)
  private var heading = 0.0
  /// Metres that are still to drive.
  private var distance = 0.0

  var status: Status { Status(isMoving: distance > 0, heading: heading) }

  func perform(_ command: Command) {
    switch command.action {
    case .forward: distance += max(command.amount ?? 1, 0)
    case .turn: heading = (heading + (command.amount ?? 90)).truncatingRemainder(dividingBy: 360)
    case .stop, .shutdown: distance = 0
    }
  }

  /// Drives for a time.
  ///
  /// - Returns: The new position.
  func advance(by time: Duration) -> (x: Double, y: Double) {
    let step = min(distance, speed * (time / .seconds(1)))
    distance -= step
    x += step * cos(heading * .pi / 180)
    y += step * sin(heading * .pi / 180)
    return (x, y)
  }
}
