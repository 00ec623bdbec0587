import Foundation
import SocketIOTesting

/// The server implementations to test against.
enum Server: String, CaseIterable, Sendable, CustomStringConvertible {
  /// This project's, in C.
  case testServer = "socketio-test-server"
  /// python-socketio, which shares no code with this project.
  case python = "python-socketio"

  var description: String { rawValue }

  /// - Parameter arguments: For the server's command line.
  func start(_ arguments: String...) throws -> TestServerProcess {
    // On a busy machine, under a sanitizer, a test keeps its loop busy for longer than servers usually tolerate.
    let patient = ["--ping-timeout", "120000"] + arguments
    return switch self {
    case .testServer: try TestServerProcess(flags: patient)
    case .python:
      try TestServerProcess(Self.pythonProgram(), [Self.script("python_server.py"), "--port", "0"] + patient)
    }
  }

  /// The path of a server written in Python.
  static func script(_ name: String) -> String {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Servers/\(name)").path
  }

  /// The path of Python with the packages of the tests.
  static func pythonProgram() throws -> String {
    guard let path = ProcessInfo.processInfo.environment["SOCKETIO_PYTHON"] else {
      throw TestFailure("SOCKETIO_PYTHON is not set: run the tests with scripts/test")
    }
    return path
  }
}

struct TestFailure: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}
