import Testing

@testable import sio

/// The editing of a line, without a terminal.
@Suite struct LineEditorTests {
  /// Presses keys, `|` in the result being the cursor.
  private static func edited(_ keys: Key..., history: [String] = []) -> String {
    var editor = LineEditor(history: History(history))
    for key in keys { _ = editor.handle(key) }
    return shown(editor)
  }

  private static func shown(_ editor: LineEditor) -> String {
    String(editor.line[..<editor.cursor]) + "|" + String(editor.line[editor.cursor...])
  }

  @Test func typingAndMoving() {
    #expect(Self.edited(.text("ac"), .left, .text("b")) == "ab|c")
    #expect(Self.edited(.text("ab"), .home, .text("x"), .end, .text("y")) == "xaby|")
    #expect(Self.edited(.text("ab"), .home, .right, .deleteLeft) == "|b")
    #expect(Self.edited(.text("ab"), .home, .deleteRight) == "|b")
    #expect(Self.edited(.text("ab"), .home, .endOfInput) == "|b")
    #expect(Self.edited(.text("e\u{301}ñ🇩🇪"), .deleteLeft, .deleteLeft) == "e\u{301}|")
  }

  @Test func words() {
    #expect(Self.edited(.text("one two  three "), .wordLeft, .wordLeft) == "one |two  three ")
    #expect(Self.edited(.text("one two  three"), .home, .wordRight, .wordRight) == "one two|  three")
    #expect(Self.edited(.text("one two "), .deleteWordLeft) == "one |")
    #expect(Self.edited(.text("one two"), .home, .deleteWordRight) == "| two")
  }

  @Test func deletedTextCanBeInsertedAgain() {
    #expect(Self.edited(.text("one two"), .wordLeft, .deleteToStart, .end, .insertDeleted) == "twoone |")
    #expect(Self.edited(.text("one two"), .wordLeft, .deleteToEnd, .home, .insertDeleted) == "two|one ")
    #expect(Self.edited(.text("one two"), .deleteWordLeft, .insertDeleted, .insertDeleted) == "one twotwo|")
  }

  @Test(
    arguments: [
      .left, .right, .wordLeft, .wordRight, .home, .end, .deleteLeft, .deleteRight, .deleteWordLeft, .deleteWordRight,
      .deleteToStart, .deleteToEnd, .insertDeleted, .up, .down, .tab, .giveUp,
    ] as [Key])
  func keysThatMeanNothingOnAnEmptyLine(_ key: Key) {
    var editor = LineEditor()
    #expect(editor.handle(key) == .refused)
    #expect(Self.shown(editor) == "|")
  }

  @Test func endsOfALine() {
    var editor = LineEditor()
    #expect(editor.handle(.endOfInput) == .endOfInput)
    #expect(editor.handle(.interrupt) == .interrupted)
    #expect(editor.handle(.suspend) == .suspended)
    #expect(editor.handle(.clearScreen) == .clearScreen)
    _ = editor.handle(.text("a"))
    #expect(editor.handle(.interrupt) == .changed)
    #expect(Self.shown(editor) == "|")
    _ = editor.handle(.text("ab"))
    _ = editor.handle(.left)
    #expect(editor.handle(.enter) == .entered("ab"))
    #expect(Self.shown(editor) == "|")
    #expect(editor.handle(.enter) == .entered(""))
  }

  // MARK: History

  @Test func theArrowKeysRecallLines() {
    let history = ["one", "two"]
    #expect(Self.edited(.up, history: history) == "two|")
    #expect(Self.edited(.up, .up, .up, history: history) == "one|")
    #expect(Self.edited(.text("new"), .up, .up, .down, history: history) == "two|")
    #expect(Self.edited(.text("new"), .up, .up, .down, .down, .down, history: history) == "new|")
    #expect(Self.edited(.text("new"), .up, .interrupt, .down, history: history) == "|")
  }

  @Test func enteredLinesAreInTheHistoryOnce() {
    var editor = LineEditor(history: History(["one"]))
    for line in ["one", "two", "two", " ", "", "one"] {
      _ = editor.handle(.text(line))
      _ = editor.handle(.enter)
    }
    #expect(editor.history.lines == ["one", "two", "one"])
    _ = editor.handle(.up)
    _ = editor.handle(.up)
    #expect(editor.handle(.enter) == .entered("two"))
    _ = editor.handle(.up)
    #expect(Self.shown(editor) == "two|")
  }

  @Test func theHistoryIsLimited() {
    var history = History((0..<2_000).map(String.init))
    #expect(history.lines.count == History.capacity && history.lines.first == "1000")
    history.add("x")
    #expect(history.lines.count == History.capacity && history.lines.first == "1001" && history.lines.last == "x")
  }

  @Test func searching() {
    var editor = LineEditor(history: History(["add 1", "say x", "add 2"]))
    _ = editor.handle(.text("new"))
    #expect(editor.handle(.search) == .changed)
    #expect(editor.prompt == "search '': ")
    #expect(editor.handle(.text("ad")) == .changed)
    #expect(editor.prompt == "search 'ad': " && Self.shown(editor) == "add 2|")
    #expect(editor.handle(.search) == .changed)
    #expect(Self.shown(editor) == "add 1|")
    #expect(editor.handle(.search) == .refused)
    #expect(editor.handle(.text("x")) == .changed)
    #expect(editor.prompt == "search failed 'adx': " && Self.shown(editor) == "new|")
    #expect(editor.handle(.deleteLeft) == .changed)
    #expect(Self.shown(editor) == "add 2|")
    #expect(editor.handle(.home) == .changed)
    #expect(editor.prompt == "> " && Self.shown(editor) == "|add 2")
    #expect(editor.handle(.enter) == .entered("add 2"))
  }

  @Test(arguments: [.giveUp, .interrupt] as [Key]) func aSearchCanBeGivenUp(_ key: Key) {
    #expect(Self.edited(.text("new"), .search, .text("o"), key, history: ["one"]) == "new|")
  }

  // MARK: Completion

  private static func completed(_ text: String, _ words: [String]) -> (outcome: LineEditor.Outcome, line: String) {
    var editor = LineEditor()
    _ = editor.handle(.text(text))
    let outcome = editor.handle(.tab) { beginning in words.filter { $0.hasPrefix(beginning) } }
    return (outcome, shown(editor))
  }

  @Test func completion() {
    let words = ["message ", "message-with-ack ", "echo "]
    #expect(Self.completed("e", words) == (.changed, "echo |"))
    #expect(Self.completed("m", words) == (.changed, "message|"))
    #expect(Self.completed("message", words) == (.candidates(["message ", "message-with-ack "]), "message|"))
    #expect(Self.completed("x", words) == (.refused, "x|"))
  }

  @Test func completionKeepsWhatFollowsTheCursor() {
    var editor = LineEditor()
    for key in [.text("e 1"), .left, .left] as [Key] { _ = editor.handle(key) }
    #expect(editor.handle(.tab) { _ in ["echo"] } == .changed)
    #expect(Self.shown(editor) == "echo| 1")
  }

  @Test func namesOfEvents() {
    var names = EventNames(history: ["echo 1 ?", "'two words' x", "#3 yes", "/help", "{oops"])
    names.insert("news")
    names.insert("#7")
    names.insert("\u{1B}[31m")
    #expect(names.completions(of: "e") == ["echo "])
    #expect(names.completions(of: "n") == ["news "])
    #expect(names.completions(of: "\"") == [#""\u001b[31m" "#, #""two words" "#])
    #expect(names.completions(of: "/") == ["/help ", "/quit "])
    #expect(names.completions(of: "") == [#""\u001b[31m" "#, #""two words" "#, "echo ", "news "])
  }

  @Test func namesOfEventsAreLimited() {
    var names = EventNames()
    for number in 0..<1_500 { names.insert("e\(number)") }
    names.insert(String(repeating: "e", count: 101))
    #expect(names.completions(of: "").count == 1_000)
    #expect(names.completions(of: "e1499") == ["e1499 "] && names.completions(of: "e499") == [])
  }
}
