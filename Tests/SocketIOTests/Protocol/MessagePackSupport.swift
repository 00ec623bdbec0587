import Foundation

@testable import SocketIO

extension Data {
  /// Converts a text to bytes: pairs of hexadecimal digits, and text in single quotes. Spaces may be anywhere.
  init(hex text: String) throws {
    self.init()
    for (index, part) in text.split(separator: "'", omittingEmptySubsequences: false).enumerated() {
      if index % 2 == 1 {
        append(contentsOf: part.utf8)
        continue
      }
      var digits = part.filter { $0 != " " }[...]
      while !digits.isEmpty {
        guard let byte = UInt8(digits.prefix(2), radix: 16) else { throw HexError(text: text) }
        append(byte)
        digits = digits.dropFirst(2)
      }
    }
  }

  private struct HexError: Error { let text: String }
}

extension SocketValue {
  init(messagePack data: Data, maxDepth: Int = 512) throws(MessagePackError) {
    self = try MessagePackReader.value(data, maxDepth: maxDepth)
  }

  func messagePack(maxDepth: Int = 512) throws(MessagePackError) -> Data {
    try MessagePackWriter.data(self, maxDepth: maxDepth)
  }

  /// The case with its number, since numbers of different cases are equal.
  var kind: String {
    switch self {
    case .int(let value): "int(\(value))"
    case .uint(let value): "uint(\(value))"
    case .double(let value): "double(\(value))"
    default: "\(self)"
    }
  }
}
