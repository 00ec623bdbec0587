import SocketIOTesting

/// A proxy in front of a server with which a test can break the network.
final class NetworkProxy: Sendable {
  let url: String
  private let process: ChildProcess

  /// - Parameter flags: Flags of `Servers/proxy.py`, for faults from the start.
  init(to server: TestServerProcess, _ flags: String...) throws {
    process = try ChildProcess(
      Server.pythonProgram(),
      [Server.script("proxy.py"), "--forward", "127.0.0.1:\(server.port)"] + flags, [.input, .output])
    url = try process.readURL()
  }

  /// Sends a command to `Servers/proxy.py`, and returns when it has taken effect.
  func tell(_ command: String) throws {
    try process.input?.write("\(command)\n")
    let answer = process.output?.readLine() ?? "nothing"
    guard answer == "ok \(command)" else { throw TestFailure("the proxy answered \(answer)") }
  }
}
