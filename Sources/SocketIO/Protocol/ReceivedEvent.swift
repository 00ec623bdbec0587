/// An event from the server, on its way to the handlers.
struct ReceivedEvent: Sendable {
  let name: String
  var arguments: ReceivedArguments
  /// The acknowledgement id, if the server waits for an answer.
  let ack: Int?
}
