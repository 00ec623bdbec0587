extension String {
  /// The text, safe for a log or a terminal: characters that could end a line, move the cursor or change the direction
  /// of text are written as in JSON. A JSON text keeps its meaning, since these characters occur in its strings only.
  package var escapingControls: String {
    guard unicodeScalars.contains(where: \.isSteering) else { return self }
    var text = ""
    for scalar in unicodeScalars {
      if scalar.isSteering {
        let digits = String(scalar.value, radix: 16)
        text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      } else {
        text.unicodeScalars.append(scalar)
      }
    }
    return text
  }
}

extension Unicode.Scalar {
  /// Whether it controls a terminal or a line: C0, DEL, C1, line separators, and the controls of text direction.
  fileprivate var isSteering: Bool {
    if isASCII { return value < 0x20 || value == 0x7F }
    return switch properties.generalCategory {
    case .control, .lineSeparator, .paragraphSeparator: true
    default: properties.isBidiControl
    }
  }
}
