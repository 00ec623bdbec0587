/// Connects to a server, runs the body with the Socket, and closes the connection when the body has returned or thrown:
///
///     let answer = try await withSocket("https://example.com") { socket in
///       try await socket.emitWithAck("ask", "why?", timeout: .seconds(5))
///     }
///
/// The body runs once the namespace is joined. Handlers that are registered in it miss what the server sends at once;
/// those that `handlers` registers miss nothing:
///
///     try await withSocket("https://example.com", handlers: { $0.on("welcome") { print($0.args) } }) { socket in … }
///
/// When the body returns, the Socket is disconnected: handlers of the server's events that have not begun do not run, but
/// those of `disconnect` do.
///
/// The connection is its own, and what the body has emitted is sent before the connection is closed, also if the task is
/// cancelled meanwhile.
///
/// - Parameters:
///   - url: As for ``io(_:options:)``.
///   - options: `forceNew` and `autoConnect` have no effect.
///   - timeout: How long connecting may take. Without one, as long as the option `timeout` lets the attempt take.
///   - closeLimit: Caps the time that closing takes, as for ``Manager/close(within:)``.
///   - isolation: The actor on which the body runs; by default that of the caller.
///   - handlers: Gets the Socket before it connects, to register handlers with it and its Manager, ``Socket/io``.
///   - body: Gets the Socket, which is connected. It may lose the connection and reconnect, as any other.
/// - Returns: What the body returns.
/// - Throws: What the body throws, or ``SocketIOError`` for an unusable URL or option, or if the namespace could not be
///   joined at the first attempt, as ``Socket/joined(timeout:)`` does.
public func withSocket<Result>(
  _ url: String? = nil, options: SocketIOOptions = SocketIOOptions(), timeout: Duration? = nil,
  closeLimit: Duration = .seconds(10), isolation: isolated (any Actor)? = #isolation,
  handlers: (Socket) throws -> Void = { _ in }, _ body: (Socket) async throws -> Result
) async throws -> Result {
  var options = options
  options.forceNew = true
  options.autoConnect = false
  let socket = try io(url, options: options)
  try handlers(socket)
  return try await socket.whileConnected(timeout, closeLimit, body)
}

extension Socket {
  /// Connects, runs the body, and closes the Manager's connection in any case.
  func whileConnected<Result>(
    _ timeout: Duration?, _ closeLimit: Duration, isolation: isolated (any Actor)? = #isolation,
    _ body: (Socket) async throws -> Result
  ) async throws -> Result {
    do {
      try await connect().joined(timeout: timeout)
      let result = try await body(self)
      await close(closeLimit)
      return result
    } catch {
      await close(closeLimit)
      throw error
    }
  }

  /// Waits for the end in a task of its own, which is not cancelled with the caller's.
  private func close(_ limit: Duration) async {
    let manager = io
    await Task { await manager.close(within: limit) }.value
  }
}
