import SocketIO

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// The terminal that a person types on.
enum Terminal {
  static func isTerminal(_ descriptor: Int32) -> Bool { isatty(descriptor) == 1 }

  /// The number of columns; 80 if the terminal does not tell.
  static func columns(_ descriptor: Int32) -> Int {
    var size = winsize()
    guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
    return Int(size.ws_col)
  }

  /// The settings of standard input before `readKeys`.
  private static let original = Locked<termios?>(nil)

  /// Delivers each key at once, without showing it, until `restore`, or until the program exits.
  static func readKeys() {
    var settings = termios()
    guard tcgetattr(STDIN_FILENO, &settings) == 0 else { return }
    original.withLock { original in
      if original == nil {
        original = settings
        atexit { Terminal.restore() }
      }
    }
    settings.c_lflag &= ~tcflag_t(ICANON | ECHO | ISIG | IEXTEN)
    withUnsafeMutableBytes(of: &settings.c_cc) { characters in
      characters[Int(VMIN)] = 1
      characters[Int(VTIME)] = 0
    }
    tcsetattr(STDIN_FILENO, TCSADRAIN, &settings)
  }

  static func restore() {
    guard var settings = original.withLock(\.self) else { return }
    tcsetattr(STDIN_FILENO, TCSADRAIN, &settings)
  }

  /// Stops the process, as ^Z does where keys are not read one by one. Returns when it goes on.
  static func stopProcess() { kill(0, SIGTSTP) }
}
