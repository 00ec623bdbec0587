#if ServiceLifecycle
  import ServiceLifecycle

  /// Sockets as a service of [swift-service-lifecycle](https://github.com/swift-server/swift-service-lifecycle), which starts and ends
  /// them along with the other services of a program. It needs the package trait `ServiceLifecycle`.
  ///
  ///     let socket = try io("https://example.com") { $0.autoConnect = false }
  ///     let group = ServiceGroup(services: [SocketIOService(socket)], gracefulShutdownSignals: [.sigterm], logger: logger)
  ///     try await group.run()
  public struct SocketIOService: Service {
    private let sockets: [Socket]
    private let closeTimeout: Duration

    /// A service that nothing happens with before it runs.
    ///
    /// - Parameters:
    ///   - sockets: They are held for as long as the service is. Made with `autoConnect` off, they connect when it runs, else at once.
    ///   - closeTimeout: How long the end may take in all, 5 seconds unless set; zero does not wait.
    public init(_ sockets: Socket..., closeTimeout: Duration = .seconds(5)) {
      self.sockets = sockets
      self.closeTimeout = closeTimeout
    }

    /// Connects the Sockets, and returns after a graceful shutdown: then every Socket of their Managers is disconnected, and what they had
    /// emitted is sent, which ends after `closeTimeout` in any case.
    ///
    /// Losses of the connection are the Managers' to deal with, for as long as they reconnect. A Socket that the server refuses or
    /// disconnects ends the service, unless a handler of `connectError` or `disconnect` connects it again before it returns. Where the
    /// task is cancelled, the Sockets are disconnected, and nothing is waited for.
    ///
    /// - Throws: ``SocketIOError``: why a Socket was refused or disconnected by the server; or why there is no connection, where a Manager
    ///   has used up its `reconnectionAttempts`, does not reconnect since that option is off, or speaks to a server that is too old.
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

    /// Reports why the Socket is not active any more, unless its user's own doing.
    private static func watch(
      _ socket: Socket, _ report: @escaping @Sendable (SocketIOError) -> Void
    ) -> [Subscription] {
      // Behind the other handlers of the event, which may connect again. The subscriptions end with the service, which holds the Socket.
      let reportUnlessActive = { @Sendable (error: SocketIOError) in
        socket.io.delivery.enqueue { if !socket.active { report(error) } }
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

    /// A cancelled task waits for nothing.
    private func close(_ managers: [Manager]) async {
      await withTaskGroup { group in
        for manager in managers { group.addTask { await manager.close(within: closeTimeout) } }
      }
    }
  }
#endif
