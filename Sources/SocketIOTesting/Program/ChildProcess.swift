import SocketIO

#if canImport(Darwin)
  package import Darwin
#elseif canImport(Musl)
  package import Musl
#else
  package import Glibc
#endif

/// A program that runs beside the tests.
///
/// It does not use Foundation's `Process`, which learns of an exit through a descriptor that processes started at the
/// same moment inherit. So `waitUntilExit` may wait for those as well, and the concurrency pool can deadlock.
package final class ChildProcess: Sendable {
  package let identifier: pid_t
  /// Its standard input, which is empty without `.input`.
  package let input: PipeEnd?
  package let output: PipeEnd?
  package let errors: PipeEnd?
  private let status = Locked<Int32?>(nil)

  /// The connected streams. Standard output is dropped unless requested; standard error is that of the tests.
  package struct Streams: OptionSet {
    package let rawValue: Int
    package init(rawValue: Int) { self.rawValue = rawValue }
    package static let input = Streams(rawValue: 1)
    package static let output = Streams(rawValue: 2)
    package static let errors = Streams(rawValue: 4)
    package static let noErrors = Streams(rawValue: 8)
  }

  /// - Throws: ``TestServerError`` if the program cannot be started.
  package init(_ executable: String, _ arguments: [String], _ streams: Streams) throws(TestServerError) {
    (identifier, input, output, errors) = try Self.spawning.withLock { _ throws(TestServerError) in
      let input = streams.contains(.input) ? try PipeEnd.pair() : nil
      let output = streams.contains(.output) ? try PipeEnd.pair() : nil
      let errors = streams.contains(.errors) ? try PipeEnd.pair() : nil
      let identifier = try Self.spawn([executable] + arguments) { actions in
        func connect(_ descriptor: Int32, _ end: PipeEnd?, _ flags: Int32?) {
          if let end {
            posix_spawn_file_actions_adddup2(&actions, end.descriptor, descriptor)
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

  /// Reads the line "listening on URL", which servers print when they are ready. Blocks the thread, so it should come
  /// soon.
  ///
  /// - Throws: ``TestServerError`` if there is no such line.
  package func readURL() throws(TestServerError) -> String {
    guard let url = output?.readLine()?.split(separator: " ").last, url.contains("://") else {
      throw TestServerError("process \(identifier) did not start to listen; its standard error may say why")
    }
    return String(url)
  }

  package func signal(_ signal: Int32) {
    // Under the lock, and only before the exit status is fetched: afterwards the number may belong to another process.
    status.withLock { if $0 == nil { send(signal, to: identifier) } }
  }

  /// Stops all its threads, until it is sent SIGCONT.
  package func suspend() {
    signal(SIGSTOP)
    // Its threads only stop when they next run.
    var information = siginfo_t()
    while waitid(P_PID, id_t(identifier), &information, WSTOPPED | WNOWAIT) == -1 && errno == EINTR {}
  }

  /// Kills it, without a chance to close connections.
  package func kill() {
    signal(SIGKILL)
    wait()
  }

  /// Waits for its end. Blocks the thread, so the end should come soon.
  ///
  /// - Returns: The exit status, or minus the signal that ended it.
  @discardableResult
  package func wait() -> Int32 {
    status.withLock { status in
      if let status { return status }
      var raw: Int32 = 0
      while waitpid(identifier, &raw, 0) == -1 && errno == EINTR {}
      let ended = raw & 0x7f == 0 ? (raw >> 8) & 0xff : -(raw & 0x7f)
      status = ended
      return ended
    }
  }

  /// One at a time, so that no process inherits the pipe of another, whose reader would then wait for both to end.
  private static let spawning = Locked(())

  #if canImport(Darwin)
    private typealias Actions = posix_spawn_file_actions_t?
    private typealias Attributes = posix_spawnattr_t?
  #else
    private typealias Actions = posix_spawn_file_actions_t
    private typealias Attributes = posix_spawnattr_t
  #endif

  private static func spawn(
    _ command: [String], connect: (inout Actions) -> Void
  ) throws(TestServerError) -> pid_t {
    #if canImport(Darwin)
      var (actions, attributes): (Actions, Attributes) = (nil, nil)
    #else
      var (actions, attributes) = (Actions(), Attributes())
    #endif
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    connect(&actions)
    // Threads of Dispatch's pool block most signals, which a process would inherit.
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    var flags = Int32(POSIX_SPAWN_SETSIGMASK)
    // A connection only ends for its peer if no other process has inherited it.
    #if canImport(Darwin)
      flags |= POSIX_SPAWN_CLOEXEC_DEFAULT
    #elseif canImport(Glibc)
      closeFrom(&actions, 3)
    #endif
    posix_spawnattr_setflags(&attributes, Int16(truncatingIfNeeded: flags))
    var arguments = command.map { strdup($0) } + [nil]
    defer { for argument in arguments { free(argument) } }
    var identifier: pid_t = 0
    let failure = posix_spawnp(&identifier, command[0], &actions, &attributes, &arguments, environ)
    guard failure == 0 else {
      throw TestServerError("\(command[0]) cannot be started: \(String(cString: strerror(failure)))")
    }
    return identifier
  }
}

/// `kill`, which means a member inside the class.
private func send(_ signal: Int32, to process: pid_t) { _ = kill(process, signal) }

#if canImport(Glibc)
  // Not visible in the Glibc module.
  @_silgen_name("posix_spawn_file_actions_addclosefrom_np")
  @discardableResult
  private func closeFrom(_ actions: inout posix_spawn_file_actions_t, _ descriptor: Int32) -> Int32
#endif
