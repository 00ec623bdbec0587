/// A server's text for an error message: short, on one line, without control characters, and without the queries and
/// passwords of URLs, which may be the client's.
enum ServerText {
  private static let maxLength = 200

  /// The `message` of a JSON object, as Engine.IO servers send it, or the text itself; nil if there is none.
  static func excerpt(_ body: UnsafeRawBufferPointer) -> String? {
    // The beginning of a large body is enough.
    let head = UnsafeRawBufferPointer(rebasing: body.prefix(8 * maxLength))
    let text = String(decoding: head, as: UTF8.self)
    let message = (try? SocketValue(json: text))?["message"]?.stringValue
    return excerpt(message ?? text)
  }

  /// What a response that is not Engine.IO says besides its status, to be appended to a sentence.
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
      // White space and line breaks are collapsed to one space.
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

  /// Control characters, and those that change the direction of text.
  private static func isSteering(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned: true
    default: false
    }
  }
}
