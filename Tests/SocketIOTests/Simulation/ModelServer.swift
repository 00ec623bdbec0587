import Foundation

@testable import SocketIO

/// An Engine.IO 4 and Socket.IO 5 server as a value: what reaches it goes in, what it does collects in `actions`.
///
/// It is stricter than real servers: what the protocol forbids a client is a `.violation`. Its application acknowledges events, broadcasts
/// numbered news to each namespace, asks questions, and throws clients out.
struct ModelServer {
  struct Habits: Sendable {
    var pingInterval: UInt64
    var pingTimeout: UInt64
    var maxPayload: Int
    var keepsSessions: Bool
    /// In a thousand: CONNECTs refused, and answers that come late.
    var refusal: Int
    var lateness: Int
    /// In a thousand: events that are not acknowledged, where the client has a timeout for it.
    var silence: Int
    /// Namespaces whose events are always acknowledged, since nothing else would end the wait of their retry queues.
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

  /// A packet with the acknowledgement that it is, if it is one.
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
    /// An event came from one who had been thrown out.
    case ignored(Stream, Int)
    case violation(String)
  }

  /// A namespace that a session has joined.
  struct Member: Sendable {
    var sid: String
    var pid: String?
    /// The news before the Socket joined.
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
    /// Namespaces out of which the client was thrown: what it sent before it knew is no fault of his.
    var expelled: Set<String> = []
    /// Namespaces that the client has left: what was sent to it before may be answered when it has joined again.
    var left: Set<String> = []
    /// The network repeated a request: what the client sends cannot be judged any more.
    var isDisturbed = false
    var decoder = JSONParser().makeDecoder()
  }

  var habits: Habits
  var random: SeededGenerator
  var actions: [Action] = []
  private(set) var sessions: [String: Session] = [:]
  private var links: [Int: String] = [:]
  /// How many news each namespace had.
  private(set) var news: [String: Int] = [:]
  private var kept: [String: Member] = [:]
  private var lastID = 0

  init(habits: Habits, random: SeededGenerator) {
    self.habits = habits
    self.random = random
  }

  /// A crash: only what the application has in its data base is left.
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
  }

  /// The connection of a request that was held is gone.
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

  /// Every member of the namespace gets the next of its news.
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
      emit([.string("question"), .int(lastID)], id: lastID, namespace, on: sid)
    }
  }

  mutating func expel(_ namespace: String) {
    for sid in sessions.keys.sorted() where sessions[sid]?.members.removeValue(forKey: namespace) != nil {
      sessions[sid]?.expelled.insert(namespace)
      send(Packet(namespace: namespace, content: .disconnect), on: sid)
    }
  }

  /// Ends every session; with `garbage`, by sending what is no Socket.IO packet, for the client to end it.
  mutating func endSessions(garbage: Bool) {
    for sid in sessions.keys.sorted() {
      if garbage { send(.message(.text("9")), on: sid) } else { end(sid) }
    }
  }

  /// Ends the sessions of which client and server may think differently, since a request was repeated.
  mutating func endDisturbedSessions() {
    for sid in sessions.keys.sorted() where sessions[sid]?.isDisturbed == true { end(sid) }
  }

  // MARK: Sessions

  private mutating func open(engine: Int) -> String {
    lastID += 1
    let session = Session(sid: "engine-\(lastID)", engine: engine)
    sessions[session.sid] = session
    actions.append(.after(habits.pingInterval, .ping(session.sid)))
    return session.sid
  }

  private func handshake(_ sid: String) -> String {
    Fixture.handshake(
      sid: sid, upgrades: sessions[sid]?.webSocket == nil ? ["websocket"] : [], pingInterval: Int(habits.pingInterval),
      pingTimeout: Int(habits.pingTimeout), maxPayload: habits.maxPayload)
  }

  private mutating func end(_ sid: String) {
    guard let session = sessions.removeValue(forKey: sid) else { return }
    if let poll = session.poll { actions.append(.respond(poll, .ok([Outgoing(packet: .close)]))) }
    for link in [session.webSocket, session.probe].compactMap({ $0 }) {
      links[link] = nil
      actions.append(.close(link))
    }
    guard habits.keepsSessions else { return }
    for member in session.members.values {
      if let pid = member.pid { kept[pid] = member }
    }
  }

  private mutating func received(_ packet: EnginePacket, on sid: String, isRepeated: Bool) {
    guard let session = sessions[sid] else { return }
    switch packet {
    case .message(let message): received(message, on: sid, isRepeated: isRepeated)
    case .pong:
      guard session.isPongDue else { return isRepeated ? () : violation("a pong without a ping") }
      sessions[sid]?.isPongDue = false
      actions.append(.after(habits.pingInterval, .ping(sid)))
    case .close where session.webSocket == nil:
      // Leaving in good order: nothing is kept for this client.
      sessions[sid]?.members = [:]
      end(sid)
    default: if !session.isDisturbed { violation("\(packet.wire) from the client") }
    }
  }

  private mutating func received(_ message: EngineMessage, on sid: String, isRepeated: Bool) {
    do {
      guard let packet = try sessions[sid]?.decoder.decode(message) else { return }
      received(packet, on: sid, isRepeated: isRepeated)
    } catch {
      if sessions[sid]?.isDisturbed == false { violation("undecodable: \(error)") }
      end(sid)
    }
  }

  // MARK: Packets

  private mutating func received(_ packet: Packet, on sid: String, isRepeated: Bool) {
    guard let session = sessions[sid] else { return }
    let namespace = packet.namespace
    switch packet.content {
    case .connect(let auth):
      guard session.members[namespace] == nil, session.joining[namespace] == nil else {
        if !session.isDisturbed { violation("\(namespace) joined twice") }
        return end(sid)
      }
      sessions[sid]?.joining[namespace] = auth ?? .null
      sessions[sid]?.expelled.remove(namespace)
      if random.chance(habits.lateness) {
        actions.append(.after(UInt64(random.number(1...300)), .join(sid, namespace: namespace)))
      } else {
        answerJoin(sid, namespace)
      }
    case .disconnect:
      if sessions[sid]?.members.removeValue(forKey: namespace) == nil { unexpected("DISCONNECT", namespace, session) }
      sessions[sid]?.left.insert(namespace)
    case .event(let arguments):
      guard let member = session.members[namespace] else {
        if arguments.count > 1, let name = arguments[0].stringValue, let number = arguments[1].intValue {
          actions.append(.ignored(Stream(namespace: namespace, name: name), number))
        }
        return unexpected("EVENT", namespace, session)
      }
      received(arguments, id: packet.id, namespace, member, on: session, isRepeated: isRepeated)
    case .ack:
      guard let id = packet.id, sessions[sid]?.members[namespace]?.questions.remove(id) != nil else {
        return session.left.contains(namespace) ? () : unexpected("ACK", namespace, session)
      }
    case .connectError: violation("CONNECT_ERROR from the client")
    }
  }

  private mutating func unexpected(_ what: String, _ namespace: String, _ session: Session) {
    if !session.isDisturbed, !session.expelled.contains(namespace) { violation("\(what) out of place in \(namespace)") }
  }

  private mutating func received(
    _ arguments: [SocketValue], id: Int?, _ namespace: String, _ member: Member, on session: Session, isRepeated: Bool
  ) {
    guard let stream = arguments.first?.stringValue, arguments.count > 1, let number = arguments[1].intValue else {
      return violation("an event that the client did not emit: \(arguments)")
    }
    if arguments.count > 2, arguments[2] != .binary(Data([UInt8(truncatingIfNeeded: number)])), !session.isDisturbed {
      violation("an attachment of another event: \(arguments)")
    }
    let note = AckNote(
      stream: Stream(namespace: namespace, name: stream), number: number, id: id ?? -1, sid: member.sid,
      engine: session.engine)
    if !isRepeated { actions.append(.arrived(Arrival(note: note, session: session.sid))) }
    guard id != nil else { return }
    if !habits.reliable.contains(namespace), random.chance(habits.silence) { return }
    if random.chance(habits.lateness) {
      let delay = UInt64(random.number(1...500))
      actions.append(.after(delay, .ack(session.sid, namespace: namespace, note)))
    } else {
      acknowledge(note, on: session.sid, namespace)
    }
  }

  private mutating func acknowledge(_ note: AckNote, on sid: String, _ namespace: String) {
    send(Packet(namespace: namespace, id: note.id, content: .ack([.int(note.number)])), ack: note, on: sid)
  }

  private mutating func answerJoin(_ sid: String, _ namespace: String) {
    guard let auth = sessions[sid]?.joining.removeValue(forKey: namespace) else { return }
    if random.chance(habits.refusal) {
      return send(Packet(namespace: namespace, content: .connectError(["message": "refused"])), on: sid)
    }
    var member: Member
    if let pid = auth["pid"]?.stringValue, let offset = auth["offset"]?.stringValue.flatMap({ Int($0) }),
      let former = kept.removeValue(forKey: pid)
    {
      member = former
      member.questions = []
      // The offset may be of a session before that one.
      for number in max(offset, member.base)..<max(offset, news[namespace, default: 0]) {
        sendNews(number + 1, to: member, namespace, on: sid, isBinary: false)
      }
    } else {
      lastID += 1
      member = Member(sid: "socket-\(lastID)", base: news[namespace, default: 0])
      if habits.keepsSessions { member.pid = "pid-\(lastID)" }
    }
    sessions[sid]?.members[namespace] = member
    var reply: SocketObject = ["sid": .string(member.sid)]
    if let pid = member.pid { reply["pid"] = .string(pid) }
    send(Packet(namespace: namespace, content: .connect(.object(reply))), on: sid)
  }

  private mutating func sendNews(_ number: Int, to member: Member, _ namespace: String, on sid: String, isBinary: Bool)
  {
    var arguments: [SocketValue] = [
      .string("news"), .int(number), .string(member.sid), .int(number - member.base),
    ]
    if isBinary { arguments.append(.binary(Data([UInt8(truncatingIfNeeded: number)]))) }
    if member.pid != nil { arguments.append(.string("\(number)")) }
    emit(arguments, id: nil, namespace, on: sid)
  }

  private mutating func emit(_ arguments: [SocketValue], id: Int?, _ namespace: String, on sid: String) {
    send(Packet(namespace: namespace, id: id, content: .event(arguments)), on: sid)
  }

  private mutating func send(_ packet: Packet, ack: AckNote? = nil, on sid: String) {
    do {
      for message in try JSONParser().encode(packet) {
        sessions[sid]?.outbox.append(Outgoing(packet: .message(message), ack: ack))
      }
      flush(sid)
    } catch {
      violation("the model cannot encode \(packet): \(error)")
    }
  }

  private mutating func send(_ packet: EnginePacket, on sid: String) {
    sessions[sid]?.outbox.append(Outgoing(packet: packet))
    flush(sid)
  }

  private mutating func flush(_ sid: String) {
    guard let session = sessions[sid], !session.outbox.isEmpty else { return }
    if let link = session.webSocket {
      for outgoing in session.outbox { actions.append(.frame(link, outgoing)) }
    } else if let poll = session.poll {
      actions.append(.respond(poll, .ok(session.outbox)))
      sessions[sid]?.poll = nil
    } else {
      return
    }
    sessions[sid]?.outbox = []
  }

  private mutating func violation(_ text: String) { actions.append(.violation("the server sees \(text)")) }
}
