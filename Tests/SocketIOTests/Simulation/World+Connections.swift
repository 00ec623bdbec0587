@testable import SocketIO

/// The fate of requests and WebSockets on the network.
extension World {
  // MARK: HTTP

  mutating func request(_ method: Method, _ link: Int, _ sid: String?, _ packets: [EnginePacket]) {
    guard let state = links[link] else { return }
    if state.isAbandoned { ledger.violation("a request on a transport that has ended") }
    if let other = state.requests[method], requests[other]?.isOver == false {
      ledger.violation("two requests \(method.rawValue) at a time")
    }
    lastID += 1
    let id = lastID
    note("\(method.rawValue) \(id) on \(link): \(packets.wire)")
    links[link]?.requests[method] = id
    let isRefused = !isServerUp || random.chance(climate.refusal / 10)
    requests[id] = Request(
      link: link, method: method, sid: sid, packets: packets, fate: isRefused ? .isLost : fateOfRequest())
    switch requests[id]?.fate {
    case .isLost: schedule(.requestFails(id))
    case .vanishes, nil: break
    case .arrives, .answerIsLost, .answerVanishes:
      let arrival = now + latency()
      happenings.add(.requestArrives(id, isRepeated: false), at: arrival)
      // A duplicated GET takes packets away from the client, whatever it does.
      if method == .post || sid == nil, random.chance(climate.duplication) {
        happenings.add(.requestArrives(id, isRepeated: true), at: arrival + latency())
      }
    }
  }

  mutating func fateOfRequest() -> Fate {
    if random.chance(climate.reset) { return random.chance(500) ? .isLost : .answerIsLost }
    if random.chance(climate.silence) { return random.chance(500) ? .vanishes : .answerVanishes }
    return .arrives
  }

  mutating func arrive(_ id: Int, isRepeated: Bool) {
    guard let request = requests[id], let engine = links[request.link]?.engine else { return }
    // Copies still under way when the faults end are dropped.
    if isRepeated, !isTroubled { return }
    guard isServerUp else { return schedule(.requestFails(id)) }
    note("server gets \(request.method.rawValue) \(id)\(isRepeated ? " again" : "")")
    switch request.method {
    case .get: server.get(id, sid: request.sid, engine: engine, isRepeated: isRepeated)
    case .post: server.post(id, sid: request.sid, request.packets, isRepeated: isRepeated)
    }
  }

  mutating func complete(_ id: Int, _ answer: ModelServer.Answer) -> [AckNote] {
    guard let request = requests[id], !request.isOver else { return [] }
    requests[id]?.isOver = true
    let error = SocketIOError(.httpStatus, "HTTP status 400", httpStatus: 400)
    switch (request.method, answer) {
    case (.get, .ok(let packets)): deliver(.polled(.success(packets.map(\.packet))), to: request.link)
    case (.get, .refused): deliver(.polled(.failure(error)), to: request.link)
    case (.post, .ok): deliver(.posted(.success(())), to: request.link)
    case (.post, .refused): deliver(.posted(.failure(error)), to: request.link)
    }
    guard case .ok(let packets) = answer else { return [] }
    return packets.compactMap(\.ack)
  }

  mutating func fail(_ id: Int) {
    guard let request = requests[id], !request.isOver else { return }
    requests[id]?.isOver = true
    let error = SocketIOError(.connectionLost, "reset")
    deliver(request.method == .get ? .polled(.failure(error)) : .posted(.failure(error)), to: request.link)
  }

  // MARK: WebSocket

  mutating func webSocketArrives(_ link: Int) {
    guard let state = links[link], !state.isCut, !state.isSilent else { return }
    guard isServerUp else {
      return schedule(.toClient(link, .failed(SocketIOError(.connectFailed, "refused"))))
    }
    note("server gets WebSocket \(link)")
    scheduleToClient(.webSocketOpens(link), link)
    server.connected(link, sid: state.sid, engine: state.engine)
  }

  /// Breaks a connection. Unless it happens silently, both ends learn of it, each after a delay.
  mutating func cut(_ link: Int, silently: Bool) {
    if silently { links[link]?.isSilent = true }
    guard links[link]?.isSilent == false else { return }
    links[link]?.isCut = true
    schedule(.toClient(link, .failed(SocketIOError(.connectionLost, "reset"))))
    schedule(.closeToServer(link))
  }

  mutating func performServerActions() {
    let actions = server.actions
    server.actions = []
    for action in actions {
      switch action {
      case .respond(let id, let answer):
        switch requests[id]?.fate {
        case .answerIsLost: schedule(.requestFails(id))
        case .answerVanishes, nil: break
        default: schedule(.answerArrives(id, answer))
        }
      case .frame(let link, let outgoing):
        if random.chance(climate.reset / 4) { cut(link, silently: false) }
        scheduleToClient(.packetToClient(link, outgoing), link)
      case .close(let link):
        scheduleToClient(.toClient(link, .closed(SocketIOError(.connectionLost, "closed by the server"))), link)
      case .after(let milliseconds, let timer):
        happenings.add(.server(timer, life: serverLife), at: now + milliseconds)
      case .arrived(let arrival):
        note("server has \(arrival.note)")
        ledger.arrived(arrival)
      case .ignored(let stream, let number): ledger.givenUp(stream, number)
      case .violation(let text): ledger.violation(text)
      }
    }
  }
}
