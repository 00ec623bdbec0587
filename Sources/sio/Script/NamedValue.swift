import SocketIO

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// A member of a command or of the options, to be read as a certain type.
struct NamedValue {
  /// The name in error messages, such as `option "timeout"`.
  let name: String
  let value: SocketValue

  func bool() throws(ScriptError) -> Bool { try read(\.boolValue, "true or false") }

  func string() throws(ScriptError) -> String { try read(\.stringValue, "a string") }

  func object() throws(ScriptError) -> SocketObject { try read(\.objectValue, "an object") }

  func array() throws(ScriptError) -> [SocketValue] { try read(\.arrayValue, "an array") }

  func number() throws(ScriptError) -> Double { try read(\.doubleValue, "a number") }

  /// A whole number that is not negative.
  func count() throws(ScriptError) -> Int {
    guard let count = value.intValue, count >= 0 else { throw mismatch("a whole number from 0") }
    return count
  }

  /// A number of milliseconds.
  func duration() throws(ScriptError) -> Duration {
    let year = 365.0 * 86_400_000
    guard let milliseconds = value.doubleValue, (0...year).contains(milliseconds) else {
      throw mismatch("a number of milliseconds from 0 to a year")
    }
    return .milliseconds(milliseconds)
  }

  /// A list; `element` reads each element.
  func list<Element>(
    _ element: (NamedValue) throws(ScriptError) -> Element
  ) throws(ScriptError) -> [Element] {
    var elements: [Element] = []
    for value in try array() { elements.append(try element(NamedValue(name: "an element of \(name)", value: value))) }
    return elements
  }

  /// The value with `$binary` decoded.
  func decoded() throws(ScriptError) -> SocketValue {
    do {
      return try value.withBinary()
    } catch {
      throw ScriptError("\(name): \(error.message)")
    }
  }

  /// The contents of the file that `{"$file": "path"}` names; nil if the value has another form.
  func file() throws(ScriptError) -> Data? {
    guard let object = value.objectValue, object.count == 1, let path = object["$file"]?.stringValue else { return nil }
    do {
      return try Data(contentsOf: URL(fileURLWithPath: path))
    } catch {
      throw ScriptError("\(name): the file \(path) cannot be read")
    }
  }

  func mismatch(_ expected: String) -> ScriptError { ScriptError("\(name) must be \(expected)") }

  private func read<T>(_ get: (SocketValue) -> T?, _ expected: String) throws(ScriptError) -> T {
    guard let result = get(value) else { throw mismatch(expected) }
    return result
  }
}
