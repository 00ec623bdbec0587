import Foundation
import SocketIOTesting

@testable import SocketIO

/// Sessions and their incoming packets.
extension ModelServer {
  // MARK: Sessions

  mutating func open(engine: Int) -> String {
    lastID += 1
    let session = Session(sid: "engine-\(lastID)", engine: engine)
    sessions[session.sid] = session
    actions.append(.after(habits.pingInterval, .ping(session.sid)))
    return session.sid
  }

  func handshake(_ sid: String) -> String {
    TransportScript.handshake(
      sid: sid, upgrades: sessions[sid]?.webSocket == nil ? ["websocket"] : [], pingInterval: Int(habits.pingInterval),
      pingTimeout: Int(habits.pingTimeout), maxPayload: habits.maxPayload)
  }

  mutating func end(_ sid: String) {
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

  mutating func received(_ packet: EnginePacket, on sid: String, isRepeated: Bool) {
    guard let session = sessions[sid] else { return }
    switch packet {
    case .message(let message): received(message, on: sid, isRepeated: isRepeated)
    case .pong:
      guard session.isPongDue else { return isRepeated ? () : violation("a pong without a ping") }
      sessions[sid]?.isPongDue = false
      actions.append(.after(habits.pingInterval, .ping(sid)))
    case .close where session.webSocket == nil:
      // A normal close: nothing is kept for this client.
      sessions[sid]?.members = [:]
      end(sid)
    default: if !session.isDisturbed { violation("\(packet.wire) from the client") }
    }
  }

  mutating func received(_ message: EngineMessage, on sid: String, isRepeated: Bool) {
    do {
      guard let packet = try sessions[sid]?.decoder.decode(message) else { return }
      received(packet, on: sid, isRepeated: isRepeated)
    } catch {
      if sessions[sid]?.isDisturbed == false { violation("undecodable: \(error)") }
      end(sid)
    }
  }

  // MARK: Packets

  mutating func received(_ packet: SocketPacket, on sid: String, isRepeated: Bool) {
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
    case .disconnect, .event, .ack:
      if let member = session.members[namespace] {
        unfinished.append(Unfinished(packet: packet, session: sid, sid: member.sid, isRepeated: isRepeated))
      } else {
        receivedByNobody(packet, on: session)
      }
    case .connectError: violation("CONNECT_ERROR from the client")
    }
  }

  mutating func receivedByNobody(_ packet: SocketPacket, on session: Session) {
    let namespace = packet.namespace
    switch packet.content {
    case .disconnect:
      unexpected("DISCONNECT", namespace, session)
      sessions[session.sid]?.left.insert(namespace)
    case .event(let name, let arguments):
      if let number = arguments.first?.intValue {
        actions.append(.ignored(Stream(namespace: namespace, name: name), number))
      }
      unexpected("EVENT", namespace, session)
    case .ack: if !session.left.contains(namespace) { unexpected("ACK", namespace, session) }
    case .connect, .connectError: break
    }
  }

  /// Handles what was read as the official server does: each packet one step after its read, an event's handlers one
  /// step later and only while their Socket is connected. CONNECT was answered before.
  mutating func finishRead() {
    var next = 0
    while next < unfinished.count {
      take(unfinished[next])
      next += 1
    }
    unfinished = []
  }

  private mutating func take(_ step: Unfinished) {
    guard let session = sessions[step.session] else { return }
    let namespace = step.packet.namespace
    guard let member = session.members[namespace], member.sid == step.sid else {
      if step.isDispatched, !session.isDisturbed {
        violation("an event in \(namespace) together with the DISCONNECT behind it: its handlers do not run")
      }
      return
    }
    switch step.packet.content {
    case .disconnect:
      sessions[step.session]?.members[namespace] = nil
      sessions[step.session]?.left.insert(namespace)
    case .event where !step.isDispatched:
      var dispatched = step
      dispatched.isDispatched = true
      unfinished.append(dispatched)
    case .event(let name, let arguments):
      received(name, arguments, id: step.packet.id, namespace, member, on: session, isRepeated: step.isRepeated)
    case .ack:
      guard let id = step.packet.id, sessions[step.session]?.members[namespace]?.questions.remove(id) != nil else {
        return session.left.contains(namespace) ? () : unexpected("ACK", namespace, session)
      }
    case .connect, .connectError: break
    }
  }

  mutating func unexpected(_ what: String, _ namespace: String, _ session: Session) {
    if !session.isDisturbed, !session.expelled.contains(namespace) { violation("\(what) out of place in \(namespace)") }
  }

  mutating func received(
    _ name: String, _ arguments: [SocketValue], id: Int?, _ namespace: String, _ member: Member, on session: Session,
    isRepeated: Bool
  ) {
    guard let number = arguments.first?.intValue else {
      return violation("an event that the client did not emit: \(name) \(arguments)")
    }
    if arguments.count > 1, arguments[1] != .binary(Data([UInt8(truncatingIfNeeded: number)])), !session.isDisturbed {
      violation("an attachment of another event: \(arguments)")
    }
    let note = AckNote(
      stream: Stream(namespace: namespace, name: name), number: number, id: id ?? -1, sid: member.sid,
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

  mutating func acknowledge(_ note: AckNote, on sid: String, _ namespace: String) {
    send(SocketPacket(namespace: namespace, id: note.id, content: .ack([.int(note.number)])), ack: note, on: sid)
  }

  mutating func answerJoin(_ sid: String, _ namespace: String) {
    guard let auth = sessions[sid]?.joining.removeValue(forKey: namespace) else { return }
    if random.chance(habits.refusal) {
      return send(SocketPacket(namespace: namespace, content: .connectError(["message": "refused"])), on: sid)
    }
    var member: Member
    if let pid = auth["pid"]?.stringValue, let offset = auth["offset"]?.stringValue.flatMap({ Int($0) }),
      let former = kept.removeValue(forKey: pid)
    {
      member = former
      member.questions = []
      // The offset may belong to an earlier session.
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
    send(SocketPacket(namespace: namespace, content: .connect(.object(reply))), on: sid)
  }

  mutating func sendNews(_ number: Int, to member: Member, _ namespace: String, on sid: String, isBinary: Bool) {
    var arguments: [SocketValue] = [.int(number), .string(member.sid), .int(number - member.base)]
    if isBinary { arguments.append(.binary(Data([UInt8(truncatingIfNeeded: number)]))) }
    if member.pid != nil { arguments.append(.string("\(number)")) }
    emit("news", arguments, id: nil, namespace, on: sid)
  }

  mutating func emit(_ name: String, _ arguments: [SocketValue], id: Int?, _ namespace: String, on sid: String) {
    send(SocketPacket(namespace: namespace, id: id, content: .event(name: name, arguments: arguments)), on: sid)
  }

  mutating func send(_ packet: SocketPacket, ack: AckNote? = nil, on sid: String) {
    do {
      for message in try JSONParser().encode(packet) {
        sessions[sid]?.outbox.append(Outgoing(packet: .message(message), ack: ack))
      }
      flush(sid)
    } catch {
      violation("the model cannot encode \(packet): \(error)")
    }
  }

  mutating func send(_ packet: EnginePacket, on sid: String) {
    sessions[sid]?.outbox.append(Outgoing(packet: packet))
    flush(sid)
  }

  mutating func flush(_ sid: String) {
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

  mutating func violation(_ text: String) { actions.append(.violation("the server sees \(text)")) }
}
