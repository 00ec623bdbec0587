import Foundation
import SocketIO

/// A TCP server that answers each connection's first bytes with the same text and closes it, or never answers.
final class RawServer: Sendable {
  let port: Int
  private let listener: Int32
  private let held = Locked<[Int32]>([])

  var url: String { "http://127.0.0.1:\(port)" }

  /// - Parameter answer: The bytes of each answer; nil to stay silent.
  init(answering answer: String?) throws {
    let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let status = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        bind(listener, address, size) == 0 && listen(listener, 16) == 0 && getsockname(listener, address, &size) == 0
      }
    }
    guard status else { throw TestFailure("cannot listen") }
    self.listener = listener
    port = Int(UInt16(bigEndian: address.sin_port))
    Thread.detachNewThread { [self] in serve(answer) }
  }

  deinit {
    for descriptor in held.withLock({ $0 }) { close(descriptor) }
  }

  func stop() { shutdown(listener, Int32(SHUT_RDWR)) }

  static func http(_ status: String, _ type: String, _ body: String) -> String {
    "HTTP/1.1 \(status)\r\nContent-Type: \(type)\r\nContent-Length: \(body.utf8.count)\r\nConnection: close\r\n\r\n\(body)"
  }

  private func serve(_ answer: String?) {
    while true {
      let connection = accept(listener, nil, nil)
      guard connection >= 0 else {
        close(listener)
        return
      }
      guard let answer else {
        held.withLock { $0.append(connection) }
        continue
      }
      var request = [UInt8](repeating: 0, count: 65_536)
      _ = recv(connection, &request, request.count, 0)
      var text = answer
      text.withUTF8 { _ = Foundation.send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
      // close() alone is not enough: a process that another test starts right now may have inherited the descriptor.
      shutdown(connection, Int32(SHUT_RDWR))
      close(connection)
    }
  }
}
