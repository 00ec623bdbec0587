extension JSONScanner {
  /// Reads a string whose opening quote was skipped.
  @inline(__always)
  mutating func readString() throws(JSONError) -> Output.Text {
    let start = position
    var end = bytes.firstIndexNeedingEscape(from: start)
    var isEscaped = false
    if end == count || bytes[end] != ASCII.quote {
      end = try endOfEscapedString(from: end)
      isEscaped = true
    }
    position = end + 1
    return output.text(UnsafeRawBufferPointer(rebasing: bytes[start..<end]), isEscaped: isEscaped)
  }

  /// Finds the closing quote of a string that has an escape at `special`, or ends badly there.
  private mutating func endOfEscapedString(from special: Int) throws(JSONError) -> Int {
    position = special
    while position < count {
      switch bytes[position] {
      case ASCII.quote: return position
      case ASCII.backslash: try passEscape()
      default: throw JSONError(.controlCharacter, at: position)
      }
      position = bytes.firstIndexNeedingEscape(from: position)
    }
    throw JSONError(.unexpectedEnd, at: position)
  }

  private mutating func passEscape() throws(JSONError) {
    guard position + 1 < count else { throw JSONError(.unexpectedEnd, at: count) }
    switch bytes[position + 1] {
    case ASCII.quote, ASCII.backslash, ASCII.slash, UInt8(ascii: "b"), UInt8(ascii: "f"), UInt8(ascii: "n"),
      UInt8(ascii: "r"), UInt8(ascii: "t"):
      position += 2
    case UInt8(ascii: "u"):
      let end = position + 6
      guard end <= count else { throw JSONError(.unexpectedEnd, at: count) }
      for index in position + 2..<end where bytes[index].hexadecimalValue == nil {
        throw JSONError(.invalidEscape, at: position)
      }
      position = end
    default: throw JSONError(.invalidEscape, at: position)
    }
  }
}

extension String {
  /// The text of a JSON string, from the bytes between its quotes. All escapes are valid.
  init(unescaping bytes: UnsafeRawBufferPointer) {
    var unescaped: [UInt8] = []
    unescaped.reserveCapacity(bytes.count)
    var index = 0
    while index < bytes.count {
      let end = bytes.firstIndexNeedingEscape(from: index)
      unescaped.append(contentsOf: bytes[index..<end])
      index = end
      guard index + 1 < bytes.count else { break }
      switch bytes[index + 1] {
      case UInt8(ascii: "b"): unescaped.append(ASCII.backspace)
      case UInt8(ascii: "f"): unescaped.append(ASCII.formFeed)
      case UInt8(ascii: "n"): unescaped.append(ASCII.lineFeed)
      case UInt8(ascii: "r"): unescaped.append(ASCII.carriageReturn)
      case UInt8(ascii: "t"): unescaped.append(ASCII.tab)
      case UInt8(ascii: "u"):
        let (scalar, length) = Self.scalar(bytes, at: index)
        unescaped.append(contentsOf: String(scalar).utf8)
        index += length
        continue
      // A quote, a backslash or a slash.
      case let byte: unescaped.append(byte)
      }
      index += 2
    }
    self.init(decoding: unescaped, as: UTF8.self)
  }

  /// Reads `\uXXXX`, or two of them that make a surrogate pair.
  ///
  /// JavaScript keeps a lone surrogate. A Swift string cannot hold one, so it becomes U+FFFD.
  private static func scalar(_ bytes: UnsafeRawBufferPointer, at index: Int) -> (Unicode.Scalar, length: Int) {
    let high = codeUnit(bytes, at: index)
    if let scalar = Unicode.Scalar(high) { return (scalar, 6) }
    let next = index + 6
    guard high < 0xDC00, next + 6 <= bytes.count, bytes[next] == ASCII.backslash, bytes[next + 1] == UInt8(ascii: "u")
    else { return ("\u{FFFD}", 6) }
    let low = codeUnit(bytes, at: next)
    guard 0xDC00...0xDFFF ~= low, let scalar = Unicode.Scalar(0x10000 + (high - 0xD800) << 10 + (low - 0xDC00)) else {
      return ("\u{FFFD}", 6)
    }
    return (scalar, 12)
  }

  private static func codeUnit(_ bytes: UnsafeRawBufferPointer, at index: Int) -> UInt32 {
    bytes[index + 2..<index + 6].reduce(0) { $0 << 4 | ($1.hexadecimalValue ?? 0) }
  }
}

/// A number in JSON's grammar.
struct JSONNumber {
  let text: UnsafeRawBufferPointer
  let isNegative: Bool
  /// Whether it has neither fraction nor exponent.
  let isInteger: Bool
  /// Its digits as an integer; correct for up to 19 digits.
  let magnitude: UInt64
  let digits: Int
  let exponent: Int

  /// An integer that fits 64 bits stays one; any other number becomes the nearest double. `-0` is a double, since
  /// integers have no negative zero. A number too large for a double is infinite, as in JavaScript.
  var value: SocketValue {
    if digits <= 19 {
      if isInteger, let integer = Self.integer(magnitude, isNegative: isNegative) { return integer }
      if let double = Self.double(magnitude, exponent: exponent) { return .double(isNegative ? -double : double) }
    }
    let text = String(decoding: text, as: UTF8.self)
    if isInteger {
      if let int = Int(text) { return .int(int) }
      if let uint = UInt64(text) { return .uint(uint) }
    }
    // Every number in the grammar has a value.
    return .double(Double(text) ?? .nan)
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
}

extension JSONScanner {
  /// Skips a number.
  mutating func scanNumber() throws(JSONError) -> JSONNumber {
    let start = position
    let isNegative = bytes[position] == ASCII.minus
    if isNegative { position += 1 }

    // Nineteen decimal digits always fit 64 bits; if there are more, only their count matters.
    var magnitude: UInt64 = 0
    let digitsStart = position
    try readDigits(into: &magnitude)
    var digits = position - digitsStart
    guard digits == 1 || bytes[digitsStart] != ASCII.zero else { throw JSONError(.invalidNumber, at: digitsStart) }

    var exponent = 0
    var isInteger = true
    if position < count, bytes[position] == ASCII.dot {
      isInteger = false
      position += 1
      let fractionStart = position
      try readDigits(into: &magnitude)
      digits += position - fractionStart
      exponent = fractionStart - position
    }
    if position < count, bytes[position] | 0x20 == UInt8(ascii: "e") {
      isInteger = false
      position += 1
      exponent += try readExponent()
    }
    return JSONNumber(
      text: UnsafeRawBufferPointer(rebasing: bytes[start..<position]), isNegative: isNegative, isInteger: isInteger,
      magnitude: magnitude, digits: digits, exponent: exponent)
  }

  /// Reads one digit or more, wrapping around silently if there are more than 19 of them in all.
  @inline(__always)
  private mutating func readDigits(into magnitude: inout UInt64) throws(JSONError) {
    let start = position
    while position < count, bytes[position].decimalValue <= 9 {
      magnitude = magnitude &* 10 &+ UInt64(bytes[position].decimalValue)
      position += 1
    }
    guard position > start else {
      throw JSONError(position < count ? .invalidNumber : .unexpectedEnd, at: position)
    }
  }

  /// Reads what follows the `e`. An exponent beyond that of any double is clamped.
  private mutating func readExponent() throws(JSONError) -> Int {
    var isNegative = false
    if position < count, bytes[position] == ASCII.minus || bytes[position] == ASCII.plus {
      isNegative = bytes[position] == ASCII.minus
      position += 1
    }
    let start = position
    var magnitude: UInt64 = 0
    try readDigits(into: &magnitude)
    let exponent = position - start > 9 ? 999_999_999 : Int(magnitude)
    return isNegative ? -exponent : exponent
  }
}
