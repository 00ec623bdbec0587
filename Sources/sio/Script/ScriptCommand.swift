import SocketIO

/// One command of a script.
struct ScriptCommand: Sendable {
  enum Action: Sendable {
    case io(url: String?, options: SocketObject)
    case location(String)
    case connect
    case disconnect
    case emit(ScriptEmit)
    case reply(call: Int?, arguments: [SocketValue])
    case open
    case close
    case opts(SocketObject)
    case auth(NamedValue)
    case when(String, then: [ScriptCommand], times: Int?)
    case state
    case sleep(Duration)
    case quit
  }

  /// The Socket that the command is for, and the tag for the lines that it causes.
  struct Origin: Sendable {
    var socket: String
    var tag: SocketValue?

    /// Reads as much as possible, for the line that reports an error.
    init(_ object: SocketObject, defaultSocket: String) {
      socket = object["socket"]?.stringValue ?? defaultSocket
      tag = object["tag"]
    }
  }

  static let mainSocket = "main"

  let origin: Origin
  let action: Action

  /// - Parameter defaultSocket: The Socket of a command without `socket`.
  init(_ object: SocketObject, defaultSocket: String = mainSocket) throws(ScriptError) {
    origin = Origin(object, defaultSocket: defaultSocket)
    var fields = CommandFields(object)
    _ = try fields.take("socket")?.string()
    _ = fields.take("tag")
    guard let name = try fields.take("do")?.string() else { throw ScriptError("the command has no \"do\"") }
    action = try Self.action(name, &fields, socket: origin.socket)
    try fields.finish(name)
  }

  /// The command for a URL on the command line.
  init(url: String, options: SocketObject) {
    origin = Origin([:], defaultSocket: Self.mainSocket)
    action = .io(url: url, options: options)
  }

  private static func action(
    _ name: String, _ fields: inout CommandFields, socket: String
  ) throws(ScriptError) -> Action {
    switch name {
    case "io": .io(url: try fields.take("url")?.string(), options: try fields.take("options")?.object() ?? [:])
    case "location": .location(try fields.require("url").string())
    case "connect": .connect
    case "disconnect": .disconnect
    case "emit": .emit(try ScriptEmit(&fields))
    case "reply": .reply(call: try fields.take("call")?.count(), arguments: try fields.arguments())
    case "open": .open
    case "close": .close
    case "opts": .opts(try fields.require("set").object())
    case "auth": .auth(try fields.require("value"))
    case "when": try when(&fields, socket: socket)
    case "state": .state
    case "sleep": .sleep(try fields.require("ms").duration())
    case "quit": .quit
    default: throw ScriptError("there is no command \"\(name)\"")
    }
  }

  private static func when(_ fields: inout CommandFields, socket: String) throws(ScriptError) -> Action {
    let occasion = try fields.require("on")
    let on = try occasion.string()
    guard ScriptReactions.isOccasion(on) else {
      throw occasion.mismatch("\(ScriptReactions.socketOccasions.joined(separator: ", ")), event:NAME or manager:NAME")
    }
    let commands = try fields.require("then").list { element throws(ScriptError) in
      let command = try ScriptCommand(try element.object(), defaultSocket: socket)
      if case .sleep = command.action { throw ScriptError("\"sleep\" cannot stand inside \"when\"") }
      return command
    }
    let times = fields.take("times")
    let count = try times?.count()
    if count == 0 { throw ScriptError("field \"times\" must be at least 1") }
    return .when(on, then: commands, times: count)
  }
}

/// The event of `emit`, and how to send it.
struct ScriptEmit: Sendable {
  var event: String
  var arguments: [SocketValue]
  var wantsAck: Bool
  var isVolatile: Bool
  var timeout: Duration?

  init(_ fields: inout CommandFields) throws(ScriptError) {
    event = try fields.require("event").string()
    arguments = try fields.arguments()
    wantsAck = try fields.take("ack")?.bool() ?? false
    isVolatile = try fields.take("volatile")?.bool() ?? false
    timeout = try fields.take("timeout")?.duration()
  }
}

/// The members of a command, taken one by one. A member left over is an error.
struct CommandFields {
  private var rest: SocketObject

  init(_ object: SocketObject) { rest = object }

  mutating func take(_ name: String) -> NamedValue? {
    rest.removeValue(forKey: name).map { NamedValue(name: "field \"\(name)\"", value: $0) }
  }

  mutating func require(_ name: String) throws(ScriptError) -> NamedValue {
    guard let value = take(name) else { throw ScriptError("the field \"\(name)\" is missing") }
    return value
  }

  /// The field `args`.
  mutating func arguments() throws(ScriptError) -> [SocketValue] {
    try take("args")?.list { element throws(ScriptError) in try element.decoded() } ?? []
  }

  func finish(_ command: String) throws(ScriptError) {
    if let name = rest.keys.first { throw ScriptError("\"\(command)\" has no field \"\(name)\"") }
  }
}
