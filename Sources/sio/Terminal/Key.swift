/// What a person does on the keyboard, as far as it matters to the line that is edited.
enum Key: Equatable, Sendable {
  /// One character, or pasted text.
  case text(String)
  case enter, tab
  case left, right, wordLeft, wordRight, home, end
  case up, down, search
  case deleteLeft, deleteRight, deleteWordLeft, deleteWordRight, deleteToStart, deleteToEnd
  /// Inserts what was deleted last.
  case insertDeleted
  /// Gives up a search.
  case giveUp
  case clearScreen
  /// ^D, which also deletes to the right.
  case endOfInput
  case interrupt, suspend
}

/// Turns the bytes of a terminal into keys. A sequence of bytes may arrive in pieces.
struct KeyDecoder: Sendable {
  private enum State: Equatable {
    case ground
    case escape
    /// After ESC [, with the parameters up to now.
    case sequence([UInt8])
    /// After ESC O.
    case function
    /// Inside a character, with this many bytes still missing.
    case character([UInt8], missing: Int)
    case paste([UInt8])
  }

  private static let escape: UInt8 = 0x1B
  private static let pasteEnd = Array("\u{1B}[201~".utf8)
  private static let longestParameters = 16

  private var state = State.ground

  mutating func decode(_ bytes: some Sequence<UInt8>) -> [Key] { bytes.compactMap { decode($0) } }

  private mutating func decode(_ byte: UInt8) -> Key? {
    switch state {
    case .ground: return begin(byte)
    case .escape:
      state = .ground
      switch byte {
      case UInt8(ascii: "["): state = .sequence([])
      case UInt8(ascii: "O"): state = .function
      case Self.escape: state = .escape
      default: return Self.withAlt(byte)
      }
      return nil
    case .function:
      state = .ground
      return Self.named(byte, [])
    case .sequence(let parameters):
      if (0x40...0x7E).contains(byte) {
        state = byte == UInt8(ascii: "~") && parameters == Array("200".utf8) ? .paste([]) : .ground
        return state == .ground ? Self.named(byte, parameters) : nil
      }
      // Anything else is not from a keyboard.
      state = parameters.count < Self.longestParameters ? .sequence(parameters + [byte]) : .ground
      return nil
    case .character(let bytes, let missing):
      guard byte & 0xC0 == 0x80 else {
        state = .ground
        return begin(byte)
      }
      guard missing == 1 else {
        state = .character(bytes + [byte], missing: missing - 1)
        return nil
      }
      state = .ground
      return Self.typed(bytes + [byte])
    case .paste(var bytes):
      // Not held twice, so that appending does not copy.
      state = .ground
      bytes.append(byte)
      guard bytes.suffix(Self.pasteEnd.count).elementsEqual(Self.pasteEnd) else {
        state = .paste(bytes)
        return nil
      }
      return Self.pasted(bytes.dropLast(Self.pasteEnd.count))
    }
  }

  private mutating func begin(_ byte: UInt8) -> Key? {
    switch byte {
    case Self.escape: state = .escape
    case 0xC2...0xDF: state = .character([byte], missing: 1)
    case 0xE0...0xEF: state = .character([byte], missing: 2)
    case 0xF0...0xF4: state = .character([byte], missing: 3)
    case 0x20...0x7E: return .text(String(UnicodeScalar(byte)))
    default: return Self.controls[byte]
    }
    return nil
  }

  /// The keys ^A to ^Z, and DEL.
  private static let controls: [UInt8: Key] = [
    0x01: .home, 0x02: .left, 0x03: .interrupt, 0x04: .endOfInput, 0x05: .end, 0x06: .right, 0x07: .giveUp,
    0x08: .deleteLeft, 0x09: .tab, 0x0A: .enter, 0x0B: .deleteToEnd, 0x0C: .clearScreen, 0x0D: .enter, 0x0E: .down,
    0x10: .up, 0x12: .search, 0x15: .deleteToStart, 0x17: .deleteWordLeft, 0x19: .insertDeleted, 0x1A: .suspend,
    0x7F: .deleteLeft,
  ]

  private static func withAlt(_ byte: UInt8) -> Key? {
    switch byte {
    case UInt8(ascii: "b"): .wordLeft
    case UInt8(ascii: "f"): .wordRight
    case UInt8(ascii: "d"): .deleteWordRight
    case 0x7F, 0x08: .deleteWordLeft
    default: nil
    }
  }

  /// The key of ESC [ parameters byte, or ESC O byte.
  private static func named(_ byte: UInt8, _ parameters: [UInt8]) -> Key? {
    // The second parameter says which of Shift, Alt and Control are held.
    let movesByWord = [UInt8(ascii: "3"), UInt8(ascii: "5")].contains(
      parameters.split(separator: 0x3B).dropFirst().last?.last)
    switch byte {
    case UInt8(ascii: "A"): return .up
    case UInt8(ascii: "B"): return .down
    case UInt8(ascii: "C"): return movesByWord ? .wordRight : .right
    case UInt8(ascii: "D"): return movesByWord ? .wordLeft : .left
    case UInt8(ascii: "H"): return .home
    case UInt8(ascii: "F"): return .end
    case UInt8(ascii: "~"):
      switch parameters.prefix(while: { $0 != UInt8(ascii: ";") }) {
      case [UInt8(ascii: "1")], [UInt8(ascii: "7")]: return .home
      case [UInt8(ascii: "4")], [UInt8(ascii: "8")]: return .end
      case [UInt8(ascii: "3")]: return movesByWord ? .deleteWordRight : .deleteRight
      default: return nil
      }
    default: return nil
    }
  }

  /// nil for what is no character, or controls the terminal.
  private static func typed(_ bytes: [UInt8]) -> Key? {
    guard let text = String(validating: bytes, as: UTF8.self), isPrintable(text) else { return nil }
    return .text(text)
  }

  /// Line breaks and tabs become spaces, so that JSON on several lines can be pasted, and nothing is emitted before it
  /// was seen.
  private static func pasted(_ bytes: some Collection<UInt8>) -> Key? {
    let text = String(decoding: bytes, as: UTF8.self).map { $0.isNewline || $0 == "\t" ? " " : $0 }
    let printable = String(text.filter { isPrintable(String($0)) })
    let end = printable.lastIndex { $0 != " " }.map(printable.index(after:)) ?? printable.startIndex
    return end == printable.startIndex ? nil : .text(String(printable[..<end]))
  }

  private static func isPrintable(_ text: String) -> Bool {
    text.unicodeScalars.allSatisfy { scalar in
      switch scalar.properties.generalCategory {
      case .control, .lineSeparator, .paragraphSeparator, .unassigned: false
      default: !scalar.properties.isBidiControl
      }
    }
  }
}
