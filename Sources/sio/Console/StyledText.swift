import SocketIO

/// Text whose parts look different on a terminal.
///
/// Only `rendered` writes control sequences and line breaks. Those in the parts themselves are escaped, so no server
/// can add any.
struct StyledText: Equatable, Sendable {
  /// A way to stand out. The raw value is the parameter of the control sequence.
  enum Style: String, CaseIterable {
    case bold = "1"
    case faint = "2"
    case red = "31"
    case green = "32"
    case yellow = "33"
    case blue = "34"
    case cyan = "36"
  }

  private struct Part: Equatable, Sendable {
    let text: String
    let style: Style?
  }

  private var lines: [[Part]] = [[]]

  init() {}

  init(_ text: String, _ style: Style? = nil) { append(text, style) }

  mutating func append(_ text: String, _ style: Style? = nil) {
    if !text.isEmpty { lines[lines.count - 1].append(Part(text: text, style: style)) }
  }

  /// Continues on a new line.
  mutating func breakLine(indentedBy spaces: Int = 0) {
    lines.append([])
    append(String(repeating: " ", count: spaces))
  }

  /// The text with this in front of it.
  func prefixed(with text: String, _ style: Style? = nil) -> StyledText {
    var copy = self
    copy.lines[0].insert(Part(text: text, style: style), at: 0)
    return copy
  }

  func rendered(inColour: Bool) -> String {
    lines.map { line in
      line.map { part in
        let text = part.text.escapingControls
        guard inColour, let style = part.style else { return text }
        return "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m"
      }.joined()
    }.joined(separator: "\n")
  }

  /// Whether a terminal shows colours: not one that the user or the system says has none, nor a file or pipe.
  static func hasColours(isTerminal: Bool, environment: [String: String]) -> Bool {
    isTerminal && (environment["NO_COLOR"] ?? "").isEmpty && canMoveCursor(environment)
  }

  /// Whether the kind of terminal has a cursor that control sequences move.
  static func canMoveCursor(_ environment: [String: String]) -> Bool {
    !["", "dumb"].contains(environment["TERM"] ?? "")
  }
}
