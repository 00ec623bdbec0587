import SocketIO

/// Namespaces: their handlers, their clients and what these send.
extension ServerCore {
  typealias Handler = @Sendable (TestEvent) throws -> Void

  struct Namespace: Sendable {
    var handlers: [String: [Handler]] = [:]
    var connectHandlers: [@Sendable (TestClient) throws -> Void] = []
    var check: (@Sendable (SocketValue?) throws -> Void)?
    /// All that have joined, in order.
    var joined: [TestClient] = []
    /// How many of them the test has taken.
    var taken = 0
  }

  // MARK: Settings

  func add(_ namespace: String) {
    state.withLock { if $0.namespaces[namespace] == nil { $0.namespaces[namespace] = Namespace() } }
  }

  func configure(_ namespace: String, _ change: (inout Namespace) -> Void) {
    state.withLock { state in
      if var settings = state.namespaces[namespace] {
        change(&settings)
        state.namespaces[namespace] = settings
      }
    }
  }

  func handle(_ event: String, in namespace: String, _ handler: @escaping Handler) {
    configure(namespace) { $0.handlers[event, default: []].append(handler) }
  }

  // MARK: For the test

  var problems: [String] { state.withLock { $0.problems } }

  func clients(in namespace: String) -> [TestClient] {
    state.withLock { state in
      (state.namespaces[namespace]?.joined ?? []).filter { state.sessions[$0.session]?.members[namespace] === $0 }
    }
  }

  func isConnected(_ client: TestClient) -> Bool {
    state.withLock { $0.sessions[client.session]?.members[client.namespace] === client }
  }

  func takeClient(in namespace: String) -> TestClient? {
    state.withLock { state in
      guard let settings = state.namespaces[namespace], settings.taken < settings.joined.count else { return nil }
      state.namespaces[namespace]?.taken += 1
      return settings.joined[settings.taken]
    }
  }

  func received(in namespace: String) -> [TestEvent] {
    state.withLock { $0.received.filter { $0.client.namespace == namespace } }
  }

  func takeEvent(_ name: String, in namespace: String) -> TestEvent? {
    state.withLock { state in
      let index = state.received.indices.first { index in
        let event = state.received[index]
        return event.name == name && event.client.namespace == namespace && !state.taken.contains(index)
      }
      guard let index else { return nil }
      state.taken.insert(index)
      return state.received[index]
    }
  }

  // MARK: Out

  func broadcast(_ event: String, _ arguments: [SocketValue], in namespace: String) {
    loop.post { [weak self] in
      guard let self else { return }
      for client in clients(in: namespace) { sendNow(.event(name: event, arguments: arguments), to: client) }
    }
  }

  func send(_ content: SocketPacket.Content, id: Int? = nil, to client: TestClient) {
    loop.post { [weak self] in self?.sendNow(content, id: id, to: client) }
  }

  func acknowledge(_ id: Int, _ arguments: [SocketValue], to client: TestClient, after delay: UInt64) {
    let send = { @Sendable [weak self] in
      guard let self else { return }
      let isDropped = state.withLock { state in
        guard state.faults.droppedAcknowledgements > 0 else { return false }
        if state.faults.droppedAcknowledgements < .max { state.faults.droppedAcknowledgements -= 1 }
        return true
      }
      if !isDropped { sendNow(.ack(arguments), id: id, to: client) }
    }
    if delay == 0 { loop.post(send) } else { clock.loop.post(after: delay, send) }
  }

  func expel(_ client: TestClient) {
    loop.post { [weak self] in
      guard let self, isConnected(client) else { return }
      sendNow(.disconnect, to: client)
      remove(client)
    }
  }

  private func remove(_ client: TestClient) {
    state.withLock { $0.sessions[client.session]?.members[client.namespace] = nil }
    client.left()
  }

  private func sendNow(_ content: SocketPacket.Content, id: Int? = nil, to client: TestClient) {
    guard isConnected(client) else {
      if id != nil { client.left() }
      return
    }
    send(SocketPacket(namespace: client.namespace, id: id, content: content), in: client.session)
  }

  private func send(_ packet: SocketPacket, in sid: String) {
    guard let parser = state.withLock({ $0.sessions[sid]?.parser }) else { return }
    do {
      for message in try parser.encode(packet) { send(.message(message), in: sid) }
    } catch {
      report("a packet for \(packet.namespace) could not be encoded: \(error)")
    }
  }

  // MARK: In

  func received(_ message: EngineMessage, in sid: String) {
    let result = Result { try state.withLock { try $0.sessions[sid]?.decoder.decode(message) } }
    switch result {
    case .success(let packet):
      if let packet { received(packet, in: sid) }
    case .failure(let error):
      report("a client sent an undecodable packet: \(error)")
      end(sid, .closed)
    }
  }

  private func received(_ packet: SocketPacket, in sid: String) {
    let namespace = packet.namespace
    let client = state.withLock { $0.sessions[sid]?.members[namespace] }
    switch (packet.content, client) {
    case (.connect(let auth), nil): join(namespace, auth, in: sid)
    case (.disconnect, let client?): remove(client)
    case (.event(let name, let arguments), let client?):
      let content = SocketEvent(name: name, args: arguments, ack: nil)
      received(TestEvent(client: client, content: content, id: packet.id))
    case (.ack(let arguments), let client?): packet.id.map { client.acknowledged($0, arguments) }
    // It was disconnected, and sent this before it knew.
    case (.disconnect, nil), (.event, nil), (.ack, nil): break
    case (.connect, _?), (.connectError, _): report("a client sent a packet that it must not: \(packet)")
    }
  }

  private func join(_ namespace: String, _ auth: SocketValue?, in sid: String) {
    guard let settings = state.withLock({ $0.namespaces[namespace] }) else {
      return refuse(namespace, ["message": "Invalid namespace"], in: sid)
    }
    do {
      try settings.check?(auth)
    } catch let refusal as TestServer.Refusal {
      var payload: SocketObject = ["message": .string(refusal.message)]
      payload["data"] = refusal.data
      return refuse(namespace, payload, in: sid)
    } catch {
      return refuse(namespace, ["message": .string("\(error)")], in: sid)
    }
    let client = state.withLock { state in
      state.lastID += 1
      let client = TestClient(
        id: "client-\(state.lastID)", namespace: namespace, auth: auth, session: sid, core: self)
      state.sessions[sid]?.members[namespace] = client
      state.namespaces[namespace]?.joined.append(client)
      return client
    }
    sendNow(.connect(["sid": .string(client.id)]), to: client)
    for handler in settings.connectHandlers {
      attempt("a handler of new clients in \(namespace)") { try handler(client) }
    }
  }

  private func refuse(_ namespace: String, _ payload: SocketObject, in sid: String) {
    send(SocketPacket(namespace: namespace, content: .connectError(.object(payload))), in: sid)
  }

  private func received(_ event: TestEvent) {
    let handlers = state.withLock { state in
      state.received.append(event)
      return state.namespaces[event.client.namespace]?.handlers[event.name] ?? []
    }
    for handler in handlers { attempt("a handler of \"\(event.name)\"") { try handler(event) } }
  }

  private func attempt(_ what: String, _ body: () throws -> Void) {
    do { try body() } catch { report("\(what) threw: \(error)") }
  }
}
