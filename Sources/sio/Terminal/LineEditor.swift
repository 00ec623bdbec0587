/// The line that a person edits. It has no terminal: keys go in, and what is to be done comes out.
struct LineEditor: Sendable {
  enum Outcome: Equatable {
    /// The line, the cursor or the prompt has changed.
    case changed
    /// The key means nothing here.
    case refused
    /// Enter was pressed, and the line is empty again.
    case entered(String)
    /// Several completions are possible, and the line does not change.
    case candidates([String])
    case clearScreen
    case endOfInput, interrupted, suspended
  }

  /// A search backwards in the history.
  private struct Search {
    var pattern = ""
    /// The place of what was found in the history.
    var found: Int?
    /// The line before the search.
    let line: [Character]
  }

  private(set) var line: [Character] = []
  /// The number of characters before the cursor.
  private(set) var cursor = 0
  private(set) var history: History
  private var search: Search?
  private var deleted: [Character] = []

  init(history: History = History()) { self.history = history }

  /// What stands in front of the line.
  var prompt: String {
    guard let search else { return "> " }
    return "search \(search.found == nil && !search.pattern.isEmpty ? "failed " : "")'\(search.pattern)': "
  }

  /// - Parameter complete: The completions of a text that begins a line.
  mutating func handle(_ key: Key, complete: (String) -> [String] = { _ in [] }) -> Outcome {
    if search != nil, let outcome = searched(key) { return outcome }
    switch key {
    case .text(let text): insert(Array(text))
    case .enter:
      let text = String(line)
      history.add(text)
      replaceLine([])
      return .entered(text)
    case .tab: return completed(complete)
    case .up: return recalled { $0.earlier(than: $1) }
    case .down: return recalled { $0.later(than: $1) }
    case .search: search = Search(line: line)
    case .interrupt:
      guard !line.isEmpty else { return .interrupted }
      history.leave()
      replaceLine([])
    case .endOfInput:
      guard !line.isEmpty else { return .endOfInput }
      return deleted(cursor..<min(cursor + 1, line.count), isKept: false)
    case .suspend: return .suspended
    case .clearScreen: return .clearScreen
    case .giveUp: return .refused
    case .left, .right, .wordLeft, .wordRight, .home, .end: return moved(to: target(of: key))
    case .deleteLeft: return deleted(max(cursor - 1, 0)..<cursor, isKept: false)
    case .deleteRight: return deleted(cursor..<min(cursor + 1, line.count), isKept: false)
    case .deleteWordLeft: return deleted(startOfWord..<cursor)
    case .deleteWordRight: return deleted(cursor..<endOfWord)
    case .deleteToStart: return deleted(0..<cursor)
    case .deleteToEnd: return deleted(cursor..<line.count)
    case .insertDeleted:
      guard !deleted.isEmpty else { return .refused }
      insert(deleted)
    }
    return .changed
  }

  // MARK: Editing

  private mutating func insert(_ characters: [Character]) {
    line.insert(contentsOf: characters, at: cursor)
    cursor += characters.count
  }

  private mutating func replaceLine(_ characters: [Character]) {
    line = characters
    cursor = characters.count
  }

  private mutating func deleted(_ range: Range<Int>, isKept: Bool = true) -> Outcome {
    guard !range.isEmpty else { return .refused }
    if isKept { deleted = Array(line[range]) }
    line.removeSubrange(range)
    cursor = range.lowerBound
    return .changed
  }

  private mutating func moved(to place: Int) -> Outcome {
    guard place != cursor, (0...line.count).contains(place) else { return .refused }
    cursor = place
    return .changed
  }

  private func target(of key: Key) -> Int {
    switch key {
    case .left: cursor - 1
    case .right: cursor + 1
    case .wordLeft: startOfWord
    case .wordRight: endOfWord
    case .home: 0
    default: line.count
    }
  }

  private var startOfWord: Int {
    let end = line[..<cursor].lastIndex { !$0.isWhitespace } ?? 0
    return line[..<end].lastIndex(where: \.isWhitespace).map { $0 + 1 } ?? 0
  }

  private var endOfWord: Int {
    let start = line[cursor...].firstIndex { !$0.isWhitespace } ?? line.count
    return line[start...].firstIndex(where: \.isWhitespace) ?? line.count
  }

  // MARK: Completion

  private mutating func completed(_ complete: (String) -> [String]) -> Outcome {
    let candidates = complete(String(line[..<cursor]))
    guard let first = candidates.first else { return .refused }
    let shared = candidates.dropFirst().reduce(Array(first)) { shared, candidate in
      Array(zip(shared, candidate).prefix { $0 == $1 }.map(\.0))
    }
    if candidates.count > 1, shared.count <= cursor { return .candidates(candidates) }
    line.replaceSubrange(..<cursor, with: shared)
    cursor = shared.count
    return .changed
  }

  // MARK: History

  private mutating func recalled(_ find: (inout History, String) -> String?) -> Outcome {
    guard let text = find(&history, String(line)) else { return .refused }
    replaceLine(Array(text))
    return .changed
  }

  /// - Returns: nil if the key ends the search and has to be handled as usual.
  private mutating func searched(_ key: Key) -> Outcome? {
    guard var search else { return nil }
    switch key {
    case .text(let text):
      search.pattern += text
      search.found = history.last(containing: search.pattern)
    case .deleteLeft:
      guard search.pattern.popLast() != nil else { return .refused }
      search.found = history.last(containing: search.pattern)
    case .search:
      guard let found = search.found, let earlier = history.last(containing: search.pattern, before: found) else {
        return .refused
      }
      search.found = earlier
    case .giveUp, .interrupt:
      replaceLine(search.line)
      self.search = nil
      return .changed
    default:
      self.search = nil
      return nil
    }
    replaceLine(search.found.map { Array(history.lines[$0]) } ?? search.line)
    self.search = search
    return .changed
  }
}
