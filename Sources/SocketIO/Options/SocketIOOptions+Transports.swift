import Logging

/// `transportOptions`: the options that one transport may have for itself.
extension SocketIOOptions {
  /// The options of a whole connection, a Manager or a Socket. Transports do not read them, so setting them for one
  /// transport would have no effect.
  package static let sharedByTransports = shared.map(\.name)

  private typealias Comparison = @Sendable (SocketIOOptions, SocketIOOptions) -> Bool

  /// With a test whether two values are the same. Closures and parsers that are not `Equatable` count as the same.
  private static let shared: [(name: String, isSame: Comparison)] = [
    ("forceNew", same(\.forceNew)), ("multiplex", same(\.multiplex)), ("transports", same(\.transports)),
    ("upgrade", same(\.upgrade)), ("rememberUpgrade", same(\.rememberUpgrade)),
    ("tryAllTransports", same(\.tryAllTransports)),
    ("transportOptions", { $0.transportOptions.keys == $1.transportOptions.keys }),
    ("reconnection", same(\.reconnection)), ("reconnectionAttempts", same(\.reconnectionAttempts)),
    ("reconnectionDelay", same(\.reconnectionDelay)), ("reconnectionDelayMax", same(\.reconnectionDelayMax)),
    ("randomizationFactor", same(\.randomizationFactor)), ("timeout", same(\.timeout)),
    ("autoConnect", same(\.autoConnect)), ("parser", { isSame($0.parser, $1.parser) }),
    ("auth", { isSame($0.auth, $1.auth) }), ("ackTimeout", same(\.ackTimeout)), ("retries", same(\.retries)),
    ("offlineBuffer", same(\.offlineBuffer)), ("highWaterMark", same(\.highWaterMark)),
    ("inboundBuffer", same(\.inboundBuffer)),
    ("delivery", { isSame($0.delivery, $1.delivery) }), ("eventLoop", { $0.eventLoop === $1.eventLoop }),
    ("logger", { $0.logger.label == $1.logger.label && $0.logger.logLevel == $1.logger.logLevel }),
  ]

  /// The options as they are for one transport.
  func options(for transport: TransportName) -> SocketIOOptions {
    guard let change = transportOptions[transport] else { return self }
    var options = withoutTransportOptions
    change(&options)
    return options
  }

  /// An option that `transportOptions` changes for the transport although it cannot differ between transports.
  func misplacedOption(of transport: TransportName) -> String? {
    let (before, after) = (withoutTransportOptions, options(for: transport))
    return Self.shared.first { !$0.isSame(before, after) }?.name
  }

  private var withoutTransportOptions: SocketIOOptions {
    var options = self
    options.transportOptions = [:]
    return options
  }

  // MARK: Comparing

  private static func same<Value: Equatable & Sendable>(_ option: any KeyPath<SocketIOOptions, Value> & Sendable)
    -> Comparison
  {
    { $0[keyPath: option] == $1[keyPath: option] }
  }

  private static func isSame(_ one: SocketAuth?, _ other: SocketAuth?) -> Bool {
    switch (one, other) {
    case (nil, nil), (.provider, .provider): true
    case (.value(let one), .value(let other)): one == other
    default: false
    }
  }

  private static func isSame(_ one: HandlerDelivery, _ other: HandlerDelivery) -> Bool {
    switch (one.place, other.place) {
    case (.serial, .serial), (.loop, .loop): true
    case (.queue(let one), .queue(let other)): one === other
    default: false
    }
  }

  private static func isSame(_ one: any SocketParser, _ other: any SocketParser) -> Bool {
    guard type(of: one) == type(of: other) else { return false }
    guard let one = one as? any Equatable else { return true }
    return isEqual(one, other)
  }

  private static func isEqual<Value: Equatable>(_ one: Value, _ other: any SocketParser) -> Bool {
    one == other as? Value
  }
}
