@testable import SocketIO

/// An engine with scripted transports on a virtual clock.
final class EngineBench {
  let loop = VirtualLoop()
  private(set) var reports: [String] = []
  private(set) var scripts: [TransportScript] = []
  private(set) var engine: Engine!
  /// Called for each report, in the place of the Manager.
  var onReport: (Engine, EngineReport) -> Void = { _, _ in }

  init(
    _ configuration: EngineStateMachine.Configuration = .init(),
    openFailures: [TransportName: SocketIOError] = [:]
  ) {
    let loop = loop
    engine = Engine(configuration, loop: loop) { [unowned self] name, sid throws(SocketIOError) in
      let script = TransportScript(name, sid: sid, loop: loop, openFailure: openFailures[name])
      scripts.append(script)
      return ScriptedTransport(script, loop: loop)
    }
    engine.onReport = { [unowned self] report in
      reports.append(Self.text(report))
      onReport(engine, report)
    }
  }

  convenience init(transports: [TransportName], upgrade: Bool = true) {
    var configuration = EngineStateMachine.Configuration()
    configuration.transports = transports
    configuration.upgrade = upgrade
    self.init(configuration)
  }

  /// The transport opened first.
  var main: TransportScript { scripts[0] }
  /// The one opened for the upgrade.
  var probe: TransportScript { scripts[1] }

  /// An engine open on one transport, with what led there forgotten.
  static func open(_ transport: TransportName, _ handshake: String = Fixture.handshake()) -> EngineBench {
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
    bench.main.open(Fixture.handshake(upgrades: ["websocket"]))
    bench.main.forget()
    _ = bench.take()
    return bench
  }

  /// The reports since the last call.
  func take() -> [String] {
    defer { reports = [] }
    return reports
  }

  func send(_ texts: String...) { engine.send(texts.map { .text($0) }) }

  private static func text(_ report: EngineReport) -> String {
    switch report {
    case .opened(let handshake, let transport): "opened \(handshake.sid) on \(transport)"
    case .message(.text(let text)): "message \(text)"
    case .message(.binary(let data)): "message of \(data.count) bytes"
    case .ping: "ping"
    case .upgraded(let transport): "upgraded to \(transport)"
    case .upgradeFailed(let cause): "upgrade failed: \(cause)"
    case .failed(let error): "failed: \(error)"
    case .closed(let reason, let error): "closed: \(reason)" + (error.map { " (\($0))" } ?? "")
    case .finished: "finished"
    }
  }
}
