import Dispatch

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// Calls a handler when the process gets one of several signals, instead of what the system does by default.
struct SignalHandler {
  private let sources: [any DispatchSourceSignal]

  private init(_ signals: [Int32], _ handler: @escaping @Sendable () -> Void) {
    sources = signals.map { number in
      signal(number, SIG_IGN)
      let source = DispatchSource.makeSignalSource(signal: number)
      source.setEventHandler(handler: handler)
      source.resume()
      return source
    }
  }

  /// ^C and SIGTERM, which would end the program.
  static func interruption(_ handler: @escaping @Sendable () -> Void) -> SignalHandler {
    SignalHandler([SIGINT, SIGTERM], handler)
  }

  /// The terminal has another size, or the program goes on after it was stopped.
  static func terminalChange(_ handler: @escaping @Sendable () -> Void) -> SignalHandler {
    SignalHandler([SIGWINCH, SIGCONT], handler)
  }
}
