#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Assembles packets from JSON texts and the attachments that follow them. A text is checked when it arrives, so a
/// faulty one is refused at once; its arguments are usually not decoded.
struct JSONPacketAssembler: Sendable {
  private let maxAttachments: Int
  private let maxDepth: Int
  private let readsArguments: Bool
  private var pending: PendingPacket?

  /// A packet whose attachments have not all arrived.
  private struct PendingPacket {
    let packet: ReceivedPacket
    let attachmentCount: Int
    var attachments: [Data] = []
  }

  /// - Parameter readsArguments: Decodes the arguments of a text without attachments at once, instead of checking them
  ///   first.
  init(_ parser: JSONParser, readsArguments: Bool = false) {
    maxAttachments = parser.maxAttachments
    maxDepth = parser.maxDepth
    self.readsArguments = readsArguments
  }

  mutating func add(_ message: EngineMessage) throws(ParserError) -> ReceivedPacket? {
    switch message {
    case .text(let text): try text.withUTF8Bytes { bytes throws(ParserError) in try add(bytes) }
    case .binary(let data): try add(data)
    }
  }

  /// - Parameter text: A message; UTF-8.
  /// - Returns: The packet that the message completes, or nil while attachments are outstanding.
  mutating func add(_ text: UnsafeRawBufferPointer) throws(ParserError) -> ReceivedPacket? {
    switch try read(text) {
    case nil: nil
    case .packet(let packet): packet
    case .text(let head): ReceivedPacket(head, text)
    }
  }

  /// As ``add(_:)``, for a text that is lent: its arguments are not copied.
  mutating func read(_ text: UnsafeRawBufferPointer) throws(ParserError) -> ArrivedPacket? {
    guard pending == nil else {
      throw ParserError(.unexpectedText, "got plaintext data when reconstructing a packet")
    }
    var reader = JSONPacketReader(text, maxDepth: maxDepth)
    let (packet, attachmentCount) = try reader.read(maxAttachments: maxAttachments, readsArguments: readsArguments)
    guard attachmentCount > 0, case .text(let head) = packet else { return packet }
    pending = PendingPacket(packet: ReceivedPacket(head, text), attachmentCount: attachmentCount)
    return nil
  }

  /// - Parameter data: A binary message.
  /// - Returns: The packet that the message completes, or nil while attachments are outstanding.
  mutating func add(_ data: Data) throws(ParserError) -> ReceivedPacket? {
    guard let attachmentCount = pending?.attachmentCount else {
      throw ParserError(.unexpectedBinary, "got binary data when not reconstructing a packet")
    }
    pending?.attachments.append(data)
    guard let complete = pending, complete.attachments.count == attachmentCount else { return nil }
    pending = nil
    return complete.packet.with(complete.attachments)
  }

  mutating func reset() { pending = nil }
}

extension ReceivedPacket {
  fileprivate func with(_ attachments: [Data]) -> ReceivedPacket {
    var packet = self
    switch content {
    case .event(let event):
      packet.content = .event(
        ReceivedEvent(name: event.name, arguments: event.arguments.with(attachments), ack: event.ack))
    case .ack(let arguments): packet.content = .ack(arguments.with(attachments))
    default: break
    }
    return packet
  }
}

extension ReceivedArguments {
  fileprivate func with(_ attachments: [Data]) -> ReceivedArguments {
    guard case .json(var json) = self else { return self }
    json.attachments = attachments
    return .json(json)
  }
}

extension PacketHead {
  /// Reads a text again that was checked when it arrived.
  ///
  /// - Returns: nil if it was not.
  init?(checked text: UnsafeRawBufferPointer) {
    var reader = JSONPacketReader(text, maxDepth: 0)
    guard let head = try? reader.readChecked() else {
      assertionFailure("the text was not checked")
      return nil
    }
    self = head
  }
}

/// Reads the text of one packet from left to right.
private struct JSONPacketReader {
  private let bytes: UnsafeRawBufferPointer
  private let maxDepth: Int
  private var position = 0

  init(_ bytes: UnsafeRawBufferPointer, maxDepth: Int) {
    self.bytes = bytes
    self.maxDepth = maxDepth
  }

  mutating func read(
    maxAttachments: Int, readsArguments: Bool
  ) throws(ParserError) -> (packet: ArrivedPacket, attachmentCount: Int) {
    let type = try readType()
    let attachmentCount = type.isBinary ? try readAttachmentCount(limit: maxAttachments) : 0
    let namespace = try readNamespace()
    let id = try readID()
    switch type {
    case .event, .ack, .binaryEvent, .binaryAck:
      if readsArguments && attachmentCount == 0 { break }
      try checkArray(type, attachmentCount)
      return (.text(try readHead(type, namespace, id)), attachmentCount)
    case .connect, .disconnect, .connectError: break
    }
    return (.packet(ReceivedPacket(namespace: namespace, id: id, content: try readContent(type))), 0)
  }

  /// Reads up to the arguments of a packet that has arguments and no attachments.
  mutating func readChecked() throws(ParserError) -> PacketHead {
    let type = try readType()
    if type.isBinary { _ = try readAttachmentCount(limit: 0) }
    let namespace = try readNamespace()
    let id = try readID()
    position = firstByte(from: position) + 1
    return try readHead(type, namespace, id)
  }

  /// Called at the first element of the array.
  private mutating func readHead(
    _ type: PacketType, _ namespace: String, _ id: Int?
  ) throws(ParserError) -> PacketHead {
    let name = type == .event || type == .binaryEvent ? try readName() : nil
    guard let start = UInt32(exactly: position) else {
      throw ParserError(.invalidPayload, "invalid payload: its arguments begin behind more than 4 GiB")
    }
    return PacketHead(namespace: namespace, id: id, name: name, argumentsStart: start)
  }

  private mutating func readType() throws(ParserError) -> PacketType {
    guard let digit = bytes.first else { throw ParserError(.unknownPacketType, "empty packet") }
    guard let type = PacketType(rawValue: digit.decimalValue) else {
      throw ParserError(.unknownPacketType, "unknown packet type \(String(decoding: bytes, as: UTF8.self).prefix(1))")
    }
    position = 1
    return type
  }

  private mutating func readAttachmentCount(limit: Int) throws(ParserError) -> Int {
    let start = position
    let count = readDigits()
    guard position > start, position < bytes.count, bytes[position] == ASCII.minus else {
      throw ParserError(.illegalAttachments, "illegal attachments: their number is missing")
    }
    position += 1
    guard let count, count <= limit else {
      throw ParserError(.tooManyAttachments, "too many attachments: the limit is \(limit)")
    }
    return count
  }

  /// Reads a namespace up to the comma or the end of the text. A query counts as part of it.
  private mutating func readNamespace() throws(ParserError) -> String {
    guard position < bytes.count, bytes[position] == ASCII.slash else { return "/" }
    let rest = bytes[position...]
    let namespace = rest.prefix { $0 != ASCII.comma }
    guard namespace.count <= SocketPacket.longestName else {
      throw ParserError(.illegalNamespace, "illegal namespace: it is longer than \(SocketPacket.longestName) bytes")
    }
    position = min(namespace.endIndex + 1, bytes.count)
    return String(decoding: namespace, as: UTF8.self)
  }

  private mutating func readID() throws(ParserError) -> Int? {
    let start = position
    let id = readDigits()
    guard position > start else { return nil }
    guard let id else { throw ParserError(.illegalID, "illegal ack id: it is too large") }
    return id
  }

  /// Reads all digits, and returns the number, or nil if it does not fit an Int.
  private mutating func readDigits() -> Int? {
    var number: Int? = 0
    while position < bytes.count, bytes[position].decimalValue <= 9 {
      let (shifted, isTooLarge) = (number ?? .max).multipliedReportingOverflow(by: 10)
      let (sum, hasOverflowed) = shifted.addingReportingOverflow(Int(bytes[position].decimalValue))
      number = isTooLarge || hasOverflowed ? nil : sum
      position += 1
    }
    return number
  }

  private func readContent(_ type: PacketType) throws(ParserError) -> ReceivedPacket.Content {
    ReceivedPacket(SocketPacket(content: try SocketPacket.Content(type, payload: try readPayload()))).content
  }

  /// Reads the rest of the text as one value.
  private func readPayload() throws(ParserError) -> SocketValue? {
    guard position < bytes.count else { return nil }
    var reader = JSONReader(bytes, from: position, maxDepth: maxDepth)
    do {
      return try reader.readDocument()
    } catch {
      throw ParserError(error)
    }
  }

  /// Checks the rest of the text, which must be an array, and moves to its first element.
  private mutating func checkArray(_ type: PacketType, _ attachmentCount: Int) throws(ParserError) {
    guard position < bytes.count else { throw .wrongPayload(of: type) }
    do throws(JSONError) {
      if attachmentCount > 0 {
        let check = JSONPlaceholderCheck(count: attachmentCount)
        var scanner = JSONScanner(bytes, from: position, maxDepth: maxDepth, output: check)
        _ = try scanner.readDocument()
      } else {
        var scanner = JSONScanner(bytes, from: position, maxDepth: maxDepth, output: JSONCheck())
        try scanner.readDocument()
      }
    } catch {
      throw ParserError(error)
    }
    position = firstByte(from: position)
    guard bytes[position] == ASCII.openBracket else { throw .wrongPayload(of: type) }
    position += 1
  }

  /// Reads the name of an event, and moves to its first argument or the end of the array.
  private mutating func readName() throws(ParserError) -> String {
    var reader = JSONReader(bytes, from: firstByte(from: position))
    let name: String
    switch bytes[reader.position] {
    case ASCII.quote:
      reader.position += 1
      do throws(JSONError) { name = try reader.readString() } catch { throw ParserError(error) }
    case ASCII.minus, ASCII.zero...ASCII.nine:
      let number: SocketValue
      do throws(JSONError) { number = try reader.readNumber() } catch { throw ParserError(error) }
      name = try SocketPacket.Content.eventName(number)
    default: name = try SocketPacket.Content.eventName(nil)
    }
    try SocketPacket.Content.check(name: name)
    position = firstByte(from: reader.position)
    if bytes[position] == ASCII.comma { position += 1 }
    return name
  }

  /// The index of the next byte that is not whitespace, in a text that was checked.
  private func firstByte(from start: Int) -> Int {
    var index = start
    while index < bytes.count, bytes[index] <= ASCII.space { index += 1 }
    return index
  }
}

extension ParserError {
  fileprivate init(_ error: JSONError) {
    self =
      error.reason == .illegalPlaceholder
      ? ParserError(.illegalAttachments, "illegal attachments", jsonError: error)
      : ParserError(.invalidPayload, "invalid payload", jsonError: error)
  }
}
