import SocketIO

/// The names of events that were emitted and received, which complete the first word of a line.
struct EventNames: Sendable {
  /// A server can make up any number of names, of any length.
  private static let capacity = 1_000
  private static let longest = 100

  /// The words to type, in the order in which they were used last.
  private var words: [String] = []

  /// - Parameter history: Lines whose first words are names as well.
  init(history: [String] = []) {
    for case .emit(let name, _, _)? in history.map({ try? TypedLine($0) }) { insert(name) }
  }

  mutating func insert(_ name: String) {
    guard !name.isEmpty, name.count <= Self.longest, let word = Self.word(name) else { return }
    if let index = words.lastIndex(of: word) { words.remove(at: index) }
    words.append(word)
    if words.count > Self.capacity { words.removeFirst() }
  }

  /// What can stand for the beginning of a line, in alphabetical order; commands with a slash in front. A word is
  /// followed by a space.
  func completions(of beginning: String) -> [String] {
    (TypedLine.Command.allCases.map { "/\($0.rawValue)" } + words).filter { word in
      word.hasPrefix(beginning) && (!beginning.isEmpty || !word.hasPrefix("/"))
    }.sorted().map { $0 + " " }
  }

  /// How to type the name: as it is or, if that would mean something else, as a JSON string; nil if that does not work
  /// either.
  private static func word(_ name: String) -> String? {
    [name, SocketValue.string(name).json].first { word in
      guard case .emit(name, [], false)? = try? TypedLine(word) else { return false }
      return word.escapingControls == word
    }
  }
}
