import SocketIOTesting
import Testing

@testable import SocketIO

@Suite("The choice of a Manager by io()")
struct ManagerCacheTests {
  private let loop = VirtualLoop()
  private let cache: ManagerCache

  init() {
    let loop = loop
    cache = ManagerCache { server, options in
      Manager(loop: loop, connector: ScriptedConnector(loop: loop, options: options), options: options)
    }
  }

  private func socket(_ url: String, _ configure: (inout SocketIOOptions) -> Void = { _ in }) throws -> Socket {
    let options = ClientBench.options { options in
      options.autoConnect = false
      configure(&options)
    }
    return try cache.socket(ServerURL(url, location: nil), options)
  }

  @Test("Namespaces of one server share a Manager")
  func sharing() throws {
    let main = try socket("http://h")
    let product = try socket("http://h/product")
    let order = try socket("http://h/order?x=1")
    #expect(main.io === product.io && main.io === order.io)
    #expect([main.namespace, product.namespace, order.namespace] == ["/", "/product", "/order"])
  }

  @Test("A second Socket for a namespace gets its own Manager, and so does every further one")
  func sameNamespace() throws {
    let sockets = try ["", "", "/admin", "/admin"].map { try socket("http://h\($0)") }
    #expect(sockets[1].io !== sockets[0].io)
    #expect(sockets[2].io === sockets[0].io)
    #expect(sockets[3].io !== sockets[0].io && sockets[3].io !== sockets[1].io)
  }

  @Test("A namespace stays in use when its Socket disconnects")
  func takenForEver() throws {
    let first = try socket("http://h")
    first.connect().disconnect()
    #expect(try socket("http://h").io !== first.io)
  }

  @Test("forceNew, or multiplex off, makes a Manager that is not shared", arguments: [true, false])
  func forceNew(isForced: Bool) throws {
    let own = try socket("http://h") { if isForced { $0.forceNew = true } else { $0.multiplex = false } }
    let shared = try socket("http://h/a")
    #expect(own.io !== shared.io)
    #expect(try socket("http://h").io === shared.io)
  }

  @Test(
    "All spellings of a server's address mean one server",
    arguments: [
      ("http://h", "http://h:80"), ("http://h", "ws://h"), ("https://h", "wss://h:443"),
      ("http://[::1]:80", "http://[::1]"),
    ])
  func sameServer(one: String, other: String) throws {
    let first = try socket(one + "/a")
    #expect(try socket(other + "/b").io === first.io)
  }

  @Test(
    "Other hosts, ports, schemes and paths mean other servers", arguments: ["http://g", "http://h:81", "https://h"])
  func otherServer(other: String) throws {
    let first = try socket("http://h/a")
    #expect(try socket(other + "/b").io !== first.io)
  }

  @Test("The path of requests matters, but not its spelling")
  func path() throws {
    let first = try socket("http://h/a") { $0.path = "/x" }
    #expect(try socket("http://h/b") { $0.path = "/x/" }.io === first.io)
    #expect(try socket("http://h/c") { $0.path = "/y" }.io !== first.io)
    #expect(try socket("http://h/d").io !== first.io)
  }

  @Test("Options given to io() for its Socket do not apply to the Manager's other Sockets")
  func socketOptions() throws {
    let first = try socket("http://h") {
      $0.auth = ["token": "secret"]
      $0.ackTimeout = .seconds(1)
      $0.retries = 2
    }
    #expect(first.auth != nil && first.ackTimeout == .seconds(1) && first.retries == 2)
    let second = first.io.socket("/b")
    #expect(second.auth == nil && second.ackTimeout == nil && second.retries == 0)
    #expect(first.io.opts.auth == nil)
  }

  @Test("An unused Manager is forgotten")
  func forgotten() throws {
    weak var manager: Manager?
    do {
      let first = try socket("http://h")
      manager = first.io
      #expect(try socket("http://h/a").io === manager)
    }
    loop.run()
    #expect(manager == nil)
    let again = try socket("http://h")
    #expect(again.namespace == "/")
  }

  @Test("Making a Manager may call io() again, as closures of options do, and loses nothing")
  func reentrance() throws {
    let (loop, log) = (loop, Log())
    let holder = Locked<ManagerCache?>(nil)
    let kept = Locked<Socket?>(nil)
    let options = ClientBench.options { $0.autoConnect = false }
    let cache = ManagerCache { (server, _) throws(SocketIOError) in
      let inner = ClientBench.options { $0.autoConnect = false }
      if log.entries.isEmpty {
        log.add("made")
        let cache = holder.withLock { $0 }
        // Another thread could get in, too.
        let socket = try cache?.socket(ServerURL("http://h/inner", location: nil), inner)
        log.add("inner \(socket?.namespace ?? "none")")
        holder.withLock { $0 = nil }
        kept.withLock { $0 = socket }
      }
      return Manager(loop: loop, connector: ScriptedConnector(loop: loop, options: inner), options: inner)
    }
    holder.withLock { $0 = cache }
    let outer = try cache.socket(ServerURL("http://h/outer", location: nil), options)
    #expect(log.entries == ["made", "inner /inner"])
    // Both use the Manager that was made first.
    #expect(kept.withLock { $0 }?.io === outer.io)
  }

  @Test("Bad options are refused before anything is made")
  func badOptions() {
    let error = #expect(throws: SocketIOError.self) { try socket("http://h") { $0.randomizationFactor = 2 } }
    #expect(error?.code == .invalidOption)
  }
}
