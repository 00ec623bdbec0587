/// The first byte of a MessagePack value, for formats with a byte of their own.
///
/// Formats of a family are consecutive: the next larger size has the next number.
enum MessagePackFormat {
  static let null: UInt8 = 0xC0
  static let `false`: UInt8 = 0xC2
  static let `true`: UInt8 = 0xC3
  static let binary8: UInt8 = 0xC4
  static let binary16: UInt8 = 0xC5
  static let binary32: UInt8 = 0xC6
  static let extension8: UInt8 = 0xC7
  static let extension16: UInt8 = 0xC8
  static let extension32: UInt8 = 0xC9
  static let float32: UInt8 = 0xCA
  static let float64: UInt8 = 0xCB
  static let unsigned8: UInt8 = 0xCC
  static let unsigned16: UInt8 = 0xCD
  static let unsigned32: UInt8 = 0xCE
  static let unsigned64: UInt8 = 0xCF
  static let signed8: UInt8 = 0xD0
  static let signed16: UInt8 = 0xD1
  static let signed32: UInt8 = 0xD2
  static let signed64: UInt8 = 0xD3
  /// An extension of one byte.
  static let fixedExtension1: UInt8 = 0xD4
  /// An extension of sixteen bytes.
  static let fixedExtension16: UInt8 = 0xD8
  static let string8: UInt8 = 0xD9
  static let string16: UInt8 = 0xDA
  static let string32: UInt8 = 0xDB
  static let array16: UInt8 = 0xDC
  static let array32: UInt8 = 0xDD
  static let map16: UInt8 = 0xDE
  static let map32: UInt8 = 0xDF

  /// The ranges of first bytes that hold an integer or a short length.
  static let positive = 0x00...0x7F as ClosedRange<UInt8>
  static let negative = 0xE0...0xFF as ClosedRange<UInt8>
  static let shortMap = 0x80...0x8F as ClosedRange<UInt8>
  static let shortArray = 0x90...0x9F as ClosedRange<UInt8>
  static let shortString = 0xA0...0xBF as ClosedRange<UInt8>
}

/// The beginning of a MessagePack value: its format and a number, which is the value itself or the length of what
/// follows.
///
/// The shortest possible head is made; there is none for lengths beyond 32 bits.
struct MessagePackHead: Equatable {
  let format: UInt8
  /// Its lowest `width` bytes are written, the most significant one first.
  let argument: UInt64
  /// 0, 1, 2, 4 or 8.
  let width: Int

  init(_ format: UInt8, _ argument: UInt64 = 0, width: Int = 0) {
    self.format = format
    self.argument = argument
    self.width = width
  }

  static func bool(_ value: Bool) -> Self { Self(value ? MessagePackFormat.true : MessagePackFormat.false) }

  @inline(__always)
  static func integer(_ value: Int) -> Self {
    let argument = UInt64(truncatingIfNeeded: value)
    return switch value {
    case 0...: integer(argument)
    case (-32)...: Self(UInt8(truncatingIfNeeded: value))
    case Int(Int8.min)...: Self(MessagePackFormat.signed8, argument, width: 1)
    case Int(Int16.min)...: Self(MessagePackFormat.signed16, argument, width: 2)
    case Int(Int32.min)...: Self(MessagePackFormat.signed32, argument, width: 4)
    default: Self(MessagePackFormat.signed64, argument, width: 8)
    }
  }

  @inline(__always)
  static func integer(_ value: UInt64) -> Self {
    switch value {
    case ..<0x80: Self(UInt8(value))
    case ...UInt64(UInt8.max): Self(MessagePackFormat.unsigned8, value, width: 1)
    case ...UInt64(UInt16.max): Self(MessagePackFormat.unsigned16, value, width: 2)
    case ...UInt64(UInt32.max): Self(MessagePackFormat.unsigned32, value, width: 4)
    default: Self(MessagePackFormat.unsigned64, value, width: 8)
    }
  }

  /// A double, as a float if that is the same number.
  static func number(_ value: Double) -> Self {
    let float = Float(value)
    return Double(float) == value
      ? Self(MessagePackFormat.float32, UInt64(float.bitPattern), width: 4)
      : Self(MessagePackFormat.float64, value.bitPattern, width: 8)
  }

  /// - Parameter length: The length of the UTF-8 text.
  @inline(__always)
  static func string(length: Int) -> Self? {
    switch length {
    case ..<32: Self(MessagePackFormat.shortString.lowerBound + UInt8(length))
    case ...Int(UInt8.max): Self(MessagePackFormat.string8, UInt64(length), width: 1)
    default: long(length, MessagePackFormat.string16, MessagePackFormat.string32)
    }
  }

  @inline(__always)
  static func binary(length: Int) -> Self? {
    length <= Int(UInt8.max)
      ? Self(MessagePackFormat.binary8, UInt64(length), width: 1)
      : long(length, MessagePackFormat.binary16, MessagePackFormat.binary32)
  }

  @inline(__always)
  static func array(count: Int) -> Self? {
    count < 16
      ? Self(MessagePackFormat.shortArray.lowerBound + UInt8(count))
      : long(count, MessagePackFormat.array16, MessagePackFormat.array32)
  }

  @inline(__always)
  static func map(count: Int) -> Self? {
    count < 16
      ? Self(MessagePackFormat.shortMap.lowerBound + UInt8(count))
      : long(count, MessagePackFormat.map16, MessagePackFormat.map32)
  }

  private static func long(_ length: Int, _ format16: UInt8, _ format32: UInt8) -> Self? {
    if length <= Int(UInt16.max) { return Self(format16, UInt64(length), width: 2) }
    return UInt32(exactly: length).map { Self(format32, UInt64($0), width: 4) }
  }
}
