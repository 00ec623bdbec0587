import Foundation
import SocketIO

/// What the robot and its operator say to each other, each event with its types.
enum RobotEvents {
  /// Where the robot is: metres east and north of its start.
  static let position = TypedEvent("position", Double.self, Double.self)

  /// What the batch is about, and its samples as bytes: see ``Sample/size``.
  static let telemetry = TypedEvent("telemetry", BatchHeader.self, Data.self)

  static let command = TypedEvent("command", Command.self)

  /// Asked by the operator, answered by the robot.
  static let status = TypedRequest("status", answer: Status.self)
}

struct BatchHeader: Codable, Sendable {
  /// Counts the batches from 1, so that the operator sees which are missing.
  var number: Int
  var samples: Int
}

struct Command: Codable, Sendable {
  enum Action: String, Codable {
    case forward, turn, stop, shutdown
  }

  var action: Action
  /// Metres to drive, or degrees to turn to the left.
  var amount: Double?
}

struct Status: Codable, Sendable {
  var isMoving: Bool
  /// Degrees to the left of east.
  var heading: Double
}

/// A measurement. As bytes it is a third as long as in JSON; `Data` is sent as bytes.
struct Sample {
  /// 8 bytes for the time and 4 for each coordinate.
  static let size = 16

  var milliseconds: UInt64
  var x: Float
  var y: Float

  /// Appends the sample to a batch, in little-endian byte order.
  func write(to batch: inout Data) {
    withUnsafeBytes(of: milliseconds.littleEndian) { batch.append(contentsOf: $0) }
    for coordinate in [x, y] {
      withUnsafeBytes(of: coordinate.bitPattern.littleEndian) { batch.append(contentsOf: $0) }
    }
  }
}
