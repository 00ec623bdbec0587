@testable import SocketIO

extension EnginePacket {
  /// The packet on the wire: "2probe".
  var wire: String {
    let (type, payload) = text
    return String(UnicodeScalar(type)) + payload
  }
}

extension Sequence<EnginePacket> {
  /// Packets separated by blanks: "5 4hello".
  var wire: String { map(\.wire).joined(separator: " ") }
}

extension EnginePacket {
  static func text(_ payload: String) -> EnginePacket { .message(.text(payload)) }
  static func binary(_ size: Int) -> EnginePacket { .message(.binary(.init(repeating: 7, count: size))) }
}

extension TransportEvent {
  /// For traces: a packet as on the wire, everything else by name.
  var wire: String {
    switch self {
    case .opened: "opened"
    case .packet(let packet): packet.wire
    case .writable: "writable"
    case .readReceipt(let mark): "read \(mark)"
    case .paused: "paused"
    case .closed(let error): error.map { "closed: \($0)" } ?? "closed"
    case .failed(let error): "failed: \(error)"
    }
  }
}
