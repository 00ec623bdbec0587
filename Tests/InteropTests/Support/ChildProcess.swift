import Foundation
import SocketIO

/// A program running beside the tests.
///
/// Foundation's `Process` is not used: it learns of an end by a descriptor that processes started at the same moment inherit, so that
/// `waitUntilExit` may wait for those as well, and with every thread of the concurrency pool waiting like that nothing ever ends.
final class ChildProcess: Sendable {
  let identifier: pid_t
  /// Feeds its standard input. Without `.input`, that is empty.
  let input: FileHandle?
  let output: FileHandle?
  let errors: FileHandle?
  private let status = Locked<Int32?>(nil)

  /// What the tests are connected to. Standard output is dropped unless asked for; standard errors are the tests' own.
  struct Streams: OptionSet {
    let rawValue: Int
    static let input = Streams(rawValue: 1)
    static let output = Streams(rawValue: 2)
    static let errors = Streams(rawValue: 4)
    static let noErrors = Streams(rawValue: 8)
  }

  init(_ executable: String, _ arguments: [String], _ streams: Streams) throws {
    (identifier, input, output, errors) = try Self.spawning.withLock {
      let input = streams.contains(.input) ? try Self.pipe() : nil
      let output = streams.contains(.output) ? try Self.pipe() : nil
      let errors = streams.contains(.errors) ? try Self.pipe() : nil
      let identifier = try Self.spawn([executable] + arguments) { actions in
        func connect(_ descriptor: Int32, _ end: FileHandle?, _ flags: Int32?) {
          if let end {
            posix_spawn_file_actions_adddup2(&actions, end.fileDescriptor, descriptor)
          } else if let flags {
            posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", flags, 0)
          }
        }
        connect(0, input?.reading, O_RDONLY)
        connect(1, output?.writing, O_WRONLY)
        connect(2, errors?.writing, streams.contains(.noErrors) ? O_WRONLY : nil)
      }
      return (identifier, input?.writing, output?.reading, errors?.reading)
    }
  }

  deinit { kill() }

  /// Reads a line of its output, which should be near: this blocks the thread.
  func readLine() throws -> String {
    var line = Data()
    while let byte = try output?.read(upToCount: 1), byte.first != UInt8(ascii: "\n") {
      guard !byte.isEmpty else { break }
      line += byte
    }
    return String(decoding: line, as: UTF8.self)
  }

  /// Reads the line "listening on URL", with which servers say that they can be reached.
  func readURL() throws -> String {
    guard let url = try readLine().split(separator: " ").last, url.contains("://") else {
      throw TestFailure("process \(identifier) did not start")
    }
    return String(url)
  }

  func signal(_ signal: Int32) {
    // Under the lock, and only while its end was not fetched: the number may be another process' then.
    status.withLock { if $0 == nil { Foundation.kill(identifier, signal) } }
  }

  /// Stops all its threads, until it is sent SIGCONT.
  func suspend() {
    signal(SIGSTOP)
    // Its threads stop when they next run, which another's may be before.
    var information = siginfo_t()
    while waitid(P_PID, id_t(identifier), &information, WSTOPPED | WNOWAIT) == -1 && errno == EINTR {}
  }

  /// Ends it without a chance to say goodbye.
  func kill() {
    signal(SIGKILL)
    wait()
  }

  /// Waits for its end, which should be near: this blocks the thread.
  /// - Returns: the exit status, or minus the signal that ended it.
  @discardableResult
  func wait() -> Int32 {
    status.withLock { status in
      if let status { return status }
      var raw: Int32 = 0
      while waitpid(identifier, &raw, 0) == -1 && errno == EINTR {}
      let ended = raw & 0x7f == 0 ? (raw >> 8) & 0xff : -(raw & 0x7f)
      status = ended
      return ended
    }
  }

  /// One at a time, so that no process inherits the pipe of another: somebody would wait for its end.
  private static let spawning = NSLock()

  private static func pipe() throws -> (reading: FileHandle, writing: FileHandle) {
    var ends: [Int32] = [0, 0]
    guard Foundation.pipe(&ends) == 0 else { throw TestFailure("no pipe: \(String(cString: strerror(errno)))") }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    let handles = ends.map { FileHandle(fileDescriptor: $0, closeOnDealloc: true) }
    return (handles[0], handles[1])
  }

  private static func spawn(
    _ command: [String], connect: (inout posix_spawn_file_actions_t) -> Void
  ) throws -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    connect(&actions)
    // Servers and clients in this process find out that a connection ended only if nobody else has it.
    closeFrom(&actions, 3)
    // Threads of Dispatch's pool block most signals, which a process would inherit.
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
    var arguments = command.map { strdup($0) } + [nil]
    defer { for argument in arguments { free(argument) } }
    var identifier: pid_t = 0
    let failure = posix_spawnp(&identifier, command[0], &actions, &attributes, &arguments, environ)
    guard failure == 0 else { throw TestFailure("\(command[0]): \(String(cString: strerror(failure)))") }
    return identifier
  }
}

// Glibc's module does not show it.
@_silgen_name("posix_spawn_file_actions_addclosefrom_np")
@discardableResult
private func closeFrom(_ actions: inout posix_spawn_file_actions_t, _ descriptor: Int32) -> Int32
