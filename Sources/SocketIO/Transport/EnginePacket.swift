#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// A packet of Engine.IO protocol 4.
package enum EnginePacket: Sendable, Hashable {
  /// The server's handshake, as JSON text.
  case open(String)
  case close
  case ping(String)
  case pong(String)
  case message(EngineMessage)
  /// A message to the server that is not to be compressed.
  case uncompressed(EngineMessage)
  /// A text message to the server that is already encoded.
  case encoded(EncodedText, isCompressed: Bool)
  case upgrade
  case noop
}

extension EnginePacket {
  /// The type character of a message.
  static let messageType = UInt8(ascii: "4")

  /// The packet as text: its type character and its payload. A binary message is `b` and base64, without the type of
  /// messages.
  package var text: (type: UInt8, payload: String) {
    switch self {
    case .open(let payload): (UInt8(ascii: "0"), payload)
    case .close: (UInt8(ascii: "1"), "")
    case .ping(let payload): (UInt8(ascii: "2"), payload)
    case .pong(let payload): (UInt8(ascii: "3"), payload)
    case .message(.text(let payload)), .uncompressed(.text(let payload)): (Self.messageType, payload)
    case .message(.binary(let data)), .uncompressed(.binary(let data)): (UInt8(ascii: "b"), data.base64EncodedString())
    case .encoded(let text, _): (Self.messageType, text.packet)
    case .upgrade: (UInt8(ascii: "5"), "")
    case .noop: (UInt8(ascii: "6"), "")
    }
  }

  /// The packet's bytes: binary as such, text with its type character.
  var size: Int {
    switch self {
    case .open(let payload), .ping(let payload), .pong(let payload), .message(.text(let payload)),
      .uncompressed(.text(let payload)):
      payload.utf8.count + 1
    case .message(.binary(let data)), .uncompressed(.binary(let data)): data.count
    case .encoded(let text, _): text.count
    case .close, .upgrade, .noop: 1
    }
  }

  /// Decodes a packet from its text: a WebSocket text message, or one part of a polling payload. The bytes are copied
  /// once, into the packet.
  ///
  /// - Parameter isUTF8: Whether the bytes are known to be UTF-8.
  /// - Returns: nil if it is not a packet: empty, an unknown type, bad base64 or bytes that are not UTF-8.
  init?(text: UnsafeRawBufferPointer, isUTF8: Bool = false) {
    guard let type = text.first else { return nil }
    let rest = UnsafeRawBufferPointer(rebasing: text.dropFirst())
    if type == UInt8(ascii: "b") {
      guard let data = Data(base64Encoded: Data(rest)) ?? Self.lenientlyDecoded(rest) else { return nil }
      self = .message(.binary(data))
      return
    }
    // `String(validating:as:)` looks up types at run time.
    guard isUTF8 || rest.firstInvalidUTF8() == nil else { return nil }
    let payload = String(decoding: rest, as: UTF8.self)
    switch type {
    case Self.messageType: self = .message(.text(payload))
    case UInt8(ascii: "0"): self = .open(payload)
    case UInt8(ascii: "1"): self = .close
    case UInt8(ascii: "2"): self = .ping(payload)
    case UInt8(ascii: "3"): self = .pong(payload)
    case UInt8(ascii: "5"): self = .upgrade
    case UInt8(ascii: "6"): self = .noop
    default: return nil
    }
  }

  /// Base64 in the URL alphabet or without padding, which the JavaScript client accepts too. Unused bits of the last
  /// character must be zero, as encoders leave them; otherwise something is probably missing.
  private static func lenientlyDecoded(_ base64: UnsafeRawBufferPointer) -> Data? {
    var bytes = base64.map { byte in
      switch byte {
      case UInt8(ascii: "-"): UInt8(ascii: "+")
      case UInt8(ascii: "_"): UInt8(ascii: "/")
      default: byte
      }
    }
    while bytes.last == UInt8(ascii: "=") { bytes.removeLast() }
    bytes.append(contentsOf: repeatElement(UInt8(ascii: "="), count: (4 - bytes.count % 4) % 4))
    guard let data = Data(base64Encoded: Data(bytes)), data.base64EncodedData().elementsEqual(bytes) else { return nil }
    return data
  }

  /// The packet's bytes that count against the server's `maxPayload`: its payload, as base64 if binary.
  var payloadSize: Int {
    switch self {
    case .open(let payload), .ping(let payload), .pong(let payload), .message(.text(let payload)),
      .uncompressed(.text(let payload)):
      payload.utf8.count
    case .message(.binary(let data)), .uncompressed(.binary(let data)): (data.count + 2) / 3 * 4
    case .encoded(let text, _): text.count - 1
    case .close, .upgrade, .noop: 0
    }
  }
}

/// A body of HTTP long-polling: packets as text, joined by the record separator (Engine.IO protocol 4, "Packet
/// encoding").
enum EnginePayload {
  static let separator: UInt8 = 0x1E

  static func encode(_ packets: [EnginePacket]) -> [UInt8] {
    var body: [UInt8] = []
    for (index, packet) in packets.enumerated() {
      if index > 0 { body.append(separator) }
      if case .encoded(let text, _) = packet {
        text.append(to: &body)
        continue
      }
      let (type, payload) = packet.text
      body.append(type)
      body.append(contentsOf: payload.utf8)
    }
    return body
  }

  /// Whether an answer to the handshake is one of Engine.IO 3, where each packet follows its length: `96:0{…}`, or in
  /// binary 0, the digits of the length as bytes, 255 and `0{…}`.
  static func isVersion3(_ body: UnsafeRawBufferPointer) -> Bool {
    let isBinary = body.first == 0
    let digits: ClosedRange<UInt8> = isBinary ? 0...9 : UInt8(ascii: "0")...UInt8(ascii: "9")
    let rest = body.dropFirst(isBinary ? 1 : 0)
    let length = rest.prefix { digits.contains($0) }
    let end: UInt8 = isBinary ? 255 : UInt8(ascii: ":")
    return !length.isEmpty && rest.dropFirst(length.count).starts(with: [end] + Array("0{".utf8))
  }

  /// Decodes from left to right up to the first part that is not a packet.
  ///
  /// - Returns: At most `maxPackets` packets, the rest unless all was decoded, and whether all decoded parts were
  ///   packets.
  static func decode(
    _ body: UnsafeRawBufferPointer, maxPackets: Int = .max
  ) -> (packets: [EnginePacket], rest: UnsafeRawBufferPointer?, isWhole: Bool) {
    var packets: [EnginePacket] = []
    var rest = body[...]
    while packets.count < maxPackets {
      let part = rest.prefix { $0 != separator }
      guard let packet = EnginePacket(text: UnsafeRawBufferPointer(rebasing: part)) else {
        return (packets, nil, false)
      }
      packets.append(packet)
      if part.endIndex == rest.endIndex { return (packets, nil, true) }
      rest = rest[(part.endIndex + 1)...]
    }
    return (packets, UnsafeRawBufferPointer(rebasing: rest), true)
  }
}
