#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// The program `socketio-test-server` in a process of its own: a real server on a real connection, with the events and
/// faults that its manual lists.
///
///     let server = try TestServerProcess(flags: ["--ping-interval", "500"])
///     let socket = try io(server.url)
///
/// It takes a free port, and ends with this object; also when the process of the tests is killed.
public final class TestServerProcess: Sendable {
  /// The address of the server, for example "http://127.0.0.1:45181".
  public let url: String
  private let process: ChildProcess

  /// Starts the server, and returns when it accepts connections: within milliseconds, while the thread is blocked.
  ///
  /// - Parameter flags: Flags of the program besides the port; `socketio-test-server --help` lists them.
  /// - Throws: ``TestServerError`` if the program is not installed or does not start, for example because of a flag.
  public convenience init(flags: [String] = []) throws(TestServerError) {
    try self.init(try Self.executable(), ["--port", "0", "--stop-with-input"] + flags)
  }

  /// Starts a server that prints "listening on URL" once it is ready.
  ///
  /// - Throws: ``TestServerError`` if it does not.
  package init(_ executable: String, _ arguments: [String]) throws(TestServerError) {
    process = try ChildProcess(executable, arguments, [.input, .output])
    url = try process.readURL()
  }

  /// The number of the port.
  public var port: Int { url.split(separator: ":").last.flatMap { Int($0.prefix { $0.isNumber }) } ?? 0 }

  /// The number of its process.
  package var identifier: Int32 { process.identifier }

  /// Kills the server, without a chance to close its connections.
  public func kill() { process.kill() }

  /// The path of the program: the value of the environment variable `SOCKETIO_TEST_SERVER` or, without it, what is
  /// installed in a folder of `PATH` or what was built in this library's own folder.
  ///
  /// - Throws: ``TestServerError`` if there is none.
  public static func executable() throws(TestServerError) -> String {
    try executable(variable("SOCKETIO_TEST_SERVER"), path: variable("PATH"), library: library)
  }

  /// - Parameter library: The folder of this library's source.
  static func executable(_ chosen: String?, path: String?, library: String) throws(TestServerError) -> String {
    if let chosen, !chosen.isEmpty {
      guard access(chosen, X_OK) == 0 else {
        throw TestServerError("SOCKETIO_TEST_SERVER is \"\(chosen)\", which is not a program that can be run")
      }
      return chosen
    }
    // The last is where the scripts build it.
    let folders = (path ?? "").split(separator: ":").map(String.init) + ["\(library)/.build/csio/bin"]
    for folder in folders {
      let candidate = "\(folder)/socketio-test-server"
      if access(candidate, X_OK) == 0 { return candidate }
    }
    throw TestServerError(
      """
      socketio-test-server is not installed. In a copy of socketio-swift, scripts/install installs it, scripts/package \
      makes a Debian package of it, and scripts/test --build builds it without installing anything: then set \
      SOCKETIO_TEST_SERVER to the path of .build/csio/bin/socketio-test-server there
      """)
  }

  private static var library: String {
    // Sources/SocketIOTesting/Program/TestServerProcess.swift
    #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(4).joined(separator: "/")
  }

  private static func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
}
