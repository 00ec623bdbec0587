import SocketIO

/// A line typed into `sio connect`.
enum TypedLine: Equatable {
  case emit(event: String, arguments: [SocketValue], wantsAnswer: Bool)
  /// The answer to the server's question of that number.
  case answer(Int, [SocketValue])

  /// - Returns: nil for a blank line.
  init?(_ line: String) throws(Words.Malformed) {
    var words = try Words.split(line)
    guard !words.isEmpty else { return nil }
    let wantsAnswer = words.count > 1 && words.last == .questionMark
    if wantsAnswer { words.removeLast() }
    let values = words.map { word in
      switch word {
      case .questionMark: SocketValue.string("?")
      case .value(let value): value
      }
    }
    let arguments = Array(values.dropFirst())
    // A quoted name is the string inside; a bare one is taken as it stands, so that 1 and true are names too.
    let name = values[0].stringValue ?? values[0].description
    if name.hasPrefix("#"), let number = Int(name.dropFirst()) {
      guard !wantsAnswer else { throw Words.Malformed(description: "an answer is not answered") }
      self = .answer(number, arguments)
    } else {
      self = .emit(event: name, arguments: arguments, wantsAnswer: wantsAnswer)
    }
  }

  /// Values as they would be typed.
  static func text(_ values: [SocketValue]) -> String {
    values.map { " " + $0.json }.joined()
  }
}
