import Testing

@testable import sio

/// What the bytes of a terminal mean.
@Suite struct KeyDecoderTests {
  private static func keys(_ text: String) -> [Key] {
    var decoder = KeyDecoder()
    return decoder.decode(Array(text.utf8))
  }

  static let sequences: [(String, [Key])] = [
    ("a é€😀", [.text("a"), .text(" "), .text("é"), .text("€"), .text("😀")]),
    ("\r\n\t", [.enter, .enter, .tab]),
    ("\u{1}\u{2}\u{3}\u{4}\u{5}\u{6}", [.home, .left, .interrupt, .endOfInput, .end, .right]),
    (
      "\u{7F}\u{8}\u{B}\u{15}\u{17}\u{19}",
      [
        .deleteLeft, .deleteLeft, .deleteToEnd, .deleteToStart, .deleteWordLeft, .insertDeleted,
      ]
    ),
    ("\u{10}\u{E}\u{12}\u{7}\u{C}\u{1A}", [.up, .down, .search, .giveUp, .clearScreen, .suspend]),
    ("\u{1B}[A\u{1B}[B\u{1B}[C\u{1B}[D", [.up, .down, .right, .left]),
    ("\u{1B}OA\u{1B}OB\u{1B}OC\u{1B}OD\u{1B}OH\u{1B}OF", [.up, .down, .right, .left, .home, .end]),
    ("\u{1B}[H\u{1B}[F\u{1B}[1~\u{1B}[4~\u{1B}[7~\u{1B}[8~", [.home, .end, .home, .end, .home, .end]),
    ("\u{1B}[3~\u{1B}[3;5~", [.deleteRight, .deleteWordRight]),
    (
      "\u{1B}[1;5C\u{1B}[1;3D\u{1B}b\u{1B}f\u{1B}d\u{1B}\u{7F}",
      [
        .wordRight, .wordLeft, .wordLeft, .wordRight, .deleteWordRight, .deleteWordLeft,
      ]
    ),
    // Unknown keys, and what terminals report, are no text.
    ("\u{1B}[15~\u{1B}[?62;c\u{1B}[5n\u{1B}x\u{1B}\u{1B}[A", [.up]),
    // Characters that control the terminal.
    ("\u{9B}\u{202E}\u{2028}a", [.text("a")]),
  ]

  @Test(arguments: sequences) func sequence(_ text: String, _ keys: [Key]) {
    #expect(Self.keys(text) == keys)
    // In pieces of one byte each.
    var decoder = KeyDecoder()
    #expect(Array(text.utf8).flatMap { decoder.decode([$0]) } == keys)
  }

  @Test func malformedCharactersAreLeftOut() {
    var decoder = KeyDecoder()
    #expect(
      decoder.decode([0xC3, 0x61, 0xFF, 0xE2, 0x82, 0x62, 0xED, 0xA0, 0x80, 0x63]) == [
        .text("a"), .text("b"), .text("c"),
      ])
  }

  @Test func pastedTextIsOneLine() {
    #expect(Self.keys("\u{1B}[200~{\r\n\t\"a\": 1\n}\n\u{1B}[201~\r") == [.text("{  \"a\": 1 }"), .enter])
    #expect(Self.keys("\u{1B}[200~\u{3}a\u{1B}[31mb\u{202E}\u{1B}[201~c") == [.text("a[31mb"), .text("c")])
    #expect(Self.keys("\u{1B}[200~\n\u{1B}[201~c") == [.text("c")])
  }

  @Test func anEndlessSequenceIsNotKept() {
    #expect(Self.keys("\u{1B}[" + String(repeating: "1", count: 17) + "a") == [.text("a")])
  }
}
