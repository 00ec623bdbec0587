import Foundation

@testable import SocketIO

/// Compares Foundation's JSON reader with this project's.
enum FoundationJSON {
  /// Reads the text with Foundation's reader, and calls `report` if the two disagree.
  ///
  /// - Parameter ours: The result of this project's reader; nil if it refused the text.
  static func compare(_ ours: SocketValue?, with bytes: some Collection<UInt8>, report: (String) -> Void) {
    guard isComparable(bytes) else { return }
    if let ours, hasInfinity(ours) { return }
    let theirs = try? JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed)
    let text = String(decoding: bytes, as: UTF8.self)
    switch (ours, theirs) {
    case (nil, nil): break
    case (let ours?, let theirs?) where matches(ours, theirs): break
    case (let ours?, let theirs?): report("read as \(ours), not as \(theirs): \(text)")
    case (nil, .some): report("refused, though Foundation accepts it: \(text)")
    case (.some, nil): report("accepted, though Foundation refuses it: \(text)")
    }
  }

  /// Foundation detects encodings other than UTF-8, drops a byte order mark even inside strings, treats lone surrogates
  /// and numbers out of range differently, accepts trailing commas, and nests less deeply.
  private static func isComparable(_ bytes: some Collection<UInt8>) -> Bool {
    guard !bytes.contains(0), let text = String(validating: bytes, as: UTF8.self) else { return false }
    let brackets = bytes.count { $0 == ASCII.openBracket || $0 == ASCII.openBrace }
    return brackets < 64 && !text.unicodeScalars.contains("\u{FEFF}")
      && text.firstMatch(of: /,\s*[\]}]/) == nil && !text.lowercased().contains(#"\ud"#)
  }

  private static func hasInfinity(_ value: SocketValue) -> Bool {
    switch value {
    case .double(let double): !double.isFinite
    case .array(let elements): elements.contains(where: hasInfinity)
    case .object(let object): object.values.contains(where: hasInfinity)
    default: false
    }
  }

  /// Whether a value equals Foundation's.
  static func matches(_ value: SocketValue, _ foundation: Any) -> Bool {
    switch value {
    case .null: return foundation is NSNull
    case .bool(let bool): return (foundation as? Bool) == bool
    case .int(let int): return (foundation as? NSNumber)?.int64Value == Int64(int)
    case .uint(let uint): return (foundation as? NSNumber)?.uint64Value == uint
    case .double(let double):
      // Foundation uses Decimal and is wrong in the last digits; another test checks doubles exactly.
      guard let other = (foundation as? NSNumber)?.doubleValue else { return false }
      return abs(double - other) <= double.magnitude * 1e-14
    case .string(let string): return (foundation as? String) == string
    case .binary: return false
    case .array(let elements):
      guard let array = foundation as? [Any], array.count == elements.count else { return false }
      return zip(elements, array).allSatisfy { matches($0, $1) }
    case .object(let object):
      guard let dictionary = foundation as? [String: Any], dictionary.count == object.count else { return false }
      return object.allSatisfy { key, value in dictionary[key].map { matches(value, $0) } ?? false }
    }
  }
}
