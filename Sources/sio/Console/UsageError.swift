/// Messages about unusable command lines, on one line.
enum UsageError {
  /// ArgumentParser quotes arguments in its messages. Since an argument may be secret, its position replaces it; the
  /// names of flags are shown.
  ///
  /// - Parameters:
  ///   - message: The message of ArgumentParser.
  ///   - arguments: The command line, without the program's name.
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

  /// What to do about a first argument that is no command; nil if it is one, or a flag.
  static func withoutCommand(_ arguments: [String], commands: [String]) -> String? {
    guard let first = arguments.first, !first.hasPrefix("-"), !(commands + ["help"]).contains(first) else { return nil }
    let what = isName(first, isFirst: true) ? "'\(first)'" : "argument 1"
    return "\(what) is no command: begin with \(commands.dropLast().joined(separator: ", ")) or \(commands.last ?? "")"
  }

  /// Where to read on after one of ArgumentParser's own messages, which do not say it; empty after others.
  static func hint(_ message: String, arguments: [String], commands: [String]) -> String {
    let isTerse = ["Missing expected", "Unknown option", "Unexpected argument"].contains(where: message.hasPrefix)
    guard isTerse || message.contains("unexpected arguments: ") else { return "" }
    let command = arguments.first.flatMap { commands.contains($0) ? "\($0) " : nil } ?? ""
    return " (see sio \(command)--help)"
  }

  /// Whether the text can only be the name of a flag, or a mistyped name of a command.
  private static func isName(_ text: String, isFirst: Bool) -> Bool {
    guard text.hasPrefix("-") else { return isFirst && text.allSatisfy { ("a"..."z").contains($0) } }
    let name = text.dropFirst(text.hasPrefix("--") ? 2 : 1)
    return (text.hasPrefix("--") ? 1..<20 : 1..<2).contains(name.count) && !name.hasPrefix("-")
      && name.allSatisfy { $0 == "-" || $0.isASCII && $0.isLetter }
  }
}
