import Testing

@testable import sio

/// Where a line stands on a terminal. Tests/Acceptance/test_terminal.py draws it on one.
@Suite struct LineLayoutTests {
  private static func layout(_ line: String, cursor: Int? = nil, columns: Int = 10) -> LineLayout {
    LineLayout(prompt: "> ", line: Array(line), cursor: cursor ?? line.count, columns: columns)
  }

  private static func position(_ line: String) -> [Int] {
    let layout = layout(line)
    let position = layout.position(layout.cursor)
    return [position.row, position.column]
  }

  @Test func positions() {
    #expect(Self.position("") == [0, 2])
    #expect(Self.position("1234567") == [0, 9])
    #expect(Self.position("12345678") == [1, 0])
    #expect(Self.position("123456789") == [1, 1])
    #expect(Self.position("123456781234567890") == [2, 0])
    #expect(Self.position("日本") == [0, 6])
    // The last one does not fit in the first row.
    #expect(Self.position("1234567日") == [1, 2])
    #expect(Self.position("e\u{301}") == [0, 3])
  }

  @Test func theCursorIsOnAWideCharacterThatDoesNotFit() {
    #expect(Self.layout("1234567日", cursor: 7).position(7) == LineLayout.Position(row: 1, column: 0))
  }

  @Test func drawing() {
    #expect(Self.layout("ab").drawing() == "> ab \r\u{1B}[4C")
    #expect(Self.layout("ab", cursor: 0).drawing(.bold) == "\u{1B}[1m> \u{1B}[0mab \r\u{1B}[2C")
    // The cursor belongs in the row below, but a terminal moves there only when it prints another character.
    #expect(Self.layout("12345678").drawing() == "> 12345678 \r")
    #expect(Self.layout("123456789", cursor: 0).drawing() == "> 123456789 \u{1B}[1A\r\u{1B}[2C")
    #expect(Self.layout("123456789").erasing == "\u{1B}[1A\r\u{1B}[J")
  }

  @Test func printing() {
    #expect(Self.layout("ab").printing(.bold) == "\u{1B}[1m> \u{1B}[0mab\r\n")
    #expect(Self.layout("12345678").printing() == "> 12345678\r\n")
  }

  @Test(arguments: [("a", 1), ("é", 1), ("日", 2), ("한", 2), ("😀", 2), ("❤️", 2), ("\u{301}", 0), ("ｱ", 1), ("Ａ", 2)])
  func width(_ character: Character, _ columns: Int) {
    #expect(character.columns == columns)
  }
}
