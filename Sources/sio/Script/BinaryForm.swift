import Foundation
import SocketIO

/// Binary in JSON: `{"$binary": "<base64>"}`, at any depth.
extension SocketValue {
  private static let binaryKey = "$binary"

  /// The value with binary in place of each object that stands for it.
  func withBinary() throws(ScriptError) -> SocketValue {
    switch self {
    case .array(let elements):
      var decoded: [SocketValue] = []
      decoded.reserveCapacity(elements.count)
      for element in elements { decoded.append(try element.withBinary()) }
      return .array(decoded)
    case .object(let object):
      if object.count == 1, let content = object[Self.binaryKey] {
        guard let text = content.stringValue, let data = Data(base64Encoded: text) else {
          throw ScriptError("the value of \"$binary\" is no base64")
        }
        return .binary(data)
      }
      var decoded = SocketObject()
      decoded.reserveCapacity(object.count)
      for (key, value) in object { decoded[key] = try value.withBinary() }
      return .object(decoded)
    default: return self
    }
  }

  /// The value with an object in place of each binary.
  var withoutBinary: SocketValue {
    switch self {
    case .binary(let data): .object([Self.binaryKey: .string(data.base64EncodedString())])
    case .array(let elements): .array(elements.map(\.withoutBinary))
    case .object(let object): .object(SocketObject(object.lazy.map { ($0.key, $0.value.withoutBinary) }))
    default: self
    }
  }

  /// Whether there is binary inside.
  var containsBinary: Bool {
    switch self {
    case .binary: true
    case .array(let elements): elements.contains(where: \.containsBinary)
    case .object(let object): object.values.contains(where: \.containsBinary)
    default: false
    }
  }

  /// The value as one line of JSON, with no character that could steer a terminal. What the library accepts is never nested too deep to
  /// be written.
  var json: String {
    ((try? withoutBinary.jsonString()) ?? description).escapingControls
  }
}
