/// The ASCII characters of JSON and of the packets around it.
enum ASCII {
  static let backspace: UInt8 = 0x08
  static let tab: UInt8 = 0x09
  static let lineFeed: UInt8 = 0x0A
  static let formFeed: UInt8 = 0x0C
  static let carriageReturn: UInt8 = 0x0D
  static let space: UInt8 = 0x20
  static let quote = UInt8(ascii: "\"")
  static let plus = UInt8(ascii: "+")
  static let comma = UInt8(ascii: ",")
  static let minus = UInt8(ascii: "-")
  static let dot = UInt8(ascii: ".")
  static let slash = UInt8(ascii: "/")
  static let zero = UInt8(ascii: "0")
  static let nine = UInt8(ascii: "9")
  static let colon = UInt8(ascii: ":")
  static let openBracket = UInt8(ascii: "[")
  static let backslash = UInt8(ascii: "\\")
  static let closeBracket = UInt8(ascii: "]")
  static let openBrace = UInt8(ascii: "{")
  static let closeBrace = UInt8(ascii: "}")
}

extension UInt8 {
  /// Whether JSON requires an escape for this byte in a string.
  @inline(__always)
  var needsEscape: Bool { self < ASCII.space || self == ASCII.quote || self == ASCII.backslash }

  /// The value of a decimal digit, or something above 9.
  @inline(__always)
  var decimalValue: UInt8 { self &- ASCII.zero }

  /// The value of a hexadecimal digit.
  var hexadecimalValue: UInt32? {
    switch self {
    case ASCII.zero...ASCII.nine: UInt32(self - ASCII.zero)
    case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt32(self - UInt8(ascii: "A")) + 10
    case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt32(self - UInt8(ascii: "a")) + 10
    default: nil
    }
  }
}

extension UnsafeRawBufferPointer {
  /// The first index from `start` on whose byte ``UInt8/needsEscape``, or `count`.
  ///
  /// Checks eight bytes at a time, with the known bit tricks that find a zero byte, and a byte below a bound, in a
  /// word. A borrow may wrongly flag bytes above the first match, never below it, and only the lowest flag is used.
  @inline(__always)
  func firstIndexNeedingEscape(from start: Int) -> Int {
    let ones: UInt64 = 0x0101_0101_0101_0101
    var index = start
    while index &+ 8 <= count {
      let word = UInt64(littleEndian: loadUnaligned(fromByteOffset: index, as: UInt64.self))
      let quote = word ^ (ones &* UInt64(ASCII.quote))
      let backslash = word ^ (ones &* UInt64(ASCII.backslash))
      let below = (word &- (ones &* UInt64(ASCII.space))) & ~word
      let found = (below | ((quote &- ones) & ~quote) | ((backslash &- ones) & ~backslash)) & (ones &* 0x80)
      if found != 0 { return index &+ found.trailingZeroBitCount >> 3 }
      index &+= 8
    }
    while index < count, !self[index].needsEscape { index &+= 1 }
    return index
  }

  /// The index of the first byte that is not part of well-formed UTF-8 (Unicode 16, table 3-7), or nil.
  func firstInvalidUTF8() -> Int? {
    var index = 0
    while index < count {
      if index + 8 <= count, loadUnaligned(fromByteOffset: index, as: UInt64.self) & 0x8080_8080_8080_8080 == 0 {
        index += 8
        continue
      }
      let length: Int
      var second: ClosedRange<UInt8> = 0x80...0xBF
      switch self[index] {
      case 0x00...0x7F:
        index += 1
        continue
      case 0xC2...0xDF: length = 2
      case 0xE0: (length, second) = (3, 0xA0...0xBF)
      case 0xED: (length, second) = (3, 0x80...0x9F)
      case 0xE1...0xEF: length = 3
      case 0xF0: (length, second) = (4, 0x90...0xBF)
      case 0xF1...0xF3: length = 4
      case 0xF4: (length, second) = (4, 0x80...0x8F)
      default: return index
      }
      guard index + length <= count, second ~= self[index + 1],
        self[(index + 2)..<(index + length)].allSatisfy({ 0x80...0xBF ~= $0 })
      else { return index }
      index += length
    }
    return nil
  }
}
