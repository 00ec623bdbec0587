/// Where an interactive session prints.
protocol SessionOutput: Sendable {
  func write(_ text: StyledText)

  /// Remembers the name of an event, which the person may want to type.
  func learn(event name: String)
}

/// Prints to standard output, whatever that is.
struct PlainOutput: SessionOutput {
  func write(_ text: StyledText) { StandardOutput.write(text) }
  func learn(event name: String) {}
}
