extension JSONWriter {
  /// Writes a string in quotes, and escapes only what must be escaped.
  mutating func write(_ string: String) {
    bytes.append(ASCII.quote)
    string.withUTF8Bytes { writeEscaping($0) }
    bytes.append(ASCII.quote)
  }

  private mutating func writeEscaping(_ string: UnsafeRawBufferPointer) {
    var start = 0
    while true {
      let end = string.firstIndexNeedingEscape(from: start)
      bytes.append(UnsafeRawBufferPointer(rebasing: string[start..<end]))
      guard end < string.count else { return }
      writeEscape(string[end])
      start = end + 1
    }
  }

  private mutating func writeEscape(_ byte: UInt8) {
    bytes.append(ASCII.backslash)
    switch byte {
    case ASCII.quote, ASCII.backslash: bytes.append(byte)
    case ASCII.backspace: bytes.append(UInt8(ascii: "b"))
    case ASCII.formFeed: bytes.append(UInt8(ascii: "f"))
    case ASCII.lineFeed: bytes.append(UInt8(ascii: "n"))
    case ASCII.carriageReturn: bytes.append(UInt8(ascii: "r"))
    case ASCII.tab: bytes.append(UInt8(ascii: "t"))
    default:
      let digit = byte & 0xF
      bytes.append("u00")
      bytes.append(ASCII.zero + byte >> 4)
      bytes.append(digit < 10 ? ASCII.zero + digit : UInt8(ascii: "a") + digit - 10)
    }
  }
}

extension JSONWriter {
  mutating func write(_ value: Int) {
    if value < 0 { bytes.append(ASCII.minus) }
    write(UInt64(value.magnitude))
  }

  mutating func write(_ value: UInt64) {
    guard value > 9 else { return bytes.append(ASCII.zero + UInt8(value)) }
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digits in
      var start = digits.count
      var rest = value
      repeat {
        start -= 1
        digits[start] = ASCII.zero + UInt8(truncatingIfNeeded: rest % 10)
        rest /= 10
      } while rest > 0
      bytes.append(UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: digits[start...])))
    }
  }

  /// Writes a number as ECMAScript's `Number::toString` does; NaN and infinities as null.
  mutating func write(_ value: Double) {
    guard value.isFinite else { return bytes.append("null") }
    // Every integer up to 2^53 is its own shortest text. Minus zero is written as 0.
    if value.magnitude <= 0x1p53, let int = Int(exactly: value) { return write(int) }

    if value < 0 { bytes.append(ASCII.minus) }
    let (digits, point) = Self.shortestDigits(of: value.magnitude)
    switch point {
    case 1...21 where digits.count <= point:
      bytes.append(contentsOf: digits)
      writeZeros(point - digits.count)
    case 1...21:
      bytes.append(contentsOf: digits[..<point])
      bytes.append(ASCII.dot)
      bytes.append(contentsOf: digits[point...])
    case -5...0:
      bytes.append("0.")
      writeZeros(-point)
      bytes.append(contentsOf: digits)
    default:
      bytes.append(digits[0])
      if digits.count > 1 {
        bytes.append(ASCII.dot)
        bytes.append(contentsOf: digits[1...])
      }
      bytes.append(UInt8(ascii: "e"))
      bytes.append(point > 0 ? ASCII.plus : ASCII.minus)
      write(UInt64((point - 1).magnitude))
    }
  }

  private mutating func writeZeros(_ count: Int) {
    bytes.append(contentsOf: repeatElement(ASCII.zero, count: count))
  }

  /// The fewest significant digits that identify this double, and how many of them are before the point (negative: how
  /// many zeros are between the point and them).
  ///
  /// Swift's description has these digits too; only their layout differs from JavaScript's.
  private static func shortestDigits(of value: Double) -> (digits: [UInt8], point: Int) {
    var digits: [UInt8] = []
    var point: Int?
    var exponent = 0
    let text = Array(value.description.utf8)
    for (index, byte) in text.enumerated() {
      if byte == ASCII.dot {
        point = digits.count
      } else if byte == UInt8(ascii: "e") {
        exponent = Int(String(decoding: text[(index + 1)...], as: UTF8.self)) ?? 0
        break
      } else {
        digits.append(byte)
      }
    }
    let leadingZeros = digits.prefix { $0 == ASCII.zero }.count
    let position = (point ?? digits.count) + exponent - leadingZeros
    digits.removeFirst(leadingZeros)
    while digits.last == ASCII.zero { digits.removeLast() }
    return (digits, position)
  }
}
