import SocketIOTesting

@testable import SocketIO

/// A Manager with scripted connections, on a virtual clock. Handlers run on the loop, so that everything happens inside
/// calls of this bench.
final class ClientBench {
  let loop: VirtualLoop
  let connector: ScriptedConnector
  let manager: Manager
  let log = Log()

  /// WebSocket only, and delays without jitter, unless `configure` says otherwise.
  init(_ configure: (inout SocketIOOptions) -> Void = { _ in }) {
    let loop = VirtualLoop()
    let options = Self.options(configure)
    let connector = ScriptedConnector(loop: loop, options: options)
    self.loop = loop
    self.connector = connector
    manager = Manager(loop: loop, connector: connector, options: options)
  }

  static func options(_ configure: (inout SocketIOOptions) -> Void = { _ in }) -> SocketIOOptions {
    var options = SocketIOOptions()
    options.delivery = .eventLoop
    options.transports = [.websocket]
    options.randomizationFactor = 0
    configure(&options)
    return options
  }

  /// The last transport made.
  var script: TransportScript { connector.scripts[connector.scripts.count - 1] }

  /// The number of connection attempts.
  var attempts: Int { connector.scripts.count }

  /// A Socket whose events are logged, without a namespace for the main one.
  func socket(_ namespace: String = "/", auth: SocketAuth? = nil, logging events: String...) -> Socket {
    let socket = manager.socket(namespace, auth: auth)
    log.follow(socket)
    for event in events { log.follow(socket, events: event) }
    return socket
  }

  /// Logs the Manager's events as well.
  func followManager() { log.follow(manager) }

  /// The server opens the session that is being connected, and joins the namespaces.
  func open(joining namespaces: String..., sid: String = "s") { open(namespaces, sid) }

  /// The connection is lost, and the next one open and joined when the delay is over.
  func reopen(joining namespaces: String..., sid: String = "s") {
    script.report(.closed(nil))
    loop.advance(by: 1_000)
    open(namespaces, sid)
  }

  private func open(_ namespaces: [String], _ sid: String) {
    loop.run()
    script.open()
    for namespace in namespaces { join(namespace, sid: sid) }
  }

  /// The server answers a CONNECT.
  func join(_ namespace: String = "/", sid: String = "s") {
    script.receive("0\(namespace == "/" ? "" : "\(namespace),"){\"sid\":\"\(sid)\"}")
  }

  /// A bench with the main namespace joined and an empty log.
  static func connected(_ configure: (inout SocketIOOptions) -> Void = { _ in }) -> (ClientBench, Socket) {
    let bench = ClientBench(configure)
    let socket = bench.socket()
    bench.open(joining: "/")
    bench.forget()
    return (bench, socket)
  }

  /// Clears the log and the sent messages.
  func forget() {
    _ = log.take()
    script.forget()
  }

  /// Runs the loop, and returns the log since the last call.
  func take() -> [String] {
    loop.run()
    return log.take()
  }

  /// Runs an asynchronous call in a task, and the loop until it returns.
  func ask<Answer: Sendable>(_ question: @escaping @Sendable () async -> Answer) async -> Answer {
    let loop = loop
    let answer = Locked<Answer?>(nil)
    Task {
      let value = await question()
      answer.withLock { $0 = value }
      loop.post {}
    }
    while true {
      if let answer = answer.withLock({ $0 }) { return answer }
      await loop.runNextArrival()
    }
  }

  /// The code of the error thrown in a task that is cancelled before it begins; nil if nothing is thrown.
  func codeWhenCancelled(_ body: @escaping @Sendable () async throws -> Void) async -> SocketIOError.Code? {
    await ask {
      let task = Task {
        // Not before the task is cancelled.
        while !Task.isCancelled { await Task.yield() }
        try await body()
      }
      task.cancel()
      guard case .failure(let error) = await task.result else { return nil }
      return (error as? SocketIOError)?.code
    }
  }

  /// The Manager's statistics, after everything up to now has run.
  func statistics() async -> ManagerStatistics { await ask { [manager] in await manager.statistics() } }

  /// The messages sent on the current connection.
  var sent: [String] {
    loop.run()
    return script.messages
  }
}

extension Log {
  func follow(_ socket: Socket) {
    let prefix = socket.namespace == "/" ? "" : "\(socket.namespace) "
    socket.on(.connect) { self.add("\(prefix)connect") }
    socket.on(.disconnect) { self.add("\(prefix)disconnect: \($0.reason)") }
    socket.on(.connectError) { self.add("\(prefix)connect_error: \($0)") }
  }

  func follow(_ socket: Socket, events name: String) {
    let prefix = socket.namespace == "/" ? "" : "\(socket.namespace) "
    socket.on(name) { self.add("\(prefix)\($0.name)\(SocketValue.array($0.args))") }
  }

  func follow(_ manager: Manager) {
    manager.on(.open) { self.add("open") }
    manager.on(.error) { self.add("error: \($0)") }
    manager.on(.close) { self.add("close: \($0)") }
    manager.on(.ping) { self.add("ping") }
    manager.on(.upgrade) { self.add("upgrade: \($0)") }
    manager.on(.reconnectAttempt) { self.add("reconnect_attempt \($0)") }
    manager.on(.reconnect) { self.add("reconnect \($0)") }
    manager.on(.reconnectError) { self.add("reconnect_error: \($0)") }
    manager.on(.reconnectFailed) { self.add("reconnect_failed") }
  }
}
