#if ServiceLifecycle
  public import ServiceLifecycle

  /// Sockets as a service of [swift-service-lifecycle](https://github.com/swift-server/swift-service-lifecycle), which
  /// starts and stops them together with a program's other services. Needs the package trait `ServiceLifecycle`.
  ///
  ///     let socket = try io("https://example.com") { $0.autoConnect = false }
  ///     let group = ServiceGroup(services: [SocketIOService(socket)], gracefulShutdownSignals: [.sigterm], logger: logger)
  ///     try await group.run()
  public struct SocketIOService: Service {
    private let sockets: [Socket]
    private let closeTimeout: Duration

    /// A service. It does nothing until it runs.
    ///
    /// - Parameters:
    ///   - sockets: The Sockets, which the service holds. Made with `autoConnect` off, they connect when the service
    ///     runs; otherwise at once.
    ///   - closeTimeout: How long closing may take in total, 5 seconds by default; zero does not wait.
    public init(_ sockets: Socket..., closeTimeout: Duration = .seconds(5)) {
      self.sockets = sockets
      self.closeTimeout = closeTimeout
    }

    /// Connects the Sockets, and returns after a graceful shutdown. A shutdown disconnects every Socket of their
    /// Managers and sends what they had emitted, within `closeTimeout`.
    ///
    /// The Managers handle lost connections as long as they reconnect. A Socket that the server refuses or disconnects
    /// ends the service, unless a handler of `connectError` or `disconnect` reconnects it before it returns. If the
    /// task is cancelled, the Sockets are disconnected without waiting.
    ///
    /// - Throws: ``SocketIOError``: why the server refused or disconnected a Socket; or why there is no connection, if
    ///   a Manager has used up its `reconnectionAttempts`, has `reconnection` off, or meets a server that is too old.
    public func run() async throws {
      let managers = Self.managers(of: sockets)
      let (failures, feed) = AsyncStream.makeStream(of: SocketIOError.self)
      let subscriptions =
        managers.map { $0.on(.gaveUp) { error in feed.yield(error) } }
        + sockets.flatMap { Self.watch($0) { error in feed.yield(error) } }
      defer { for subscription in subscriptions { subscription.cancel() } }

      for socket in sockets { socket.connect() }
      var failure: SocketIOError?
      for await error in failures.cancelOnGracefulShutdown() {
        failure = error
        break
      }
      for socket in sockets { socket.disconnect() }
      await close(managers)
      if let failure { throw failure }
    }

    /// Reports why the Socket is no longer active, unless the user disconnected it.
    private static func watch(
      _ socket: Socket, _ report: @escaping @Sendable (SocketIOError) -> Void
    ) -> [SocketSubscription] {
      // Runs after the event's other handlers, which may reconnect. The subscriptions end with the service, which holds
      // the Socket.
      let reportUnlessActive = { @Sendable (error: SocketIOError) in
        socket.io.handlerQueue.enqueue { if !socket.active { report(error) } }
      }
      return [
        socket.on(.connectError) { error in reportUnlessActive(error) },
        socket.on(.disconnect) { disconnection in
          guard disconnection.reason == .ioServerDisconnect else { return }
          reportUnlessActive(SocketIOError(.disconnected, "the server disconnected the Socket"))
        },
      ]
    }

    private static func managers(of sockets: [Socket]) -> [Manager] {
      var managers: [Manager] = []
      for socket in sockets where !managers.contains(where: { $0 === socket.io }) { managers.append(socket.io) }
      return managers
    }

    /// Does not wait in a cancelled task.
    private func close(_ managers: [Manager]) async {
      await withTaskGroup { group in
        for manager in managers { group.addTask { await manager.close(within: closeTimeout) } }
      }
    }
  }
#endif
