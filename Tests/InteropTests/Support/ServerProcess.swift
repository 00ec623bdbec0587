import Foundation

/// A server under test, running as a process of its own.
final class ServerProcess: Sendable {
  let url: String
  private let process: ChildProcess

  var port: Int { URLComponents(string: url)?.port ?? 0 }

  /// Starts a server that prints "listening on URL" once it can be reached.
  init(_ executable: String, _ arguments: [String]) throws {
    process = try ChildProcess(executable, arguments, .output)
    url = try process.readURL()
  }

  /// Ends the server without giving it a chance to say goodbye.
  func kill() { process.kill() }
}

/// The servers that the same story is told to.
enum Server: String, CaseIterable, Sendable, CustomStringConvertible {
  /// Ours, in C.
  case testServer = "socketio-test-server"
  /// Nobody's of this project.
  case python = "python-socketio"

  var description: String { rawValue }

  /// - Parameter arguments: For the server's command line.
  func start(_ arguments: String...) throws -> ServerProcess {
    // A test with the machine at its limits and a sanitizer in it keeps its loop busy for longer than servers usually put up with.
    let patient = ["--port", "0", "--ping-timeout", "120000"] + arguments
    switch self {
    case .testServer: return try ServerProcess(executable(), patient)
    case .python: return try ServerProcess(executable(), [Self.script("python_server.py")] + patient)
    }
  }

  /// The path of a server written in Python.
  static func script(_ name: String) -> String {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Servers/\(name)").path
  }

  func executable() throws -> String {
    let name = self == .testServer ? "SOCKETIO_TEST_SERVER" : "SOCKETIO_PYTHON"
    guard let value = ProcessInfo.processInfo.environment[name] else {
      throw TestFailure("\(name) is not set: run the tests with scripts/test")
    }
    return value
  }
}

struct TestFailure: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}
