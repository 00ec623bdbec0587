/// The Socket for a URL. Connects to the server, and shares the connection with other namespaces of the same server.
///
///     let socket = try io("https://example.com/admin") { $0.auth = ["token": "abcd"] }
///     socket.on("news") { event in print(event.args) }
///
/// Handlers that are registered in a closure miss nothing, not even an attempt that fails at once:
///
///     let socket = try io("https://example.com/admin") {
///       $0.auth = ["token": "abcd"]
///     } handlers: { socket in
///       socket.on(.connectError) { error in print(error) }
///     }
///
/// With `autoConnect` off only the caller holds the Socket until it connects: a Socket that nobody holds is freed at
/// once.
///
/// A call throws ``SocketIOError``. If a closure contains a `try`, however, the compiler assumes that it throws any
/// error, and picks the function of the same name that throws any error, too. A closure whose `try` throws only
/// ``SocketIOError`` can say so: `{ socket throws(SocketIOError) in try socket.emit("hello") }`.
///
/// - Parameters:
///   - url: `http`, `https`, `ws` or `wss`, the server, and the namespace as the path. Without a URL, or with a path
///     alone, it resolves against ``Manager/location``.
///   - configure: Sets options.
///   - handlers: Gets the Socket before it connects, to register handlers with it and its Manager, ``Socket/io``. Runs
///     inside the call.
/// - Throws: ``SocketIOError`` for an unusable URL (`.invalidURL`) or option (`.invalidOption`, `.tlsOption`), and what
///   the closures throw; then nothing is connected.
@discardableResult
public func io(
  _ url: String? = nil, _ configure: (inout SocketIOOptions) throws(SocketIOError) -> Void,
  handlers: (Socket) throws(SocketIOError) -> Void = { _ in }
) throws(SocketIOError) -> Socket {
  var options = SocketIOOptions()
  try configure(&options)
  return try io(url, options: options, handlers: handlers)
}

/// The Socket for a URL, with closures that may throw any error.
///
/// The compiler chooses this function for closures that contain a `try`, and the one that throws only
/// ``SocketIOError`` for all others.
///
/// - Parameters:
///   - url: As for closures that throw only ``SocketIOError``.
///   - configure: Sets options.
///   - handlers: Gets the Socket before it connects, to register handlers with it and its Manager.
/// - Throws: ``SocketIOError`` for an unusable URL or option, and what the closures throw; then nothing is connected.
@discardableResult
public func io(
  _ url: String? = nil, _ configure: (inout SocketIOOptions) throws -> Void,
  handlers: (Socket) throws -> Void = { _ in }
) throws -> Socket {
  var options = SocketIOOptions()
  try configure(&options)
  return try io(url, options: options, handlers: handlers)
}

/// The Socket for a URL, with existing options and handlers registered before the connection begins: `io(url, options:
/// SocketIOOptions()) { socket in … }`.
///
/// - Parameters:
///   - url: As for ``io(_:options:)``.
///   - options: As for ``io(_:options:)``.
///   - handlers: Gets the Socket before it connects. If it contains a `try`, the compiler chooses the function that
///     throws any error.
/// - Throws: ``SocketIOError`` for an unusable URL or option, and what `handlers` throws; then nothing is connected.
@discardableResult
public func io(
  _ url: String? = nil, options: SocketIOOptions, handlers: (Socket) throws(SocketIOError) -> Void
) throws(SocketIOError) -> Socket {
  let socket = try unconnectedSocket(url, options)
  try handlers(socket)
  socket.connectAutomatically()
  return socket
}

/// The Socket for a URL, with existing options and handlers registered before the connection begins, in a closure that
/// may throw any error.
///
/// - Throws: ``SocketIOError`` for an unusable URL or option, and what `handlers` throws; then nothing is connected.
@discardableResult
public func io(
  _ url: String? = nil, options: SocketIOOptions, handlers: (Socket) throws -> Void
) throws -> Socket {
  let socket = try unconnectedSocket(url, options)
  try handlers(socket)
  socket.connectAutomatically()
  return socket
}

/// The Socket for a URL, with existing options.
///
/// While a Socket for a namespace exists, a second one for the same namespace gets its own Manager and connection.
/// Other namespaces share one, unless `forceNew` is set or `multiplex` is off. With `autoConnect` off only the caller
/// holds the Socket until it connects: a Socket that nobody holds is freed at once.
///
/// - Parameters:
///   - url: As for ``io(_:_:handlers:)``.
///   - options: If an existing Manager for the server is used, only `auth`, `ackTimeout` and `retries` have an effect.
/// - Throws: ``SocketIOError`` for an unusable URL (`.invalidURL`) or option (`.invalidOption`, `.tlsOption`), and
///   `.system` if memory, threads or file descriptors ran out.
@discardableResult
public func io(_ url: String? = nil, options: SocketIOOptions = SocketIOOptions()) throws(SocketIOError) -> Socket {
  let socket = try unconnectedSocket(url, options)
  socket.connectAutomatically()
  return socket
}

private func unconnectedSocket(_ url: String?, _ options: SocketIOOptions) throws(SocketIOError) -> Socket {
  try ManagerCache.shared.socket(ServerURL(url, location: Manager.location), options)
}
