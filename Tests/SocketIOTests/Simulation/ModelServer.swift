import Foundation

@testable import SocketIO

/// An Engine.IO 4 and Socket.IO 5 server as a value: input goes in, and its output collects in `actions`.
///
/// It is stricter than real servers: everything that the protocol forbids a client is a `.violation`. Its application
/// acknowledges events, broadcasts numbered news to each namespace, asks questions, and disconnects clients.
struct ModelServer {
  struct Habits: Sendable {
    var pingInterval: UInt64
    var pingTimeout: UInt64
    var maxPayload: Int
    var keepsSessions: Bool
    /// Per thousand: CONNECTs refused, and late answers.
    var refusal: Int
    var lateness: Int
    /// Per thousand: events that are not acknowledged, if the client has a timeout.
    var silence: Int
    /// Namespaces whose events are always acknowledged, since their retry queues have no timeout.
    let reliable: [String]

    init(isCalm: Bool, namespaces: [Scenario.Namespace], using random: inout SeededGenerator) {
      pingInterval = UInt64(random.number(200...2_000))
      pingTimeout = UInt64(random.number(200...1_000))
      maxPayload = random.chance(200) ? random.number(10...200) : 1_000_000
      keepsSessions = random.chance(400)
      refusal = isCalm || random.chance(600) ? 0 : 150
      lateness = random.chance(500) ? 0 : 300
      silence = isCalm ? 0 : random.pick([0, 50, 300])
      reliable = namespaces.filter { $0.retries > 0 && $0.ackTimeout == nil }.map(\.name)
    }
  }

  enum Answer: Sendable {
    case ok([Outgoing])
    case refused
  }

  /// A packet, with the acknowledgement in it if there is one.
  struct Outgoing: Sendable {
    var packet: EnginePacket
    var ack: AckNote?
  }

  enum Timer: Sendable {
    case ping(String)
    case pongLate(String, ping: Int)
    case release(String, probe: Int)
    case probeLate(String, probe: Int)
    case join(String, namespace: String)
    case ack(String, namespace: String, AckNote)
  }

  enum Action {
    case respond(Int, Answer)
    case frame(Int, Outgoing)
    case close(Int)
    case after(UInt64, Timer)
    case arrived(Arrival)
    /// An event came from a disconnected client.
    case ignored(Stream, Int)
    case violation(String)
  }

  /// A packet of a member that was read, to be handled in turn.
  struct Unfinished: Sendable {
    let packet: SocketPacket
    let session: String
    /// The member that it is for.
    let sid: String
    let isRepeated: Bool
    /// Only the handlers of the event are left to run.
    var isDispatched = false
  }

  /// A namespace that a session has joined.
  struct Member: Sendable {
    var sid: String
    var pid: String?
    /// The number of news before the Socket joined.
    let base: Int
    var questions: Set<Int> = []
  }

  struct Session {
    let sid: String
    /// The client's engine that it belongs to.
    let engine: Int
    var outbox: [Outgoing] = []
    var poll: Int?
    var webSocket: Int?
    var probe: Int?
    var isProbed = false
    var pings = 0
    var isPongDue = false
    /// CONNECTs that are not answered yet, with their payloads.
    var joining: [String: SocketValue] = [:]
    var members: [String: Member] = [:]
    /// Namespaces from which the client was disconnected: packets that it sent before it knew are not violations.
    var expelled: Set<String> = []
    /// Namespaces that the client has left: it may answer earlier packets after it has rejoined.
    var left: Set<String> = []
    /// The network duplicated a request: the client's packets cannot be checked any more.
    var isDisturbed = false
    var decoder = JSONParser().makeDecoder()
  }

  var habits: Habits
  var random: SeededGenerator
  var actions: [Action] = []
  var sessions: [String: Session] = [:]
  var links: [Int: String] = [:]
  /// The number of news of each namespace.
  var news: [String: Int] = [:]
  var kept: [String: Member] = [:]
  /// Packets that were read and are not fully handled; see ``finishRead()``.
  var unfinished: [Unfinished] = []
  var lastID = 0

  init(habits: Habits, random: SeededGenerator) {
    self.habits = habits
    self.random = random
  }

  /// A crash: only the application's database survives.
  mutating func restart() {
    sessions = [:]
    links = [:]
    kept = [:]
  }

  // MARK: HTTP

  mutating func get(_ request: Int, sid: String?, engine: Int, isRepeated: Bool) {
    guard let sid else {
      let session = open(engine: engine)
      actions.append(.respond(request, .ok([Outgoing(packet: .open(handshake(session)))])))
      return
    }
    guard var session = sessions[sid], session.webSocket == nil else {
      if sessions[sid]?.isDisturbed == false, !isRepeated { violation("GET after the upgrade") }
      actions.append(.respond(request, .refused))
      return
    }
    if let poll = session.poll {
      if !isRepeated, !session.isDisturbed { violation("two GETs at a time") }
      actions.append(.respond(poll, .refused))
      actions.append(.respond(request, .refused))
      end(sid)
      return
    }
    if isRepeated { session.isDisturbed = true }
    session.poll = request
    sessions[sid] = session
    flush(sid)
  }

  mutating func post(_ request: Int, sid: String?, _ packets: [EnginePacket], isRepeated: Bool) {
    guard let sid, sessions[sid] != nil, sessions[sid]?.webSocket == nil else {
      if let sid, sessions[sid]?.isDisturbed == false, !isRepeated { violation("POST after the upgrade") }
      actions.append(.respond(request, .refused))
      return
    }
    if isRepeated { sessions[sid]?.isDisturbed = true }
    if packets.count > 16 { violation("\(packets.count) packets in one POST") }
    actions.append(.respond(request, .ok([])))
    for packet in packets { received(packet, on: sid, isRepeated: isRepeated) }
    finishRead()
  }

  /// The connection of a held request has ended.
  mutating func requestGone(_ request: Int) {
    if let session = sessions.values.first(where: { $0.poll == request }) { end(session.sid) }
  }

  // MARK: WebSocket

  mutating func connected(_ link: Int, sid: String?, engine: Int) {
    guard let sid else {
      let session = open(engine: engine)
      sessions[session]?.webSocket = link
      links[link] = session
      actions.append(.frame(link, Outgoing(packet: .open(handshake(session)))))
      return
    }
    guard let session = sessions[sid], session.webSocket == nil, session.probe == nil else {
      actions.append(.close(link))
      return
    }
    sessions[sid]?.probe = link
    links[link] = sid
    actions.append(.after(1_000, .probeLate(sid, probe: link)))
  }

  mutating func received(_ packet: EnginePacket, from link: Int) {
    guard let sid = links[link], let session = sessions[sid] else { return }
    if session.webSocket == link { return received(packet, on: sid, isRepeated: false) }
    switch packet {
    case .ping("probe") where !session.isProbed:
      sessions[sid]?.isProbed = true
      actions.append(.frame(link, Outgoing(packet: .pong("probe"))))
      actions.append(.after(0, .release(sid, probe: link)))
    case .upgrade where session.isProbed:
      if session.poll != nil, !session.isDisturbed { violation("the upgrade while a GET is under way") }
      sessions[sid]?.webSocket = link
      sessions[sid]?.probe = nil
      flush(sid)
    default: violation("\(packet.wire) on a WebSocket that is only tried")
    }
  }

  mutating func closed(_ link: Int) {
    guard let sid = links.removeValue(forKey: link), let session = sessions[sid] else { return }
    if session.webSocket == link {
      end(sid)
    } else if session.probe == link {
      sessions[sid]?.probe = nil
      sessions[sid]?.isProbed = false
    }
  }

  // MARK: Timers

  mutating func fire(_ timer: Timer) {
    switch timer {
    case .ping(let sid):
      guard let session = sessions[sid] else { return }
      sessions[sid]?.pings += 1
      sessions[sid]?.isPongDue = true
      send(.ping(""), on: sid)
      actions.append(.after(habits.pingTimeout, .pongLate(sid, ping: session.pings + 1)))
    case .pongLate(let sid, let ping):
      if let session = sessions[sid], session.isPongDue, session.pings == ping { end(sid) }
    case .release(let sid, let probe):
      guard let session = sessions[sid], session.probe == probe else { return }
      if session.poll != nil, session.outbox.isEmpty { send(.noop, on: sid) }
      actions.append(.after(20, .release(sid, probe: probe)))
    case .probeLate(let sid, let probe):
      guard sessions[sid]?.probe == probe else { return }
      actions.append(.close(probe))
      closed(probe)
    case .join(let sid, let namespace): answerJoin(sid, namespace)
    case .ack(let sid, let namespace, let note):
      if sessions[sid]?.members[namespace]?.sid == note.sid { acknowledge(note, on: sid, namespace) }
    }
  }

  // MARK: The application

  /// Sends the next news to every member of the namespace.
  mutating func broadcast(_ namespace: String, isBinary: Bool) {
    let number = news[namespace, default: 0] + 1
    news[namespace] = number
    for sid in sessions.keys.sorted() {
      if let member = sessions[sid]?.members[namespace] {
        sendNews(number, to: member, namespace, on: sid, isBinary: isBinary)
      }
    }
  }

  mutating func ask(_ namespace: String) {
    for sid in sessions.keys.sorted() where sessions[sid]?.members[namespace] != nil {
      lastID += 1
      sessions[sid]?.members[namespace]?.questions.insert(lastID)
      emit("question", [.int(lastID)], id: lastID, namespace, on: sid)
    }
  }

  mutating func expel(_ namespace: String) {
    for sid in sessions.keys.sorted() where sessions[sid]?.members.removeValue(forKey: namespace) != nil {
      sessions[sid]?.expelled.insert(namespace)
      send(SocketPacket(namespace: namespace, content: .disconnect), on: sid)
    }
  }

  /// Ends every session; with `garbage`, by sending an invalid packet, so that the client ends it.
  mutating func endSessions(garbage: Bool) {
    for sid in sessions.keys.sorted() {
      if garbage { send(.message(.text("9")), on: sid) } else { end(sid) }
    }
  }

  /// Ends the sessions whose state may differ between client and server, since a request was duplicated.
  mutating func endDisturbedSessions() {
    for sid in sessions.keys.sorted() where sessions[sid]?.isDisturbed == true { end(sid) }
  }
}
