/// An event from the server. Every layer, from the parser to the handlers, passes on a reference to the same object.
final class ReceivedEvent: Sendable {
  let name: String
  /// An optional would take twice the room.
  private let id: Int
  /// Read from the text once for all handlers; empty before that.
  private let read = Locked<[SocketValue]>([])
  /// The arguments as they arrived. They come last, since their size is odd.
  let arguments: ReceivedArguments

  init(name: String, arguments: ReceivedArguments, ack: Int?) {
    self.name = name
    self.arguments = arguments
    id = ack ?? -1
  }

  /// - Parameter text: That of a packet, which was checked when it arrived. It is copied.
  convenience init?(checked text: UnsafeRawBufferPointer) {
    guard let head = PacketHead(checked: text), let name = head.name else { return nil }
    self.init(name: name, arguments: .json(JSONArguments(text, start: head.argumentsStart)), ack: head.id)
  }

  /// The acknowledgement id, if the server waits for an answer.
  var ack: Int? { id < 0 ? nil : id }

  /// The arguments as values, read from the text at the first access.
  var values: [SocketValue] {
    guard case .json(let json) = arguments else { return arguments.values }
    return read.withLock { read in
      if !read.isEmpty { return read }
      let values = json.values
      read = values
      return values
    }
  }

  /// Called on the handlers' thread, which allocated the values, and so frees them. A handler that looks at them later
  /// reads them again.
  func forgetValues() { read.withLock { $0 = [] } }
}
