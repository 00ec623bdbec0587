import Foundation
import SocketIO

@main
struct Chat {
  private let name: String
  private let tokens: TokenStore
  private let socket: Socket

  static func main() async {
    let arguments = CommandLine.arguments
    guard arguments.count == 3 else {
      print("usage: CHAT_TOKENS=token,… Chat URL NAME")
      exit(2)
    }
    // Tokens come from the environment, since every user of the machine can read the command lines of all programs.
    let tokens = TokenStore(ProcessInfo.processInfo.environment["CHAT_TOKENS"] ?? "")
    do {
      try await Chat(url: arguments[1], name: arguments[2], tokens: tokens).run()
    } catch {
      say("error: \(error)")
      exit(1)
    }
  }

  init(url: String, name: String, tokens: TokenStore) throws {
    self.name = name
    self.tokens = tokens
    socket = try io(url) {
      // Asked each time the Socket joins its namespace, so after a lost connection it sends the token of that moment.
      $0.auth = .provider { ["token": .string(await tokens.current)] }
      // Connects in `run`, when everything listens.
      $0.autoConnect = false
    }
  }

  func run() async throws {
    // A sequence listens from the moment it is made, and keeps what arrives before the first read.
    let messages = socket.events(ChatEvents.message)
    let changes = socket.changes()
    let lines = typedLines()
    socket.connect()

    // Three tasks run side by side. When the first one ends, so does the chat, and the others are cancelled.
    try await withThrowingTaskGroup { group in
      group.addTask { await show(messages) }
      group.addTask { try await follow(changes) }
      group.addTask { await send(lines) }
      defer { group.cancelAll() }
      try await group.next()
    }
    // Sends what is still waiting, and leaves the server properly. Without it the last message could be lost.
    await socket.io.close(within: .seconds(5))
  }

  private func show(_ messages: EventSequence<Message>) async {
    for await message in messages { print("\(message.author.printable): \(message.text.printable)") }
  }

  /// Shows how the connection fares. Returns only if the task is cancelled.
  ///
  /// - Throws: If the Socket does not try to connect any more.
  private func follow(_ changes: EventSequence<SocketChange>) async throws {
    for await change in changes {
      switch change {
      case .connect(let connection):
        say("connected; type a message, /ping or /quit")
        if connection.recovered { say("nothing was missed meanwhile") }

      // The network failed. The client tries again by itself, until it succeeds.
      case .disconnect(let disconnection) where socket.active:
        say("connection lost (\(disconnection.reason)), reconnecting")
      case .connectError(let error) where socket.active:
        say("no connection: \(error); trying again")

      // The server refused or ended it. The client leaves the decision to us.
      case .connectError(let error) where error.isAboutCredentials:
        say("refused: \(error); renewing the token")
        try await tokens.renew()
        socket.connect()
      case .connectError(let error):
        throw error
      case .disconnect(let disconnection):
        throw Failure("disconnected: \(disconnection.reason)")
      }
    }
  }

  /// Sends what is typed. Returns when the input ends, or at /quit.
  private func send(_ lines: AsyncStream<String>) async {
    for await line in lines {
      switch line {
      case "": continue
      case "/quit": return
      case "/ping": await ping()
      default:
        do {
          // Does not wait: without a connection, the message is sent when there is one again.
          try socket.emit(ChatEvents.message, Message(author: name, text: line))
          if !socket.connected { say("will be sent when connected") }
        } catch {
          say("not sent: \(error)")
        }
      }
    }
  }

  /// Measures how long an answer of the server takes.
  private func ping() async {
    let clock = ContinuousClock()
    let start = clock.now
    do {
      let answer = try await socket.emitWithAck(ChatEvents.echo, "ping", timeout: .seconds(5))
      say("\(answer) took \(clock.now - start)")
    } catch {
      say("no answer: \(error)")
    }
  }
}

/// Prints what is not a message.
private func say(_ text: String) { print("* \(text)") }

extension String {
  /// Without control characters: what others write must not control this terminal. The library's errors are safe.
  fileprivate var printable: String {
    String(String.UnicodeScalarView(unicodeScalars.filter { $0.properties.generalCategory != .control }))
  }
}
