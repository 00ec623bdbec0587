import SocketIO

/// URLs, namespaces, and which calls share a Manager.
extension OptionsPageExamples {
  // MARK: URLsAndNamespaces

  func otherDomain() throws -> Socket {
    let socket = try io("https://example.com")
    return socket
  }

  func sameServer() throws -> [Socket] {
    let chat = try io("https://example.com")
    let echo = try io("wss://example.com/echo")
    print(chat.io === echo.io)  // true: one server, one connection
    return [chat, echo]
  }

  func location() throws -> [Socket] {
    Manager.location = server

    let socket = try io()
    let echo = try io("/echo")
    return [socket, echo]
  }

  func namespace() throws -> Socket {
    let echo = try io("https://example.com/echo")
    return echo
  }

  func namespaceOfManager(_ echo: Socket) -> Socket {
    let admin = echo.io.socket("/admin", auth: ["token": "abcd"])
    return admin
  }

  func badURL(print: (String) -> Void) throws {
    do {
      _ = try io("ftp://example.com")
    } catch let error where error.code == .invalidURL {
      print(error.message)
    }
  }

  // MARK: ManagersAndForceNew

  func sharedManager() throws -> [Socket] {
    let socket = try io("https://example.com")
    let products = try io("https://example.com/product")
    let orders = try io("https://example.com/order")
    return [socket, products, orders]
  }

  func forceNew() throws -> [Socket] {
    let socket = try io("https://example.com")
    let products = try io("https://example.com/product") { $0.forceNew = true }
    let orders = try io("https://example.com/order") { $0.forceNew = true }
    return [socket, products, orders]
  }

  func fourCalls() throws -> [Socket] {
    let socket1 = try io("https://example.com")  // makes the first Manager
    let socket2 = try io("https://example.com")  // makes a second one: the first has this namespace already
    let socket3 = try io("https://example.com/echo")  // uses the first
    let socket4 = try io("https://example.com/echo")  // makes a third one
    return [socket1, socket2, socket3, socket4]
  }

  func multiplex() throws -> [Socket] {
    let socket = try io("https://example.com")
    let echo = try io("https://example.com/echo") { $0.multiplex = false }
    return [socket, echo]
  }

  func ownManager() throws -> Socket {
    let manager = try Manager(server)
    let socket = manager.socket("/echo")
    return socket
  }
}
