import SocketIO

/// Writes a line of output for each report of the library, and runs the commands that wait for it.
extension ScriptSession {
  func report(_ socket: Socket, as name: String) {
    socket.on(.connect) { connection in
      MainActor.assumeIsolated {
        self.output.line(
          "connect", name,
          [
            "id": .string(connection.id), "recovered": .bool(connection.recovered),
            "transport": .string(connection.transport.rawValue),
          ])
        self.react(to: "connect", of: .socket(name))
      }
    }
    socket.on(.connectError) { [weak socket] error in
      MainActor.assumeIsolated {
        self.output.line(
          "connect_error", name,
          [
            "message": .string(error.message), "data": error.data?.isNull == true ? .none : error.data,
            "status": error.httpStatus.map(SocketValue.int), "active": .bool(socket?.active ?? false),
          ])
        self.react(to: "connect_error", of: .socket(name))
      }
    }
    socket.on(.disconnect) { [weak socket] disconnection in
      let reason = disconnection.reason
      // It may be connecting again by now; lines about that follow this one.
      let hasLeft = reason == .ioClientDisconnect || reason == .ioServerDisconnect
      MainActor.assumeIsolated {
        self.output.line(
          "disconnect", name,
          ["reason": .string(reason.rawValue), "active": .bool(!hasLeft && socket?.active ?? false)])
        self.react(to: "disconnect", of: .socket(name))
      }
    }
    socket.onAny { event in
      MainActor.assumeIsolated {
        let call = event.ack.map(self.call)
        self.output.line(
          "event", name,
          ["name": .string(event.name), "args": .array(event.args), "call": call.map(SocketValue.int)])
        self.react(to: "event:\(event.name)", of: .socket(name), call: call)
      }
    }
  }

  func report(_ manager: Manager, number: Int, as name: String) {
    let tell: @Sendable (String, [SocketValue]) -> Void = { event, arguments in
      MainActor.assumeIsolated {
        self.output.line("manager", name, ["name": .string(event), "args": .array(arguments)])
        self.react(to: "manager:\(event)", of: .manager(number))
      }
    }
    manager.on(.open) { tell("open", []) }
    manager.on(.error) { tell("error", [.string($0.message)]) }
    manager.on(.close) { tell("close", [.string($0.rawValue)]) }
    manager.on(.ping) { tell("ping", []) }
    manager.on(.reconnectAttempt) { tell("reconnect_attempt", [.int($0)]) }
    manager.on(.reconnect) { tell("reconnect", [.int($0)]) }
    manager.on(.reconnectError) { tell("reconnect_error", [.string($0.message)]) }
    manager.on(.reconnectFailed) { tell("reconnect_failed", []) }
    manager.on(.upgrade) { transport in
      MainActor.assumeIsolated {
        self.output.line("upgrade", name, ["transport": .string(transport.rawValue)])
      }
    }
  }

  func reportAck(_ result: Result<SocketAnswer, SocketIOError>, _ origin: ScriptCommand.Origin) {
    switch result {
    case .success(let answer):
      output.line("ack", origin.socket, ["tag": origin.tag, "args": .array(answer.args)])
    case .failure(let error):
      let text = [.timeout, .disconnected].contains(error.code) ? error.code.rawValue : error.message
      output.line("ack", origin.socket, ["tag": origin.tag, "error": .string(text)])
    }
  }

  func reportState(_ socket: Socket, _ origin: ScriptCommand.Origin) {
    output.line(
      "state", origin.socket,
      [
        "tag": origin.tag, "connected": .bool(socket.connected), "active": .bool(socket.active),
        "id": socket.id.map { .string($0) } ?? .null, "recovered": .bool(socket.recovered),
        "transport": socket.io.transport.map { .string($0.rawValue) } ?? .null,
      ])
  }

  private func react(to occasion: String, of source: ScriptReactions.Source, call: Int? = nil) {
    for command in reactions.take(occasion, of: source) { run(command, call: call) }
  }
}
