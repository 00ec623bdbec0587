import Foundation
import SocketIO
import Testing

@testable import SocketIOTesting

@Suite("The test server as a process", .timeLimit(.minutes(2)))
struct TestServerProcessTests {
  @Test("It is started with flags, and listens on a free port")
  func starts() async throws {
    let first = try TestServerProcess(flags: ["--ping-interval", "1234"])
    let second = try TestServerProcess()
    #expect(first.port != second.port && first.url == "http://127.0.0.1:\(first.port)")
    let socket = try makeSocket(first.url)
    _ = try await socket.connected()
    #expect(try await socket.emitWithAck("echo", 7, as: Int.self, timeout: .seconds(30)) == 7)
    await socket.io.close()
  }

  @Test("A flag that it does not know is reported")
  func unknownFlag() {
    let error = #expect(throws: TestServerError.self) { try TestServerProcess(flags: ["--nonsense"]) }
    #expect(error?.message.contains("did not start to listen") == true)
  }

  @Test("It ends with its input, so also when the tests are killed")
  func endsWithInput() throws {
    let process = try ChildProcess(
      TestServerProcess.executable(), ["--port", "0", "--stop-with-input"], [.input, .output])
    _ = try process.readURL()
    process.input?.close()
    #expect(process.wait() == 0)
  }

  @Test("It ends with its object")
  func endsWithObject() throws {
    var server: TestServerProcess? = try TestServerProcess()
    let identifier = try #require(server?.identifier)
    #expect(kill(identifier, 0) == 0)
    server = nil
    #expect(kill(identifier, 0) == -1)
  }

  @Test("It is found by the variable, then in PATH, then where it was built")
  func executable() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("socketio-path-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let program = folder.appendingPathComponent("socketio-test-server").path
    let path = "/nowhere:\(folder.path)"
    let missing = #expect(throws: TestServerError.self) {
      try TestServerProcess.executable(nil, path: path, library: folder.path)
    }
    #expect(missing?.message.hasPrefix("socketio-test-server is not installed") == true)
    let built = folder.appendingPathComponent(".build/csio/bin")
    try FileManager.default.createDirectory(at: built, withIntermediateDirectories: true)
    let builtProgram = built.appendingPathComponent("socketio-test-server").path
    _ = FileManager.default.createFile(atPath: builtProgram, contents: nil, attributes: [.posixPermissions: 0o755])
    #expect(try TestServerProcess.executable(nil, path: path, library: folder.path) == builtProgram)
    #expect(try TestServerProcess.executable(nil, path: nil, library: folder.path) == builtProgram)
    _ = FileManager.default.createFile(atPath: program, contents: nil, attributes: [.posixPermissions: 0o755])
    #expect(try TestServerProcess.executable(nil, path: path, library: folder.path) == program)
    #expect(try TestServerProcess.executable("", path: path, library: folder.path) == program)
    #expect(try TestServerProcess.executable("/bin/sh", path: path, library: folder.path) == "/bin/sh")
    let wrong = #expect(throws: TestServerError.self) {
      try TestServerProcess.executable("/nowhere/server", path: path, library: folder.path)
    }
    #expect(wrong?.message.contains(#"SOCKETIO_TEST_SERVER is "/nowhere/server""#) == true)
  }
}
