import SocketIOTesting

@testable import SocketIO

/// What a seed determines in advance: the client's options, the server's behaviour, and the quality of the network.
struct Scenario: Sendable {
  struct Namespace: Sendable {
    let name: String
    let retries: Int
    let ackTimeout: UInt64?
  }

  let options: SocketIOOptions
  let namespaces: [Namespace]
  let server: ModelServer.Habits
  let climate: Climate
  /// Milliseconds of faults, after which the network and the server work.
  let duration: UInt64
  let operations: Int

  /// Whether an active Socket never gives up.
  var reconnectsForEver: Bool { options.reconnection && options.reconnectionAttempts == .unlimited }

  init(using random: inout SeededGenerator) {
    let isCalm = random.chance(100)
    climate = isCalm ? .calm : Climate(using: &random)
    var options = ClientBench.options()
    options.transports = random.pick([[.polling], [.websocket], [.polling, .websocket], [.websocket, .polling]])
    options.upgrade = !random.chance(100)
    options.tryAllTransports = random.chance(300)
    options.timeout = random.chance(200) ? .never : .after(.milliseconds(random.number(300...3_000)))
    options.reconnectionDelay = .milliseconds(random.number(1...500))
    options.reconnectionDelayMax = .milliseconds(random.number(500...2_000))
    if random.chance(200) { options.reconnectionAttempts = .limited(random.number(1...4)) }
    if random.chance(50) { options.reconnection = false }
    options.autoConnect = random.chance(700)
    if random.chance(300) { options.inboundBuffer = random.number(1...2_000) }
    self.options = options

    let count = random.number(1...3)
    namespaces = ["/", "/a", "/b"].prefix(count).map { name in
      switch random.number(0...3) {
      case 0: Namespace(name: name, retries: .max, ackTimeout: UInt64(random.number(50...800)))
      case 1: Namespace(name: name, retries: .max, ackTimeout: nil)
      case 2: Namespace(name: name, retries: random.number(1...3), ackTimeout: UInt64(random.number(50...800)))
      default: Namespace(name: name, retries: 0, ackTimeout: random.chance(300) ? 300 : nil)
      }
    }
    server = ModelServer.Habits(isCalm: isCalm, namespaces: namespaces, using: &random)
    duration = UInt64(random.number(1_000...5_000))
    operations = random.number(10...40)
  }
}

/// The faults of the network, in chances per thousand.
struct Climate: Sendable {
  var latency: ClosedRange<UInt64> = 1...5
  /// An attempt to connect, or a request, is refused.
  var refusal = 0
  /// A request or a connection is reset before the server sees it, or before its answer arrives.
  var reset = 0
  /// A request, or everything on a connection from some moment on, silently disappears.
  var silence = 0
  /// The server sees a request or the opening of a connection twice.
  var duplication = 0
  /// Data takes up to a second longer.
  var delay = 0

  static let calm = Climate()

  var isCalm: Bool { refusal + reset + silence + duplication + delay == 0 }

  private init() {}

  init(using random: inout SeededGenerator) {
    latency = 1...UInt64(random.number(2...60))
    // Most networks have one or two kinds of faults; all at once would let nothing through.
    func degree(_ worst: Int, using random: inout SeededGenerator) -> Int {
      random.chance(500) ? 0 : random.number(1...worst)
    }
    refusal = degree(200, using: &random)
    reset = degree(80, using: &random)
    silence = degree(30, using: &random)
    duplication = degree(60, using: &random)
    delay = degree(150, using: &random)
  }
}

extension SeededGenerator {
  mutating func number(_ range: ClosedRange<Int>) -> Int {
    range.lowerBound + Int(next() % UInt64(range.upperBound - range.lowerBound + 1))
  }

  /// True with this chance per thousand.
  mutating func chance(_ perMille: Int) -> Bool { number(0...999) < perMille }

  mutating func pick<Element>(_ elements: [Element]) -> Element { elements[number(0...elements.count - 1)] }
}
