import SocketIO

/// What a person types, as values: JSON where it is JSON, else the word itself.
///
/// A word that begins like a JSON object, array or string must be one: a typing error in it shall not travel as a string.
enum Words {
  /// A text with a reason why it is no value.
  struct Malformed: Error, CustomStringConvertible {
    let description: String
  }

  /// One word in a line.
  enum Word: Equatable {
    /// A lone `?`, which no quotation gives.
    case questionMark
    case value(SocketValue)
  }

  /// The value of one argument of the command line, which the shell has unquoted already.
  static func value(_ text: String) throws(Malformed) -> SocketValue {
    do {
      return try SocketValue(json: text).withBinary()
    } catch let error as ScriptError {
      throw Malformed(description: error.message)
    } catch {
      guard let first = text.first, "{[\"".contains(first) else { return .string(text) }
      throw Malformed(description: "what begins with \(first) is no JSON: \(error)")
    }
  }

  /// The words of a typed line. Spaces separate them, except inside JSON and inside single quotes, which make a string of
  /// anything.
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
          description: "there is no space after character \(line.distance(from: line.startIndex, to: end))")
      }
      rest = rest.drop(while: \.isWhitespace)
    }
    return words
  }

  /// Where the object, array or string ends with which the text begins; its end if it is not closed.
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
