import SocketIO

/// A line typed into `sio connect`.
enum TypedLine: Equatable {
  case emit(event: String, arguments: [SocketValue], wantsAnswer: Bool)
  /// The acknowledgement of the server's event with that number.
  case answer(Int, [SocketValue])
  case command(Command)

  /// A command of the session, typed with a slash in front.
  enum Command: String, CaseIterable {
    case help, quit
  }

  /// What `/help` prints.
  static let help = [
    #"hello world {"n": 1}       emits hello with a string and an object"#,
    "add 1 2 ?                  emits add, and prints the acknowledgement",
    #"say 'two words' "1" 1      strings, and a number; '/help' is one, too"#,
    #"upload {"$binary":"AQID"}  binary, in base64; {"$file":"PATH"} is a file"#,
    "#3 yes                     answers the event shown with #3",
    "/quit                      disconnects at once; ^D waits for acknowledgements",
    "Tab completes names of events; the arrow keys and ^R find earlier lines.",
    "A line that begins with a space, or looks secret, is not kept in the history.",
  ]

  /// - Returns: nil for a blank line.
  init?(_ line: String) throws(Words.Malformed) {
    let text = line.drop(while: \.isWhitespace)
    if text.hasPrefix("/") {
      let name = text.dropFirst().prefix { !$0.isWhitespace }
      guard let command = Command(rawValue: String(name)) else {
        throw Words.Malformed(
          description: "there is no command /\(name): see /help, or put the name of an event in single quotes")
      }
      self = .command(command)
      return
    }
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
    // A bare name is taken literally, so that 1 and true are names, too.
    let name = values[0].stringValue ?? values[0].description
    if name.hasPrefix("#"), let number = Int(name.dropFirst()) {
      guard !wantsAnswer else { throw Words.Malformed(description: "an answer cannot ask for an acknowledgement") }
      self = .answer(number, arguments)
    } else {
      self = .emit(event: name, arguments: arguments, wantsAnswer: wantsAnswer)
    }
  }

  /// Values in the form in which they would be typed.
  static func text(_ values: [SocketValue]) -> String {
    values.map { " " + $0.json }.joined()
  }
}
