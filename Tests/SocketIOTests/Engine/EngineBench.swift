import SocketIOTesting

@testable import SocketIO

/// An engine with scripted transports on a virtual clock.
final class EngineBench {
  private final class Record {
    var reports: [String] = []
    var scripts: [TransportScript] = []
    var onReport: (Engine, EngineReport) -> Void = { _, _ in }
  }

  let loop = VirtualLoop()
  let engine: Engine
  private let record = Record()

  init(
    _ configuration: EngineStateMachine.Configuration = .init(), openFailures: [TransportName: SocketIOError] = [:]
  ) {
    engine = Engine(configuration, loop: loop) { [loop, record] name, sid throws(SocketIOError) in
      let script = TransportScript(name, sid: sid, loop: loop, openFailure: openFailures[name])
      record.scripts.append(script)
      return ScriptedTransport(script, loop: loop)
    }
    engine.onReport = { [unowned engine, record] report in
      record.reports.append(Self.text(report))
      record.onReport(engine, report)
    }
    engine.onText = { [record] text in record.reports.append("message \(String(decoding: text, as: UTF8.self))") }
  }

  convenience init(transports: [TransportName], upgrade: Bool = true) {
    var configuration = EngineStateMachine.Configuration()
    configuration.transports = transports
    configuration.upgrade = upgrade
    self.init(configuration)
  }

  /// The reports since the last `take`.
  var reports: [String] { record.reports }

  /// The transports made so far, oldest first.
  var scripts: [TransportScript] { record.scripts }

  /// Called for each report, instead of a Manager.
  var onReport: (Engine, EngineReport) -> Void {
    get { record.onReport }
    set { record.onReport = newValue }
  }

  /// The transport opened first.
  var main: TransportScript { scripts[0] }
  /// The one opened for the upgrade.
  var probe: TransportScript { scripts[1] }

  /// An engine open on one transport, with empty logs.
  static func open(_ transport: TransportName, _ handshake: String = TransportScript.handshake()) -> EngineBench {
    let bench = EngineBench(transports: [transport])
    bench.engine.open()
    bench.main.open(handshake)
    bench.main.forget()
    _ = bench.take()
    return bench
  }

  /// An engine open on polling that connects a WebSocket to upgrade to.
  static func upgrading() -> EngineBench {
    let bench = EngineBench()
    bench.engine.open()
    bench.main.open(TransportScript.handshake(upgrades: ["websocket"]))
    bench.main.forget()
    _ = bench.take()
    return bench
  }

  /// The reports since the last call.
  func take() -> [String] {
    defer { record.reports = [] }
    return record.reports
  }

  func send(_ texts: String...) { engine.send(texts.map { .text($0) }) }

  private static func text(_ report: EngineReport) -> String {
    switch report {
    case .opened(let handshake, let transport): "opened \(handshake.sid) on \(transport)"
    case .binary(let data): "message of \(data.count) bytes"
    case .ping: "ping"
    case .upgraded(let transport): "upgraded to \(transport)"
    case .upgradeFailed(let cause): "upgrade failed: \(cause)"
    case .failed(let error): "failed: \(error)"
    case .closed(let reason, let error): "closed: \(reason)" + (error.map { " (\($0))" } ?? "")
    case .finished: "finished"
    }
  }
}
