/// What a server said, for the message of an error: short, on one line, without characters that steer a terminal, and without the
/// queries and passwords in URLs, which may be the client's.
enum ServerText {
  private static let maxLength = 200

  /// The `message` of a JSON object, as Engine.IO servers answer, or the text itself; nil where there is none.
  static func excerpt(_ body: UnsafeRawBufferPointer) -> String? {
    // Of a large body the beginning is enough.
    let head = UnsafeRawBufferPointer(rebasing: body.prefix(8 * maxLength))
    let text = String(decoding: head, as: UTF8.self)
    let message = (try? SocketValue(json: text))?["message"]?.stringValue
    return excerpt(message ?? text)
  }

  /// What an answer that is none of Engine.IO's says besides its status, to follow that in a sentence.
  static func addition(status: Int, location: String?, body: UnsafeRawBufferPointer) -> String {
    if (300..<400).contains(status), let place = location.flatMap({ excerpt(ShownURL.text($0)) }) {
      return ", a redirect to \(place), which is not followed"
    }
    return excerpt(body).map { ": \($0)" } ?? ""
  }

  static func excerpt(_ text: String) -> String? {
    var excerpt = String.UnicodeScalarView()
    var length = 0
    for scalar in ShownURL.inside(text).unicodeScalars {
      // One space stands for any number of them, and for line breaks.
      let isSpace = scalar.properties.isWhitespace
      if isSpace, excerpt.isEmpty || excerpt.last == " " { continue }
      guard length < maxLength else { return String(excerpt) + "…" }
      length += 1
      if isSpace {
        excerpt.append(" ")
      } else if isSteering(scalar) {
        excerpt.append(contentsOf: "\\u{\(String(scalar.value, radix: 16))}".unicodeScalars)
      } else {
        excerpt.append(scalar)
      }
    }
    if excerpt.last == " " { excerpt.removeLast() }
    return excerpt.isEmpty ? nil : String(excerpt)
  }

  /// Control characters, and those that turn the direction of a text.
  private static func isSteering(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned: true
    default: false
    }
  }
}
