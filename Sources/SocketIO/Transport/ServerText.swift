/// What a server said, for the message of an error: short, on one line, without characters that steer a terminal, and without the
/// queries and passwords of URLs, which may be the client's.
enum ServerText {
  private static let maxLength = 200

  /// The `message` of a JSON object, as Engine.IO servers answer, or the text itself; nil where there is none.
  static func excerpt(_ body: UnsafeRawBufferPointer) -> String? {
    // Of a large body the beginning is enough.
    let head = UnsafeRawBufferPointer(rebasing: body.prefix(8 * maxLength))
    let text = String(decoding: head, as: UTF8.self)
    let message = (try? SocketValue(json: text))?["message"]?.stringValue
    return excerpt(ShownURL.inside(message ?? text))
  }

  /// - Parameter text: Of any length; URLs in it are shown whole.
  static func excerpt(_ text: String) -> String? {
    var excerpt = String.UnicodeScalarView()
    var length = 0
    for scalar in text.unicodeScalars {
      // One space stands for any number of them, and for line breaks.
      let isSpace = scalar.properties.isWhitespace
      if isSpace, excerpt.isEmpty || excerpt.last == " " { continue }
      guard length < maxLength else { return String(excerpt).escapingControls + "…" }
      length += 1
      excerpt.append(isSpace ? " " : scalar)
    }
    if excerpt.last == " " { excerpt.removeLast() }
    return excerpt.isEmpty ? nil : String(excerpt).escapingControls
  }
}
