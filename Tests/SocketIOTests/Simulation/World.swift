import SocketIOTesting

@testable import SocketIO

/// Everything except the client: the network, the server, and the ledger.
///
/// Everything happens at a moment of virtual time, one event at a time, determined by the seed.
struct World: Sendable {
  /// Something under way on the network.
  enum Happening: Sendable {
    case requestArrives(Int, isRepeated: Bool)
    case answerArrives(Int, ModelServer.Answer)
    case requestFails(Int)
    case requestGone(Int)
    case webSocketArrives(Int)
    case webSocketOpens(Int)
    case packetToServer(Int, EnginePacket)
    case pingToServer(Int, UInt64)
    case closeToServer(Int)
    case packetToClient(Int, ModelServer.Outgoing)
    case toClient(Int, TransportEvent)
    case server(ModelServer.Timer, life: Int)
    case serverStarts
  }

  /// The network's side of a transport: of a WebSocket, or of all requests of a polling transport.
  struct Link: Sendable {
    let engine: Int
    var sid: String?
    var trigger: VirtualTimer.Trigger?
    var inbox: [ClientInput] = []
    /// The transport receives nothing any more.
    var isAbandoned = false
    /// The transport waits for the server to close.
    var isShutDown = false
    /// Nothing gets through, and neither side learns of it.
    var isSilent = false
    /// The server never learns of it.
    var isUnheard = false
    /// Reset: data under way is lost.
    var isCut = false
    /// Moments before which nothing more may arrive, to keep the order.
    var nextAtServer: UInt64 = 0
    var nextAtClient: UInt64 = 0
    var requests: [Method: Int] = [:]
  }

  enum Method: String, Sendable { case get, post }

  enum Fate: Sendable { case arrives, isLost, answerIsLost, vanishes, answerVanishes }

  struct Request: Sendable {
    let link: Int
    let method: Method
    let sid: String?
    let packets: [EnginePacket]
    let fate: Fate
    var isOver = false
  }

  var now: UInt64
  var random: SeededGenerator
  var climate: Climate
  var server: ModelServer
  var ledger: Ledger
  /// Whether the network, the server or the user still has something to do.
  private(set) var isTroubled: Bool
  var isServerUp = true
  var serverLife = 0
  var happenings = Agenda<Happening>()
  var links: [Int: Link] = [:]
  var requests: [Int: Request] = [:]
  var lastID = 0
  var engines = 0
  var engineStarts: [Int: UInt64] = [:]
  /// Transports of the client that exist.
  private(set) var transportCount = 0
  let isTraced: Bool
  private(set) var trace: [String] = []

  init(scenario: Scenario, random: SeededGenerator, now: UInt64, isTraced: Bool) {
    self.random = random
    self.now = now
    self.isTraced = isTraced
    climate = scenario.climate
    isTroubled = !scenario.climate.isCalm
    server = ModelServer(habits: scenario.server, random: SeededGenerator(seed: self.random.next()))
    ledger = Ledger(scenario.namespaces)
  }

  // MARK: For the run

  /// The time of the next event.
  var nextMoment: UInt64? { happenings.nextMoment }

  mutating func note(_ text: @autoclosure () -> String) {
    if isTraced, ledger.violation == nil { trace.append("\(now - 1_000_000) \(text())") }
  }

  /// Performs the next event.
  ///
  /// - Returns: The acknowledgements that it delivers to the client.
  mutating func step() -> [AckNote] {
    guard let happening = happenings.removeNext() else { return [] }
    var acks: [AckNote] = []
    switch happening {
    case .requestArrives(let request, let isRepeated): arrive(request, isRepeated: isRepeated)
    case .answerArrives(let request, let answer): acks = complete(request, answer)
    case .requestFails(let id): fail(id)
    case .requestGone(let request): server.requestGone(request)
    case .webSocketArrives(let link): webSocketArrives(link)
    case .webSocketOpens(let link): deliver(.webSocket(.opened), to: link)
    case .packetToServer(let link, let packet):
      if let state = links[link], !state.isSilent, !state.isCut {
        note("server gets \(packet.wire) on \(link)")
        server.received(packet, from: link)
      }
      if !isReadGoingOn(on: link) { server.finishRead() }
    case .pingToServer(let link, let mark):
      if let state = links[link], !state.isSilent, !state.isCut {
        note("server gets ping \(mark) on \(link)")
        scheduleToClient(.toClient(link, .readReceipt(mark)), link)
      }
      if !isReadGoingOn(on: link) { server.finishRead() }
    case .closeToServer(let link): if links[link]?.isSilent == false { server.closed(link) }
    case .packetToClient(let link, let outgoing):
      if let state = links[link], !state.isSilent, !state.isCut, !state.isAbandoned {
        deliver(.webSocket(.packet(outgoing.packet)), to: link)
        acks = outgoing.ack.map { [$0] } ?? []
      }
    case .toClient(let link, let event): if links[link]?.isSilent == false { deliver(.webSocket(event), to: link) }
    case .server(let timer, let life): if life == serverLife { server.fire(timer) }
    case .serverStarts:
      note("the server is back")
      isServerUp = true
    }
    performServerActions()
    return acks
  }

  /// Whether more arrives on the link at this moment, which the server reads together with the last arrival.
  private func isReadGoingOn(on link: Int) -> Bool {
    guard let next = happenings.entries.last, next.moment == now else { return false }
    return switch next.entry {
    case .packetToServer(link, _), .pingToServer(link, _): true
    default: false
    }
  }

  // MARK: Trouble on purpose

  /// The server crashes with its sessions, and restarts after a while.
  mutating func restartServer(after milliseconds: UInt64) {
    note("the server dies")
    isServerUp = false
    serverLife += 1
    server.restart()
    // A process that is killed closes its connections; a machine that loses power does not.
    resetConnections(silently: random.chance(200))
    happenings.add(.serverStarts, at: now + milliseconds)
  }

  mutating func resetConnections(silently: Bool) {
    note(silently ? "all connections go silent" : "all connections are reset")
    for id in links.keys.sorted() where links[id]?.isCut == false { cut(id, silently: silently) }
    for id in requests.keys.sorted() where requests[id]?.isOver == false {
      if !silently { schedule(.requestFails(id)) }
      schedule(.requestGone(id))
    }
  }

  /// Delays everything sent from now on.
  mutating func stall(_ milliseconds: UInt64) {
    note("all connections stall")
    let end = now + milliseconds
    for (id, link) in links {
      links[id]?.nextAtServer = max(end, link.nextAtServer)
      links[id]?.nextAtClient = max(end, link.nextAtClient)
    }
  }

  /// Ends all faults.
  mutating func heal(revealingSilence: Bool) {
    note("the trouble is over")
    isTroubled = false
    if revealingSilence { revealSilence() }
    climate = .calm
    isServerUp = true
    server.habits.refusal = 0
    server.habits.silence = 0
    server.habits.lateness = 0
    withServer { $0.endDisturbedSessions() }
  }

  /// Fails requests and connections that have silently disappeared.
  mutating func revealSilence() {
    for id in links.keys.sorted() where links[id]?.isCut == false {
      guard let link = links[id], link.isSilent || link.isUnheard else { continue }
      links[id]?.isSilent = false
      cut(id, silently: false)
    }
    for (id, request) in requests.sorted(by: { $0.key < $1.key }) {
      if request.fate == .vanishes || request.fate == .answerVanishes { schedule(.requestFails(id)) }
    }
  }

  mutating func withServer(_ body: (inout ModelServer) -> Void) {
    guard isServerUp else { return }
    body(&server)
    performServerActions()
  }

  // MARK: For the client's transports

  mutating func beginEngine() -> Int {
    engines += 1
    engineStarts[engines] = now
    let engine = engines
    note("engine \(engine)")
    return engine
  }

  func isCurrent(_ engine: Int) -> Bool { engine == engines }

  /// An engine that was replaced has 5 seconds to send what it has and to close.
  mutating func judgeEngines() {
    for link in links.values where !link.isAbandoned && link.trigger != nil && link.engine < engines {
      if now > (engineStarts[link.engine + 1] ?? now) + 5_001 {
        ledger.violation("engine \(link.engine) is still there, long after it was replaced")
      }
    }
  }

  mutating func makeLink(engine: Int) -> Int {
    transportCount += 1
    return add(Link(engine: engine))
  }

  mutating func bind(_ link: Int, to trigger: VirtualTimer.Trigger) { links[link]?.trigger = trigger }

  mutating func transportFreed(_ link: Int) {
    transportCount -= 1
    links[link]?.trigger = nil
    abandon(link)
  }

  mutating func takeInbox(of link: Int) -> [ClientInput] {
    defer { links[link]?.inbox = [] }
    return links[link]?.inbox ?? []
  }

  mutating func connect(_ link: Int, sid: String?) {
    note("WebSocket \(link) connects")
    links[link]?.sid = sid
    guard isServerUp, !random.chance(climate.refusal) else {
      return schedule(.toClient(link, .failed(SocketIOError(.connectFailed, "refused"))))
    }
    if random.chance(climate.silence) {
      links[link]?.isUnheard = true
      return
    }
    schedule(.webSocketArrives(link))
    if random.chance(climate.duplication), let engine = links[link]?.engine {
      // A copy that the network made, unknown to the client.
      var ghost = Link(engine: engine, sid: sid)
      ghost.isAbandoned = true
      schedule(.webSocketArrives(add(ghost)))
    }
  }

  mutating func send(_ packets: [EnginePacket], on link: Int) -> Bool {
    guard let state = links[link], !state.isShutDown else { return false }
    for packet in packets {
      note("client sends \(packet.wire) on \(link)")
      if random.chance(climate.reset) { cut(link, silently: false) }
      if random.chance(climate.silence) { links[link]?.isSilent = true }
      scheduleToServer(.packetToServer(link, packet), link)
    }
    if random.chance(700) { return true }
    // The buffers are full until the sent data has arrived.
    if let moment = links[link]?.nextAtServer { happenings.add(.toClient(link, .writable), at: moment) }
    return false
  }

  /// Servers answer WebSocket pings automatically, in the order in which they read.
  mutating func ping(_ mark: UInt64, on link: Int) {
    note("client pings \(mark) on \(link)")
    scheduleToServer(.pingToServer(link, mark), link)
  }

  mutating func shutDown(_ link: Int) {
    note("client closes \(link)")
    links[link]?.isShutDown = true
    scheduleToServer(.closeToServer(link), link)
  }

  mutating func get(_ link: Int, sid: String?) { request(.get, link, sid, []) }

  mutating func post(_ packets: [EnginePacket], on link: Int, sid: String?) { request(.post, link, sid, packets) }

  /// The transport releases the connection, or its requests.
  mutating func abandon(_ link: Int) {
    guard let state = links[link], !state.isAbandoned else { return }
    note("client abandons \(link)")
    links[link]?.isAbandoned = true
    links[link]?.inbox = []
    if !state.isShutDown { scheduleToServer(.closeToServer(link), link) }
    for id in state.requests.values.sorted() where requests[id]?.isOver == false {
      requests[id]?.isOver = true
      schedule(.requestGone(id))
    }
  }

  // MARK: Getting there

  mutating func add(_ link: Link) -> Int {
    lastID += 1
    links[lastID] = link
    return lastID
  }

  mutating func deliver(_ input: ClientInput, to link: Int) {
    guard let state = links[link], !state.isAbandoned else { return }
    note("client gets \(input.text) on \(link)")
    links[link]?.inbox.append(input)
    state.trigger?.fire()
  }

  mutating func latency() -> UInt64 {
    let usual = UInt64(random.number(Int(climate.latency.lowerBound)...Int(climate.latency.upperBound)))
    return random.chance(climate.delay) ? usual + UInt64(random.number(1...1_000)) : usual
  }

  mutating func schedule(_ happening: Happening) { happenings.add(happening, at: now + latency()) }

  mutating func scheduleToServer(_ happening: Happening, _ link: Int) {
    let moment = max(now + latency(), links[link]?.nextAtServer ?? 0)
    links[link]?.nextAtServer = moment
    happenings.add(happening, at: moment)
  }

  mutating func scheduleToClient(_ happening: Happening, _ link: Int) {
    let moment = max(now + latency(), links[link]?.nextAtClient ?? 0)
    links[link]?.nextAtClient = moment
    happenings.add(happening, at: moment)
  }
}

extension ClientInput {
  /// For traces.
  var text: String {
    switch self {
    case .webSocket(let event): event.wire
    case .polled(.success(let packets)): packets.wire
    case .posted(.success): "ok"
    case .polled(.failure(let error)), .posted(.failure(let error)): "\(error)"
    }
  }
}

/// Scheduled events, ordered by time and, for equal times, in the order in which they were added.
struct Agenda<Entry: Sendable>: Sendable {
  /// Sorted in reverse: the last one is next.
  var entries: [(moment: UInt64, entry: Entry)] = []

  var nextMoment: UInt64? { entries.last?.moment }

  mutating func add(_ entry: Entry, at moment: UInt64) {
    var index = entries.count
    while index > 0, entries[index - 1].moment <= moment { index -= 1 }
    entries.insert((moment, entry), at: index)
  }

  mutating func removeNext() -> Entry? { entries.popLast()?.entry }
}
