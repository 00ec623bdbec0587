import ArgumentParser
import SocketIO

/// The flags of commands that print JSON.
struct OutputFlags: ParsableArguments {
  @Flag(help: "Print JSON on several lines, with indentation.")
  var pretty = false

  /// Writes a value to standard output.
  func write(_ value: SocketValue) {
    if pretty || StandardOutput.hasColours {
      StandardOutput.write(ValueText(isPretty: pretty).text(value))
    } else {
      // The same text, for programs that read many.
      StandardOutput.write(value.json)
    }
  }
}
