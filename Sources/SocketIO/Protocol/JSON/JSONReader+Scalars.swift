extension JSONReader {
  /// Reads a string whose opening quote has been passed.
  @inline(__always)
  mutating func readString() throws(JSONError) -> String {
    let start = position
    let end = bytes.firstIndexNeedingEscape(from: start)
    guard end < bytes.count, bytes[end] == ASCII.quote else { return try readEscapedString(from: start, upTo: end) }
    position = end + 1
    return String(decoding: UnsafeRawBufferPointer(rebasing: bytes[start..<end]), as: UTF8.self)
  }

  /// Reads a string that has an escape at `special`, or ends badly there.
  private mutating func readEscapedString(from start: Int, upTo special: Int) throws(JSONError) -> String {
    var unescaped: [UInt8] = []
    var start = start
    position = special
    while position < bytes.count {
      unescaped.append(contentsOf: bytes[start..<position])
      switch bytes[position] {
      case ASCII.quote:
        position += 1
        return String(decoding: unescaped, as: UTF8.self)
      case ASCII.backslash:
        try readEscape(into: &unescaped)
      default:
        throw JSONError(.controlCharacter, at: position)
      }
      start = position
      position = bytes.firstIndexNeedingEscape(from: start)
    }
    throw JSONError(.unexpectedEnd, at: position)
  }

  private mutating func readEscape(into unescaped: inout [UInt8]) throws(JSONError) {
    guard position + 1 < bytes.count else { throw JSONError(.unexpectedEnd, at: bytes.count) }
    switch bytes[position + 1] {
    case ASCII.quote: unescaped.append(ASCII.quote)
    case ASCII.backslash: unescaped.append(ASCII.backslash)
    case ASCII.slash: unescaped.append(ASCII.slash)
    case UInt8(ascii: "b"): unescaped.append(ASCII.backspace)
    case UInt8(ascii: "f"): unescaped.append(ASCII.formFeed)
    case UInt8(ascii: "n"): unescaped.append(ASCII.lineFeed)
    case UInt8(ascii: "r"): unescaped.append(ASCII.carriageReturn)
    case UInt8(ascii: "t"): unescaped.append(ASCII.tab)
    case UInt8(ascii: "u"):
      unescaped.append(contentsOf: String(try readUnicodeEscape()).utf8)
      return
    default: throw JSONError(.invalidEscape, at: position)
    }
    position += 2
  }

  /// Reads `\uXXXX`, or two of them that make a surrogate pair.
  ///
  /// JavaScript keeps a surrogate without its other half, which no Swift string can hold: it becomes U+FFFD.
  private mutating func readUnicodeEscape() throws(JSONError) -> Unicode.Scalar {
    let high = try readCodeUnit()
    if let scalar = Unicode.Scalar(high) { return scalar }
    let next = position
    guard high < 0xDC00, next + 1 < bytes.count, bytes[next] == ASCII.backslash, bytes[next + 1] == UInt8(ascii: "u")
    else { return "\u{FFFD}" }
    let low = try readCodeUnit()
    guard 0xDC00...0xDFFF ~= low, let scalar = Unicode.Scalar(0x10000 + (high - 0xD800) << 10 + (low - 0xDC00)) else {
      position = next
      return "\u{FFFD}"
    }
    return scalar
  }

  private mutating func readCodeUnit() throws(JSONError) -> UInt32 {
    let end = position + 6
    guard end <= bytes.count else { throw JSONError(.unexpectedEnd, at: bytes.count) }
    var unit: UInt32 = 0
    for index in position + 2..<end {
      guard let digit = bytes[index].hexadecimalValue else { throw JSONError(.invalidEscape, at: position) }
      unit = unit << 4 | digit
    }
    position = end
    return unit
  }
}

extension JSONReader {
  /// Reads a number: an integer that fits 64 bits as such, any other as the nearest double. `-0` is a double, for no
  /// integer has a sign without a value. A number too large for a double is infinite, as in JavaScript.
  mutating func readNumber() throws(JSONError) -> SocketValue {
    let start = position
    let isNegative = bytes[position] == ASCII.minus
    if isNegative { position += 1 }

    // Nineteen decimal digits always fit 64 bits; of more, only the fact matters.
    var magnitude: UInt64 = 0
    let digitsStart = position
    try readDigits(into: &magnitude)
    let integerDigits = position - digitsStart
    guard integerDigits == 1 || bytes[digitsStart] != ASCII.zero else {
      throw JSONError(.invalidNumber, at: digitsStart)
    }

    var significantDigits = integerDigits
    var exponent = 0
    var isInteger = true
    if position < bytes.count, bytes[position] == ASCII.dot {
      isInteger = false
      position += 1
      let fractionStart = position
      try readDigits(into: &magnitude)
      significantDigits += position - fractionStart
      exponent = fractionStart - position
    }
    if position < bytes.count, bytes[position] | 0x20 == UInt8(ascii: "e") {
      isInteger = false
      position += 1
      exponent += try readExponent()
    }

    if significantDigits <= 19 {
      if isInteger, let integer = Self.integer(magnitude, isNegative: isNegative) { return integer }
      if let double = Self.double(magnitude, exponent: exponent) { return .double(isNegative ? -double : double) }
    }
    return try Self.number(String(decoding: bytes[start..<position], as: UTF8.self), isInteger: isInteger, at: start)
  }

  /// Reads one digit or more, wrapping around silently if there are more than 19 of them in all.
  @inline(__always)
  private mutating func readDigits(into magnitude: inout UInt64) throws(JSONError) {
    let start = position
    while position < bytes.count, bytes[position].decimalValue <= 9 {
      magnitude = magnitude &* 10 &+ UInt64(bytes[position].decimalValue)
      position += 1
    }
    guard position > start else {
      throw JSONError(position < bytes.count ? .invalidNumber : .unexpectedEnd, at: position)
    }
  }

  /// Reads what follows the `e`. A value of more digits than any double's exponent has is clamped.
  private mutating func readExponent() throws(JSONError) -> Int {
    var isNegative = false
    if position < bytes.count, bytes[position] == ASCII.minus || bytes[position] == ASCII.plus {
      isNegative = bytes[position] == ASCII.minus
      position += 1
    }
    let start = position
    var magnitude: UInt64 = 0
    try readDigits(into: &magnitude)
    let exponent = position - start > 9 ? 999_999_999 : Int(magnitude)
    return isNegative ? -exponent : exponent
  }

  private static func integer(_ magnitude: UInt64, isNegative: Bool) -> SocketValue? {
    guard isNegative else { return SocketValue(magnitude) }
    guard magnitude != 0 else { return .double(-0.0) }
    return Int(exactly: magnitude).map { .int(-$0) }
  }

  /// The exact quotient or product of two numbers that a double holds exactly, rounded once (Clinger's fast path).
  private static func double(_ magnitude: UInt64, exponent: Int) -> Double? {
    guard magnitude <= 1 << 53 else { return nil }
    return switch exponent {
    case 0...22: Double(magnitude) * powersOfTen[exponent]
    case -22..<0: Double(magnitude) / powersOfTen[-exponent]
    default: nil
    }
  }

  private static let powersOfTen: [Double] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
    1e21, 1e22,
  ]

  /// The number that a text of JSON's grammar stands for, however long it is.
  private static func number(_ text: String, isInteger: Bool, at offset: Int) throws(JSONError) -> SocketValue {
    if isInteger {
      if let int = Int(text) { return .int(int) }
      if let uint = UInt64(text) { return .uint(uint) }
    }
    guard let double = Double(text) else { throw JSONError(.invalidNumber, at: offset) }
    return .double(double)
  }
}
