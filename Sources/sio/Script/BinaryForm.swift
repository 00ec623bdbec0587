import SocketIO

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Binary in JSON: `{"$binary": "<base64>"}`, at any depth.
extension SocketValue {
  private static let binaryKey = "$binary"
  private static let fileKey = "$file"

  /// The value with each `$binary` object replaced by binary.
  ///
  /// - Parameter readsFiles: Whether to replace each `{"$file": "<path>"}` by what the file contains, too.
  func withBinary(readsFiles: Bool = false) throws(ScriptError) -> SocketValue {
    switch self {
    case .array(let elements):
      var decoded: [SocketValue] = []
      decoded.reserveCapacity(elements.count)
      for element in elements { decoded.append(try element.withBinary(readsFiles: readsFiles)) }
      return .array(decoded)
    case .object(let object):
      if object.count == 1, let content = object[Self.binaryKey] {
        guard let text = content.stringValue, let data = Data(base64Encoded: text) else {
          throw ScriptError("the value of \"$binary\" is not base64")
        }
        return .binary(data)
      }
      if readsFiles, object.count == 1, let path = object[Self.fileKey]?.stringValue {
        do {
          return .binary(Data(try Descriptor.read(path: path)))
        } catch {
          throw ScriptError("the file \(path) cannot be read: \(error.reason)")
        }
      }
      var decoded = SocketObject()
      decoded.reserveCapacity(object.count)
      for (key, value) in object { decoded[key] = try value.withBinary(readsFiles: readsFiles) }
      return .object(decoded)
    default: return self
    }
  }

  /// The value with each binary replaced by a `$binary` object.
  var withoutBinary: SocketValue {
    switch self {
    case .binary(let data): .object([Self.binaryKey: .string(data.base64EncodedString())])
    case .array(let elements): .array(elements.map(\.withoutBinary))
    case .object(let object): .object(SocketObject(object.lazy.map { ($0.key, $0.value.withoutBinary) }))
    default: self
    }
  }

  /// Whether the value contains binary.
  var containsBinary: Bool {
    switch self {
    case .binary: true
    case .array(let elements): elements.contains(where: \.containsBinary)
    case .object(let object): object.values.contains(where: \.containsBinary)
    default: false
    }
  }

  /// The value as one line of JSON, without characters that could control a terminal. Values that the library accepts
  /// are never nested too deeply to be written.
  var json: String {
    ((try? withoutBinary.jsonString()) ?? description).escapingControls
  }
}
