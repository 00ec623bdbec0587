import Dispatch
import Logging
import SocketIO

/// Carries out the commands of a script, each with one call of the library.
///
/// Everything runs on the main actor, including handlers. So a command never overlaps with a handler, and a new Socket
/// reports nothing before its handlers are registered.
///
/// Handlers are delivered on the main queue and assume the main actor. A handler isolated to it by its type would run in
/// a further turn of that queue, and a command in between would change the order of the output.
@MainActor
final class ScriptSession {
  let output: ScriptOutput
  var reactions = ScriptReactions()
  private let logger: Logger?
  private var sockets: [String: Socket] = [:]
  /// In the order in which they were made.
  private var names: [String] = []
  /// In the order of their numbers, which begin with 1.
  private var managers: [Manager] = []
  private var managerNumbers: [ObjectIdentifier: Int] = [:]
  /// Acknowledgements that the server waits for, by number.
  private var calls: [Int: Acknowledgement] = [:]
  private var callCount = 0
  private var isQuitting = false
  private var whenQuitting: (@MainActor () -> Void)?

  init(output: ScriptOutput, logger: Logger?) {
    self.output = output
    self.logger = logger
  }

  // MARK: Running

  /// What to wait for before the next line of input.
  enum Pause {
    case none
    case sleep(Duration)
    /// Run the command after all earlier ones have taken effect on the loop.
    case settling(Manager, then: ScriptCommand)
  }

  /// Carries out one line of input.
  ///
  /// - Parameter number: The number of the line, from 1.
  func run(line: [UInt8], number: Int) -> Pause {
    guard !isQuitting, !line.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }) else { return .none }
    let object: SocketObject
    do {
      guard let read = try SocketValue(jsonBytes: line).objectValue else {
        throw ScriptError("the line is not a JSON object")
      }
      object = read
    } catch {
      let message = (error as? ScriptError)?.message ?? "the line is not JSON: \(error)"
      output.error(message, ScriptCommand.Origin([:], defaultSocket: ScriptCommand.mainSocket), line: number)
      return .none
    }
    let command: ScriptCommand
    do {
      command = try ScriptCommand(object)
    } catch {
      output.error(
        error.message, ScriptCommand.Origin(object, defaultSocket: ScriptCommand.mainSocket), line: number)
      return .none
    }
    switch command.action {
    case .sleep(let duration): return .sleep(duration)
    case .state:
      // The answer must reflect everything that was asked for before.
      if let socket = sockets[command.origin.socket] { return .settling(socket.io, then: command) }
    default: break
    }
    run(command, call: nil)
    return .none
  }

  /// - Parameter call: The number of the event in whose handler the command runs, if the server waits for an answer.
  func run(_ command: ScriptCommand, call: Int?) {
    guard !isQuitting else { return }
    do {
      try perform(command, call: call)
    } catch {
      output.error(error.message, command.origin)
    }
  }

  private func perform(_ command: ScriptCommand, call: Int?) throws(ScriptError) {
    let origin = command.origin
    switch command.action {
    case .io(let url, let options): try makeSocket(origin, url, options)
    case .location(let url): Manager.location = url
    case .connect: try socket(origin).connect()
    case .disconnect: try socket(origin).disconnect()
    case .emit(let emit): try self.emit(emit, origin)
    case .reply(let number, let arguments): try reply(number ?? call, arguments)
    case .open: try open(origin)
    case .close: try socket(origin).io.engine.close()
    case .opts(let changes):
      let manager = try socket(origin).io
      var options = manager.opts
      try ScriptOptions.apply(changes, to: &options)
      manager.opts = options
    case .auth(let value): try socket(origin).auth = ScriptOptions.auth(value)
    case .when(let occasion, let commands, let times):
      let manager = number(of: try socket(origin).io)
      let source: ScriptReactions.Source =
        occasion.hasPrefix("manager:") ? .manager(manager) : .socket(origin.socket)
      reactions.add(occasion, of: source, commands, times: times)
    case .state: reportState(try socket(origin), origin)
    case .sleep: throw ScriptError("\"sleep\" cannot stand inside \"when\"")
    case .quit: quit()
    }
  }

  // MARK: Commands

  private func socket(_ origin: ScriptCommand.Origin) throws(ScriptError) -> Socket {
    guard let socket = sockets[origin.socket] else {
      throw ScriptError("there is no socket \"\(origin.socket)\"")
    }
    return socket
  }

  private func makeSocket(
    _ origin: ScriptCommand.Origin, _ url: String?, _ object: SocketObject
  ) throws(ScriptError) {
    guard sockets[origin.socket] == nil else {
      throw ScriptError("the name \"\(origin.socket)\" is in use")
    }
    var options = SocketIOOptions()
    try ScriptOptions.apply(object, to: &options)
    options.delivery = .queue(.main)
    if let logger { options.logger = logger }
    let socket: Socket
    do {
      socket = try io(url, options: options)
    } catch {
      throw ScriptError(error.message)
    }
    sockets[origin.socket] = socket
    names.append(origin.socket)
    let managerCount = managers.count
    let manager = number(of: socket.io)
    output.line(
      "created", origin.socket,
      ["tag": origin.tag, "manager": .int(manager), "namespace": .string(socket.namespace)])
    if manager > managerCount { report(socket.io, number: manager, as: origin.socket) }
    report(socket, as: origin.socket)
  }

  /// The Manager's number; a new Manager gets the next one.
  private func number(of manager: Manager) -> Int {
    if let number = managerNumbers[ObjectIdentifier(manager)] { return number }
    managers.append(manager)
    managerNumbers[ObjectIdentifier(manager)] = managers.count
    return managers.count
  }

  private func emit(_ emit: ScriptEmit, _ origin: ScriptCommand.Origin) throws(ScriptError) {
    let socket = try socket(origin)
    var emitter = socket.modified
    if emit.isVolatile { emitter = emitter.volatile }
    if let timeout = emit.timeout { emitter = emitter.timeout(timeout) }
    do {
      try emitter.emit(emit.event, with: emit.arguments, ack: emit.wantsAck ? reporter(origin) : nil)
    } catch {
      throw ScriptError(error.message)
    }
  }

  private func reporter(
    _ origin: ScriptCommand.Origin
  ) -> @Sendable (Result<SocketAnswer, SocketIOError>) -> Void {
    { result in MainActor.assumeIsolated { self.reportAck(result, origin) } }
  }

  private func reply(_ number: Int?, _ arguments: [SocketValue]) throws(ScriptError) {
    guard let number else { throw ScriptError("the field \"call\" is missing") }
    guard let acknowledgement = calls.removeValue(forKey: number) else {
      throw ScriptError("no call \(number) waits for a reply")
    }
    acknowledgement.send(arguments)
  }

  /// Assigns a number to an acknowledgement.
  func call(_ acknowledgement: Acknowledgement) -> Int {
    callCount += 1
    calls[callCount] = acknowledgement
    return callCount
  }

  private func open(_ origin: ScriptCommand.Origin) throws(ScriptError) {
    try socket(origin).io.open { error in
      MainActor.assumeIsolated {
        self.output.line(
          "opened", origin.socket, ["tag": origin.tag, "error": error.map { .string($0.message) } ?? .null])
      }
    }
  }

  // MARK: The end

  /// Disconnects every Socket and ends ``ended()``.
  func quit() {
    guard !isQuitting else { return }
    isQuitting = true
    for name in names { sockets[name]?.disconnect() }
    whenQuitting?()
  }

  /// Waits for ``quit()``, then for the last packets to be sent, for at most one second.
  func ended() async {
    if !isQuitting {
      await withCheckedContinuation { continuation in whenQuitting = { continuation.resume() } }
    }
    await closeAll(managers, within: .seconds(1))
  }
}
