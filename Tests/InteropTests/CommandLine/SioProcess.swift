import Foundation
import SocketIO
import SocketIOTesting

@testable import sio

/// A running process of the command-line tool, or of another program of the package.
final class SioProcess: Sendable {
  /// Its standard output.
  let output = Recorder<String>()
  private let process: ChildProcess
  private let arguments: [String]
  private let ended = Recorder<Void>()

  /// - Parameter environment: Variables added to those of the tests, each as NAME=VALUE.
  init(_ arguments: [String], tool name: String = "sio", environment: [String] = []) throws {
    let tool = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent().appendingPathComponent(name)
    process = try ChildProcess("/usr/bin/env", environment + [tool.path] + arguments, [.input, .output, .errors])
    self.arguments = arguments
    guard let output = process.output else { return }
    let (lines, ended) = (self.output, ended)
    Thread.detachNewThread {
      var reader = LineReader(output.descriptor)
      while let line = reader.next() { lines.record(String(decoding: line, as: UTF8.self)) }
      withExtendedLifetime(output) {}
      ended.record(())
    }
  }

  func type(_ lines: String...) throws {
    try process.input?.write(lines.map { $0 + "\n" }.joined())
  }

  func endInput() { process.input?.close() }

  func interrupt() { process.signal(SIGINT) }

  func suspend() { process.suspend() }
  func resume() { process.signal(SIGCONT) }

  /// Waits until the process has exited.
  func exit() async throws -> (status: Int32, output: [String], errors: [String]) {
    _ = try await ended.first("end of \(arguments)")
    let errors = process.errors?.readToEnd() ?? ""
    let lines = errors.split(separator: "\n").map(String.init)
    return (process.wait(), output.values, lines)
  }

  /// Runs the tool from its start to its end.
  static func run(
    _ arguments: String..., input: [String] = [], environment: [String] = []
  ) async throws -> (status: Int32, output: [String], errors: [String]) {
    let sio = try SioProcess(arguments, environment: environment)
    for line in input { try sio.type(line) }
    sio.endInput()
    return try await sio.exit()
  }
}

/// `sio script`, with its lines as values.
actor ScriptProcess {
  private let sio: SioProcess
  private var taken: Set<Int> = []

  init(_ arguments: String...) throws { sio = try SioProcess(["script"] + arguments) }

  func suspend() { sio.suspend() }
  func resume() { sio.resume() }

  /// Sends commands, written in JSON.
  func send(_ commands: String...) throws {
    for command in commands { try sio.type(command) }
  }

  /// The first line with these fields that was not returned yet. Lines about different Sockets, and lines from the loop
  /// and from commands, are not ordered among themselves, so a line that was skipped can still be returned later.
  func next(_ kind: String, _ fields: KeyValuePairs<String, SocketValue> = [:]) async throws -> SocketValue {
    let taken = taken
    let find = { @Sendable (lines: [String]) -> (index: Int, line: SocketValue)? in
      for (index, text) in lines.enumerated() where !taken.contains(index) {
        guard let line = try? SocketValue(json: text), line["on"]?.stringValue == kind else { continue }
        if fields.allSatisfy({ line[$0.key] == $0.value }) { return (index, line) }
      }
      return nil
    }
    let lines = try await sio.output.wait("\(kind) \(fields)") { find($0) != nil }
    guard let (index, line) = find(lines) else { throw TestFailure("no \(kind)") }
    self.taken.insert(index)
    return line
  }

  /// Ends the input and returns all lines, including those already returned.
  func end() async throws -> (status: Int32, lines: [SocketValue]) {
    sio.endInput()
    return try await ended()
  }

  /// Waits for an exit that a command caused.
  func ended() async throws -> (status: Int32, lines: [SocketValue]) {
    let (status, output, _) = try await sio.exit()
    return (status, try output.map { try SocketValue(json: $0) })
  }
}

extension SocketValue {
  /// The value without fields that differ from run to run.
  func without(_ names: String...) -> SocketValue {
    var copy = self
    for name in names { copy[name] = nil }
    return copy
  }
}

/// The subject of a line.
func summary(_ line: SocketValue) -> String {
  let kind = line["on"]?.stringValue ?? ""
  if kind == "state" { return kind }
  let detail = line["name"] ?? line["reason"] ?? line["transport"]
  return detail?.stringValue.map { "\(kind) \($0)" } ?? kind
}
