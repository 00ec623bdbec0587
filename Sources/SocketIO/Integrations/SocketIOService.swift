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
    /// Losses of the connection are the Managers' to deal with, and refusals that of the handlers of `connectError`: neither ends the service.
    /// Where the task is cancelled, the Sockets are disconnected, and nothing is waited for.
    ///
    /// - Throws: ``SocketIOError`` where a Manager gave up, having used up its `reconnectionAttempts`: why the last of them failed.
    public func run() async throws {
      let managers = Self.managers(of: sockets)
      let (failures, feed) = AsyncStream.makeStream(of: SocketIOError.self)
      let subscriptions = managers.flatMap { manager in
        let last = Locked(SocketIOError(.connectionLost, "the connection to the server was lost"))
        return [
          manager.on(.error) { error in last.withLock { $0 = error } },
          manager.on(.reconnectFailed) { feed.yield(last.withLock { $0 }) },
        ]
      }
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
