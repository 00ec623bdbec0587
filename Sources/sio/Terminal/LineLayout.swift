/// The places of a prompt and a line on a terminal, where they may fill several rows.
struct LineLayout {
  struct Position: Equatable {
    var row = 0
    var column = 0
  }

  let prompt: String
  let line: [Character]
  let cursor: Int
  var columns: Int

  /// Writes the prompt and the line from the start of a row, and moves the cursor to its place.
  ///
  /// A space behind the line fills the cell where the cursor may stand. Without it, a terminal that gets another size
  /// could not tell whether the cursor belongs to the end of a full row or to the row below.
  ///
  /// - Parameter style: The control sequence that colours the prompt, if it has a colour.
  func drawing(_ style: StyledText.Style? = nil) -> String {
    let place = position(cursor)
    return text(style) + " " + Self.up(position(line.count).row - place.row) + "\r" + Self.right(place.column)
  }

  /// Writes the prompt and the line, and moves the cursor to the row below.
  func printing(_ style: StyledText.Style? = nil) -> String { text(style) + "\r\n" }

  private func text(_ style: StyledText.Style?) -> String {
    StyledText(prompt, style).rendered(inColour: style != nil) + StyledText(String(line)).rendered(inColour: false)
  }

  /// Removes what `drawing` has written, and leaves the cursor where it began.
  var erasing: String { Self.up(position(cursor).row) + "\r\u{1B}[J" }

  /// The place of the cursor before that character of the line.
  func position(_ index: Int) -> Position {
    var position = Position()
    for character in prompt { advance(&position, by: character.columns) }
    for character in line[..<index] { advance(&position, by: character.columns) }
    // A wide character that does not fit stands on the next row.
    if index < line.count, position.column + line[index].columns > columns {
      position = Position(row: position.row + 1)
    }
    return position
  }

  private func advance(_ position: inout Position, by width: Int) {
    if position.column + width > columns { position = Position(row: position.row + 1) }
    position.column += width
    if position.column >= columns { position = Position(row: position.row + 1) }
  }

  private static func up(_ rows: Int) -> String { rows > 0 ? "\u{1B}[\(rows)A" : "" }

  private static func right(_ columns: Int) -> String { columns > 0 ? "\u{1B}[\(columns)C" : "" }
}

extension Character {
  /// How many columns of a terminal it takes: 2 for East Asian characters and emoji, 0 for what joins the one before.
  var columns: Int {
    guard let first = unicodeScalars.first else { return 0 }
    switch first.properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format: return 0
    default: break
    }
    let isEmoji = first.properties.isEmojiPresentation || unicodeScalars.contains("\u{FE0F}")
    return isEmoji || Self.wide.contains { $0.contains(first.value) } ? 2 : 1
  }

  private static let wide: [ClosedRange<UInt32>] = [
    0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x4DBF, 0x4E00...0xA4CF, 0xA960...0xA97F, 0xAC00...0xD7A3,
    0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F900...0x1F9FF,
    0x20000...0x3FFFD,
  ]
}
