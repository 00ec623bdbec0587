import SocketIO

/// Writes values as JSON for people: in colours, and on several lines if requested.
struct ValueText {
  /// Whether members and elements have lines of their own. Otherwise the text is the same as `SocketValue.json`.
  var isPretty: Bool

  private static let indentation = 2

  func text(_ value: SocketValue) -> StyledText {
    var text = StyledText()
    write(value, to: &text)
    return text
  }

  func write(_ value: SocketValue, to text: inout StyledText) { write(value.withoutBinary, to: &text, depth: 0) }

  private func write(_ value: SocketValue, to text: inout StyledText, depth: Int) {
    switch value {
    case .array(let elements):
      write(elements, "[", "]", to: &text, depth: depth) { element, text in
        write(element, to: &text, depth: depth + 1)
      }
    case .object(let object):
      write(object, "{", "}", to: &text, depth: depth) { member, text in
        text.append(SocketValue.string(member.key).json, .blue)
        text.append(isPretty ? ": " : ":")
        write(member.value, to: &text, depth: depth + 1)
      }
    case .string: text.append(value.json, .green)
    case .null: text.append(value.json, .faint)
    default: text.append(value.json, .yellow)
    }
  }

  private func write<Elements: Collection>(
    _ elements: Elements, _ opening: String, _ closing: String, to text: inout StyledText, depth: Int,
    _ write: (Elements.Element, inout StyledText) -> Void
  ) {
    text.append(opening)
    var isFirst = true
    for element in elements {
      if !isFirst { text.append(",") }
      isFirst = false
      if isPretty { text.breakLine(indentedBy: (depth + 1) * Self.indentation) }
      write(element, &text)
    }
    if isPretty, !isFirst { text.breakLine(indentedBy: depth * Self.indentation) }
    text.append(closing)
  }
}
