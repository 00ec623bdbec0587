/// An event whose encoded text travels beside it to the loop: each text would otherwise be an object that one thread
/// makes and the other frees.
struct OutgoingTextEvent: Sendable {
  /// The longest text that travels in this way.
  static let longestText = BatchQueue<Self>.longestText

  var ack: AckHandler?
  let token: CancellationToken?
  let timeout: UInt64?
  let room: Int?
  let retries: Int32
  /// As in ``EncodedText``.
  let idPosition: UInt32
  let isVolatile: Bool
  let isCompressed: Bool

  /// Whether nothing else follows on a connection that takes the event at once.
  var isPlain: Bool { retries == 0 && !isVolatile && token?.isCancelled != true }

  /// - Parameters:
  ///   - text: That of the event.
  ///   - id: The acknowledgement id.
  func lent(_ text: UnsafeRawBufferPointer, id: Int?) -> LentText {
    LentText(text, idPosition: Int(idPosition), id: id)
  }

  /// The event with its text, which is copied.
  consuming func event(_ text: UnsafeRawBufferPointer) -> OutgoingEvent {
    OutgoingEvent(
      name: name(text), payload: .encoded(EncodedPacket(text: EncodedText(lent(text, id: nil)))), ack: ack,
      token: token, timeout: timeout, isVolatile: isVolatile, isCompressed: isCompressed, retries: Int(retries),
      room: room)
  }

  /// The name, which is the first element of the array behind the id's place.
  private func name(_ text: UnsafeRawBufferPointer) -> String {
    var reader = JSONReader(text, from: Int(idPosition) + 2)
    do {
      return try reader.readString()
    } catch {
      assertionFailure("the text was encoded here: \(error)")
      return ""
    }
  }
}

/// An answer to an event from the server, whose encoded text travels beside it.
struct OutgoingTextReply: Sendable {
  /// The Socket's session in which the event arrived.
  let session: UInt32
  /// As in ``EncodedText``.
  let idPosition: UInt32
  let id: Int

  func lent(_ text: UnsafeRawBufferPointer) -> LentText { LentText(text, idPosition: Int(idPosition), id: id) }
}
