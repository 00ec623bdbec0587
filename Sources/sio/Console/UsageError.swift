/// What is wrong with a command line, in one line.
enum UsageError {
  /// ArgumentParser quotes arguments in its messages. An argument may be a secret, so its place is told instead; the names of flags are
  /// shown.
  ///
  /// - Parameters:
  ///   - message: Of ArgumentParser.
  ///   - arguments: Of the command line, without the program's name.
  static func text(_ message: String, arguments: [String]) -> String {
    var text = message
    for (index, argument) in arguments.enumerated() {
      let place = "'…' (argument \(index + 1))"
      let halves = argument.split(separator: "=", maxSplits: 1).map(String.init)
      for part in [argument] + (argument.hasPrefix("-") ? halves : []) where !isName(part, isFirst: index == 0) {
        text = text.replacing("'\(part)'", with: place).replacing(
          "Invalid option: \(part)", with: "Invalid option \(place)")
      }
    }
    return text.split(whereSeparator: \.isNewline).joined(separator: " ")
  }

  /// Whether it can be but the name of a flag, or what was meant for the name of a command.
  private static func isName(_ text: String, isFirst: Bool) -> Bool {
    guard text.hasPrefix("-") else { return isFirst && text.allSatisfy { ("a"..."z").contains($0) } }
    let name = text.dropFirst(text.hasPrefix("--") ? 2 : 1)
    return (text.hasPrefix("--") ? 1..<20 : 1..<2).contains(name.count) && !name.hasPrefix("-")
      && name.allSatisfy { $0 == "-" || $0.isASCII && $0.isLetter }
  }
}
