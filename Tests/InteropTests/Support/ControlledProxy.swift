import Foundation
import SocketIO

/// `Servers/proxy.py` between a client and a server, doing what a test tells it to.
final class ControlledProxy: Sendable {
  let url: String
  private let process: ChildProcess
  private let answers = Recorder<String>()

  init(to server: ServerProcess) throws {
    process = try ChildProcess(
      Server.python.executable(), [Server.script("proxy.py"), "--forward", "127.0.0.1:\(server.port)"],
      [.input, .output])
    guard let output = process.output else { throw TestFailure("the proxy has no output") }
    var line = Data()
    while let byte = try output.read(upToCount: 1), !byte.isEmpty, byte.first != UInt8(ascii: "\n") { line += byte }
    guard let url = String(decoding: line, as: UTF8.self).split(separator: " ").last else {
      throw TestFailure("the proxy did not start")
    }
    self.url = String(url)
    let answers = answers
    Thread.detachNewThread {
      var rest = Data()
      while let byte = try? output.read(upToCount: 1), !byte.isEmpty {
        if byte.first == UInt8(ascii: "\n") {
          answers.record(String(decoding: rest, as: UTF8.self))
          rest = Data()
        } else {
          rest += byte
        }
      }
    }
  }

  /// Gives a command of the proxy, such as "pause", and returns when it has taken effect.
  func tell(_ command: String) async throws {
    let count = answers.values.count
    try process.input?.write(contentsOf: Data("\(command)\n".utf8))
    let answer = try await answers.wait("answer to \(command)") { $0.count > count }[count]
    guard answer == "ok \(command)" else { throw TestFailure("the proxy says: \(answer)") }
  }
}

/// Asks again and again, without hurry, until the answer is as wanted.
func poll<Answer: Sendable>(
  _ what: String, within limit: Duration = .seconds(60), _ question: () async throws -> Answer,
  until isWanted: (Answer) -> Bool
) async throws -> Answer {
  let end = ContinuousClock.now + limit
  while true {
    let answer = try await question()
    if isWanted(answer) { return answer }
    guard ContinuousClock.now < end else { throw TestFailure("no \(what) within \(limit): \(answer)") }
    try await Task.sleep(for: .milliseconds(10))
  }
}
