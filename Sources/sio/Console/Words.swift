import SocketIO

/// Converts what a person types to values: JSON if it is valid JSON, otherwise the word itself.
///
/// A word that begins like a JSON object, array or string must be valid: a typing error must not be sent as a string.
enum Words {
  /// The reason why a text is not a value.
  struct Malformed: Error, CustomStringConvertible {
    let description: String
  }

  /// One word in a line.
  enum Word: Equatable {
    /// A lone, unquoted `?`.
    case questionMark
    case value(SocketValue)
  }

  /// The value of one argument of the command line, already unquoted by the shell.
  static func value(_ text: String) throws(Malformed) -> SocketValue {
    do {
      return try SocketValue(json: text).withBinary(readsFiles: true)
    } catch let error as ScriptError {
      throw Malformed(description: error.message)
    } catch {
      guard let first = text.first, "{[\"".contains(first) else { return .string(text) }
      throw Malformed(description: "what begins with \(first) is not JSON: \(error)")
    }
  }

  /// The words of a typed line, separated by spaces. Spaces inside JSON and single quotes do not separate; text in
  /// single quotes is always a string.
  static func split(_ line: String) throws(Malformed) -> [Word] {
    var words: [Word] = []
    var rest = line[...].drop(while: \.isWhitespace)
    while let first = rest.first {
      let end: String.Index
      if first == "'" {
        guard let close = rest.dropFirst().firstIndex(of: "'") else {
          throw Malformed(description: "a single quote is not closed")
        }
        words.append(.value(.string(String(rest[rest.index(after: rest.startIndex)..<close]))))
        end = rest.index(after: close)
      } else {
        end = "{[\"".contains(first) ? endOfJSON(rest) : rest.firstIndex(where: \.isWhitespace) ?? rest.endIndex
        let text = String(rest[..<end])
        words.append(text == "?" ? .questionMark : .value(try value(text)))
      }
      rest = rest[end...]
      guard rest.first?.isWhitespace ?? true else {
        throw Malformed(
          description: "a space is missing after character \(line.distance(from: line.startIndex, to: end))")
      }
      rest = rest.drop(while: \.isWhitespace)
    }
    return words
  }

  /// The end of the object, array or string that the text begins with; the end of the text if it is not closed.
  private static func endOfJSON(_ text: Substring) -> String.Index {
    var depth = 0
    var isInString = false
    var isEscaped = false
    for index in text.indices {
      switch text[index] {
      case _ where isEscaped: isEscaped = false
      case "\\" where isInString: isEscaped = true
      case "\"": isInString.toggle()
      case "{" where !isInString, "[" where !isInString: depth += 1
      case "}" where !isInString, "]" where !isInString: depth -= 1
      default: continue
      }
      if depth == 0, !isInString, !isEscaped { return text.index(after: index) }
    }
    return text.endIndex
  }
}
