import Foundation

/// A network that a test can break: everybody who connects to it is connected to a server, as well or badly as it is told.
final class NetworkProxy: Sendable {
  let url: String
  private let process: ChildProcess

  /// - Parameter flags: Those of `Servers/proxy.py`, for trouble from the start.
  init(to server: ServerProcess, _ flags: String...) throws {
    process = try ChildProcess(
      Server.python.executable(),
      [Server.script("proxy.py"), "--forward", "127.0.0.1:\(server.port)"] + flags, [.input, .output])
    url = try process.readURL()
  }

  /// Gives a command of `Servers/proxy.py`, and returns when it has taken effect.
  func tell(_ command: String) throws {
    try process.input?.write(contentsOf: Data("\(command)\n".utf8))
    let answer = try process.readLine()
    guard answer == "ok \(command)" else { throw TestFailure("the proxy answered \(answer)") }
  }
}
