import ArgumentParser
import SocketIO

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Standard output, for programs that read it line by line.
enum StandardOutput {
  static let isTerminal = Terminal.isTerminal(Descriptor.standardOutput)

  static let hasColours = StyledText.hasColours(
    isTerminal: isTerminal, environment: ProcessInfo.processInfo.environment)

  static func write(_ text: StyledText) { write(text.rendered(inColour: hasColours)) }

  /// Writes a whole line at once.
  static func write(_ line: String) { put(line + "\n") }

  /// Writes a text as it is. Ends the program if it cannot be written.
  static func put(_ text: String) {
    do {
      try Descriptor.write(text, to: Descriptor.standardOutput)
    } catch {
      // A reader that closes the pipe is no error.
      if !error.isBrokenPipe {
        StandardError.write("sio: cannot write the output: \(error.reason)")
      }
      Sio.exit(withError: ExitCode.failure)
    }
  }
}

/// Standard error, for people.
enum StandardError {
  static func write(_ line: String) {
    // There is no other place to report a failure to.
    try? Descriptor.write(line.escapingControls + "\n", to: Descriptor.standardError)
  }
}
