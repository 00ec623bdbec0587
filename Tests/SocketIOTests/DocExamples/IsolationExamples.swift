import Observation
import SocketIO
import Synchronization

/// The examples of the article on isolation, word for word: `DocExamplesTests` compares them, and `IsolationModelTests`
/// runs the model.
@MainActor
@Observable
final class ChatModel {
  private(set) var lines: [String] = []
  private(set) var isConnected = false
  private let socket: Socket

  init(_ socket: Socket) {
    self.socket = socket
    socket.on(.connect) { @MainActor [weak self] in self?.isConnected = true }
    socket.on(.disconnect) { @MainActor [weak self] in self?.isConnected = false }
    socket.on("line") { @MainActor [weak self] (line: String) in self?.lines.append(line) }
  }

  func send(_ line: String) throws { try socket.emit("line", line) }
}

enum IsolationExamples {
  static func actors(_ socket: Socket) {
    actor Store {
      private var orders: [Int] = []
      func add(_ order: Int) { orders.append(order) }
    }
    let store = Store()
    socket.on("order") { (order: Int) in await store.add(order) }
    socket.on("photo", maxConcurrent: 4) { event in try await Task.sleep(for: .seconds(event.args.count)) }
  }

  static func locks(_ socket: Socket) {
    final class Counter: Sendable {
      private let counts = Mutex<[String: Int]>([:])

      func count(_ name: String) { counts.withLock { $0[name, default: 0] += 1 } }
    }
    let counter = Counter()
    socket.onAny { event in counter.count(event.name) }
  }
}
