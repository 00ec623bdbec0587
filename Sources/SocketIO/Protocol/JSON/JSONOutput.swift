#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// What a ``JSONScanner`` produces from a text.
protocol JSONOutput {
  associatedtype Value
  /// The result for a string or key.
  associatedtype Text
  associatedtype Elements
  associatedtype Members

  /// - Parameter bytes: The bytes between the quotes, whose escapes are valid.
  func text(_ bytes: UnsafeRawBufferPointer, isEscaped: Bool) -> Text
  func string(_ text: consuming Text) -> Value
  func number(_ number: JSONNumber) -> Value
  func bool(_ bool: Bool) -> Value
  var null: Value { get }
  func elements(isEmpty: Bool) -> Elements
  func append(_ value: consuming Value, to elements: inout Elements)
  func array(_ elements: consuming Elements) -> Value
  func members(isEmpty: Bool) -> Members
  func set(_ key: consuming Text, _ value: consuming Value, in members: inout Members)
  func object(_ members: consuming Members, at offset: Int) throws(JSONError) -> Value
}

/// Produces the values.
struct JSONValues: JSONOutput {
  /// nil if placeholders are ordinary objects.
  let attachments: [Data]?

  func text(_ bytes: UnsafeRawBufferPointer, isEscaped: Bool) -> String {
    isEscaped ? String(unescaping: bytes) : String(decoding: bytes, as: UTF8.self)
  }

  func string(_ text: consuming String) -> SocketValue { .string(text) }
  func number(_ number: JSONNumber) -> SocketValue { number.value }
  func bool(_ bool: Bool) -> SocketValue { .bool(bool) }
  var null: SocketValue { .null }

  func elements(isEmpty: Bool) -> [SocketValue] {
    var elements: [SocketValue] = []
    if !isEmpty { elements.reserveCapacity(4) }
    return elements
  }

  func append(_ value: consuming SocketValue, to elements: inout [SocketValue]) { elements.append(value) }
  func array(_ elements: consuming [SocketValue]) -> SocketValue { .array(elements) }

  struct Members {
    fileprivate var object = SocketObject()
    /// A bit for each key. One that is not set shows without a search that the key is new.
    private var seen: UInt64 = 0

    fileprivate init(capacity: Int) {
      if capacity > 0 { object.reserveCapacity(capacity) }
    }

    fileprivate mutating func set(_ key: consuming String, _ value: consuming SocketValue) {
      let bit = Self.bit(of: key)
      if seen & bit == 0 {
        object.append(value, forKey: key)
      } else {
        object.set(value, forKey: key)
      }
      seen |= bit
    }

    private static func bit(of key: String) -> UInt64 {
      let hash = key.utf8.count &* 11 ^ Int(key.utf8.first ?? 0) ^ Int(key.utf8.last ?? 0) &* 5
      return 1 << UInt64(hash & 63)
    }
  }

  func members(isEmpty: Bool) -> Members { Members(capacity: isEmpty ? 0 : 4) }

  func set(_ key: consuming String, _ value: consuming SocketValue, in members: inout Members) {
    members.set(key, value)
  }

  func object(_ members: consuming Members, at offset: Int) throws(JSONError) -> SocketValue {
    let object = members.object
    guard let attachments, case .bool(true)? = object["_placeholder"] else { return .object(object) }
    let number = object["num"]?.intValue ?? -1
    guard attachments.indices ~= number else { throw JSONError(.illegalPlaceholder, at: offset) }
    return .binary(attachments[number])
  }
}

/// Produces nothing: the text is only checked.
struct JSONCheck: JSONOutput {
  func text(_ bytes: UnsafeRawBufferPointer, isEscaped: Bool) {}
  func string(_ text: Void) {}
  func number(_ number: JSONNumber) {}
  func bool(_ bool: Bool) {}
  var null: Void { () }
  func elements(isEmpty: Bool) {}
  func append(_ value: Void, to elements: inout Void) {}
  func array(_ elements: Void) {}
  func members(isEmpty: Bool) {}
  func set(_ key: Void, _ value: Void, in members: inout Void) {}
  func object(_ members: Void, at offset: Int) {}
}

/// Also checks that each placeholder names one of the announced attachments, which have not arrived yet.
struct JSONPlaceholderCheck: JSONOutput {
  let count: Int

  /// The keys of a placeholder; other keys do not matter.
  enum Key { case placeholder, number, other }

  /// The members' values so far; of repeated keys the last one's.
  struct Members {
    var isPlaceholder = false
    var number = -1
  }

  /// The values that a placeholder may have; all others are treated alike.
  enum Value {
    case yes
    case number(JSONNumber)
    case other
  }

  func text(_ bytes: UnsafeRawBufferPointer, isEscaped: Bool) -> Key {
    // No key of a placeholder is longer, even if escaped.
    guard bytes.count <= 6 * 12 else { return .other }
    let text = JSONValues(attachments: nil).text(bytes, isEscaped: isEscaped)
    return text == "_placeholder" ? .placeholder : text == "num" ? .number : .other
  }

  func string(_ text: Key) -> Value { .other }
  func number(_ number: JSONNumber) -> Value { .number(number) }
  func bool(_ bool: Bool) -> Value { bool ? .yes : .other }
  var null: Value { .other }
  func elements(isEmpty: Bool) {}
  func append(_ value: Value, to elements: inout Void) {}
  func array(_ elements: Void) -> Value { .other }
  func members(isEmpty: Bool) -> Members { Members() }

  func set(_ key: Key, _ value: Value, in members: inout Members) {
    switch key {
    case .placeholder: members.isPlaceholder = if case .yes = value { true } else { false }
    case .number: members.number = if case .number(let number) = value { number.value.intValue ?? -1 } else { -1 }
    case .other: break
    }
  }

  func object(_ members: Members, at offset: Int) throws(JSONError) -> Value {
    guard !members.isPlaceholder || 0..<count ~= members.number else {
      throw JSONError(.illegalPlaceholder, at: offset)
    }
    return .other
  }
}
