#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The positions of all values and keys in a JSON text: a token for each, in order.
///
/// A value can be found or skipped in constant time. Without this list, decoding would scan a value again for each
/// array and object around it.
final class JSONTape {
  struct Token {
    /// The position of its first character.
    var start: UInt32
    /// For a string its length, with ``JSONTape/escaped``; for an array or object the token after its contents.
    var info: UInt32
  }

  /// Marks a string with escapes.
  static let escaped: UInt32 = 1 << 31
  /// Stands for a missing value, which decodes as null.
  static let missing: UInt32 = .max

  /// The text: the caller's during the call, and afterwards a copy, if a decoder outlives the call.
  @exclusivity(unchecked) private(set) var bytes: UnsafeRawBufferPointer
  @exclusivity(unchecked) private var copy: UnsafeMutableRawBufferPointer?
  let attachments: [Data]
  let tokens: UnsafeMutableBufferPointer<Token>
  /// The end of the value's text.
  let end: Int

  // Exclusivity need not be checked: no user code runs during an access.
  /// The keys of the large objects, by the objects' tokens.
  @exclusivity(unchecked) var largeObjects: [UInt32: JSONKeyTable] = [:]
  /// The paths to the values that are being decoded.
  @exclusivity(unchecked) var path = JSONTapePath()

  private init(_ bytes: UnsafeRawBufferPointer, attachments: [Data], _ scanner: Scanner) {
    self.bytes = bytes
    self.attachments = attachments
    end = scanner.position
    tokens = UnsafeMutableBufferPointer(start: scanner.tokens, count: scanner.count)
  }

  deinit {
    tokens.baseAddress?.deallocate()
    copy?.deallocate()
  }

  /// Makes the tape independent of the caller's bytes.
  func copyBytes() {
    let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: end, alignment: 1)
    copy.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[..<end]))
    self.copy = copy
    bytes = UnsafeRawBufferPointer(copy)
  }

  /// Scans the value that begins at or after `start`.
  ///
  /// - Parameters:
  ///   - bytes: A text that was checked to be JSON; the result for any other is undefined.
  ///   - attachments: What the placeholders stand for. Without attachments, none are recognised.
  /// - Returns: nil if the text is not JSON, or too large for the tokens' lengths.
  static func scan(_ bytes: UnsafeRawBufferPointer, from start: Int, attachments: [Data]) -> JSONTape? {
    guard bytes.count < Int(escaped) else { return nil }
    var scanner = Scanner(position: start, capacity: max(16, min(bytes.count - start, 1 << 20) / 6))
    guard scanner.scan(bytes) else {
      scanner.tokens.deallocate()
      return nil
    }
    return JSONTape(bytes, attachments: attachments, scanner)
  }

  /// Makes the tokens. It knows only as much grammar as they need.
  private struct Scanner {
    var position: Int
    private(set) var tokens: UnsafeMutablePointer<Token>
    private(set) var count = 0
    private(set) var capacity: Int

    init(position: Int, capacity: Int) {
      self.position = position
      self.capacity = capacity
      tokens = .allocate(capacity: capacity)
    }

    mutating func scan(_ bytes: UnsafeRawBufferPointer) -> Bool {
      // The token of the innermost open array or object. Until it is closed, it refers to the one around it.
      var open = JSONTape.missing
      while position < bytes.count {
        let start = position
        position &+= 1
        switch bytes[start] {
        case ASCII.comma, ASCII.colon, ASCII.space, ASCII.lineFeed, ASCII.carriageReturn, ASCII.tab:
          continue
        case ASCII.quote:
          guard let info = passString(bytes) else { return false }
          append(start, info)
        case ASCII.openBrace:
          append(start, open)
          open = UInt32(truncatingIfNeeded: count &- 1)
          // Room for what is known about its keys: see `ObjectState`.
          append(0, 0)
          continue
        case ASCII.openBracket:
          append(start, open)
          open = UInt32(truncatingIfNeeded: count &- 1)
          continue
        case ASCII.closeBrace, ASCII.closeBracket:
          guard open != JSONTape.missing else { return false }
          let outer = tokens[Int(open)].info
          tokens[Int(open)].info = UInt32(truncatingIfNeeded: count)
          open = outer
        case ASCII.minus, ASCII.zero...ASCII.nine:
          append(start, 0)
          while position < bytes.count, bytes[position].continuesNumber { position &+= 1 }
        case UInt8(ascii: "t"), UInt8(ascii: "n"):
          append(start, 0)
          position &+= 3
        case UInt8(ascii: "f"):
          append(start, 0)
          position &+= 4
        default: return false
        }
        if open == JSONTape.missing { return position <= bytes.count }
      }
      return false
    }

    /// Skips a string whose opening quote was skipped.
    @inline(__always)
    private mutating func passString(_ bytes: UnsafeRawBufferPointer) -> UInt32? {
      let start = position
      var flag: UInt32 = 0
      position = bytes.firstIndexNeedingEscape(from: start)
      while position < bytes.count {
        if bytes[position] == ASCII.quote {
          position &+= 1
          return UInt32(truncatingIfNeeded: position &- start &- 1) | flag
        }
        guard bytes[position] == ASCII.backslash else { return nil }
        flag = JSONTape.escaped
        position = bytes.firstIndexNeedingEscape(from: min(position &+ 2, bytes.count))
      }
      return nil
    }

    @inline(__always)
    private mutating func append(_ start: Int, _ info: UInt32) {
      if count == capacity { grow() }
      (tokens + count).initialize(to: Token(start: UInt32(truncatingIfNeeded: start), info: info))
      count &+= 1
    }

    @inline(never)
    private mutating func grow() {
      let larger = UnsafeMutablePointer<Token>.allocate(capacity: 2 * capacity)
      larger.moveInitialize(from: tokens, count: count)
      tokens.deallocate()
      (tokens, capacity) = (larger, 2 * capacity)
    }
  }
}

extension UInt8 {
  /// Whether the byte is part of a number, not what follows one.
  @inline(__always)
  fileprivate var continuesNumber: Bool {
    self > ASCII.space && self != ASCII.comma && self != ASCII.closeBrace && self != ASCII.closeBracket
  }
}

extension JSONTape {
  /// The first character of a value, which tells its kind.
  @inline(__always)
  func firstByte(of token: UInt32) -> UInt8 {
    token == Self.missing ? UInt8(ascii: "n") : bytes[Int(tokens[Int(token)].start)]
  }

  /// The token after a value.
  @inline(__always)
  func next(after token: UInt32) -> UInt32 {
    let first = firstByte(of: token)
    return first == ASCII.openBrace || first == ASCII.openBracket ? tokens[Int(token)].info : token &+ 1
  }

  /// The bytes between the quotes of a string without escapes.
  @inline(__always)
  func content(of string: Token) -> UnsafeRawBufferPointer {
    let start = Int(string.start) &+ 1
    return UnsafeRawBufferPointer(rebasing: bytes[start..<start &+ Int(string.info & ~Self.escaped)])
  }

  @inline(__always)
  func string(_ token: UInt32) -> String {
    let token = tokens[Int(token)]
    if token.info & Self.escaped == 0 { return String(decoding: content(of: token), as: UTF8.self) }
    return escapedString(token)
  }

  private func escapedString(_ token: Token) -> String {
    var reader = JSONReader(bytes, from: Int(token.start) + 1)
    // The text was checked to be JSON.
    return (try? reader.readString()) ?? ""
  }

  /// The integer, if it has few digits. Others are read as general numbers.
  @inline(__always)
  func shortInteger(_ token: UInt32) -> Int? {
    guard token != Self.missing else { return nil }
    var index = Int(tokens[Int(token)].start)
    let isNegative = bytes[index] == ASCII.minus
    if isNegative { index &+= 1 }
    let limit = min(index &+ 18, bytes.count)
    let firstDigit = index
    var magnitude = 0
    while index < limit, bytes[index].decimalValue <= 9 {
      magnitude = magnitude &* 10 &+ Int(bytes[index].decimalValue)
      index &+= 1
    }
    guard index > firstDigit, index == bytes.count || !bytes[index].continuesNumber else { return nil }
    // Minus zero is not an integer.
    return isNegative ? magnitude == 0 ? nil : -magnitude : magnitude
  }

  /// The value as a tree.
  func value(_ token: UInt32) -> SocketValue {
    guard token != Self.missing else { return .null }
    var reader = JSONReader(
      bytes, from: Int(tokens[Int(token)].start), maxDepth: DepthLimit.greatest,
      attachments: attachments.isEmpty ? nil : attachments)
    // The text was checked to be JSON.
    return (try? reader.readValue()) ?? .null
  }

  /// The binary data, if the value is a placeholder.
  @inline(__always)
  func attachment(_ token: UInt32) -> Data? {
    if attachments.isEmpty || firstByte(of: token) != ASCII.openBrace { return nil }
    return attachment(ofObject: token)
  }

  private func attachment(ofObject object: UInt32) -> Data? {
    guard let flag = self["_placeholder", in: object], firstByte(of: flag) == UInt8(ascii: "t"),
      let number = self["num", in: object], let index = value(number).intValue, attachments.indices ~= index
    else { return nil }
    return attachments[index]
  }
}
