/// Encodes a Socket's events and answers, on the caller's thread.
struct OutgoingEncoder: Sendable {
  /// nil for any other parser: it encodes on the loop.
  let parser: JSONParser?
  let namespace: String

  /// - Throws: `.encoding`, with the argument and the place inside it.
  func event(_ name: String, _ arguments: [SocketValue]) throws(SocketIOError) -> OutgoingPayload {
    guard let parser else { return .values(arguments) }
    return .encoded(
      try parser.encode(.event, namespace: namespace, id: nil) { writer throws(SocketIOError) in
        try writer.write(arguments, after: name, of: "\"\(name)\"")
      })
  }

  /// - Throws: As for values.
  func event<each Argument: Encodable & Sendable>(
    _ name: String, encoding arguments: repeat each Argument
  ) throws(SocketIOError) -> OutgoingPayload {
    guard let parser else { return .values(try SocketValue.arguments(repeat each arguments, of: "\"\(name)\"")) }
    return .encoded(
      try parser.encode(.event, namespace: namespace, id: nil) { writer throws(SocketIOError) in
        try writer.write(encoding: repeat each arguments, after: name, of: "\"\(name)\"")
      })
  }

  /// - Parameter source: What error messages call the answer.
  func answer(
    _ id: Int, _ arguments: [SocketValue], of source: @autoclosure () -> String
  ) throws(SocketIOError) -> OutgoingPayload {
    guard let parser else { return .values(arguments) }
    return .encoded(
      try parser.encode(.ack, namespace: namespace, id: id) { writer throws(SocketIOError) in
        try writer.write(arguments, of: source())
      })
  }

  func answer<each Argument: Encodable & Sendable>(
    _ id: Int, encoding arguments: repeat each Argument, of source: @autoclosure () -> String
  ) throws(SocketIOError) -> OutgoingPayload {
    guard let parser else { return .values(try SocketValue.arguments(repeat each arguments, of: source())) }
    return .encoded(
      try parser.encode(.ack, namespace: namespace, id: id) { writer throws(SocketIOError) in
        try writer.write(encoding: repeat each arguments, of: source())
      })
  }
}

extension JSONWriter {
  /// Writes the JSON array of a packet: the event's name, if there is one, and the arguments.
  ///
  /// - Parameter source: What error messages call the packet, as in ``ArgumentDecoder``.
  fileprivate mutating func write(
    _ arguments: [SocketValue], after name: String? = nil, of source: @autoclosure () -> String
  ) throws(SocketIOError) {
    try write(after: name, of: source()) { writer, count throws(JSONError) in
      for argument in arguments {
        writer.begin(&count, after: name)
        try writer.write(argument)
      }
    }
  }

  /// As the function for values.
  fileprivate mutating func write<each Argument: Encodable & Sendable>(
    encoding arguments: repeat each Argument, after name: String? = nil, of source: @autoclosure () -> String
  ) throws(SocketIOError) {
    try write(after: name, of: source()) { writer, count in
      for argument in repeat each arguments {
        writer.begin(&count, after: name)
        try writer.write(encoding: argument)
      }
    }
  }

  /// - Parameter writeArguments: Counts the arguments that it begins.
  @inline(__always)
  private mutating func write<Failure: Error>(
    after name: String?, of source: @autoclosure () -> String,
    _ writeArguments: (inout JSONWriter, inout Int) throws(Failure) -> Void
  ) throws(SocketIOError) {
    var count = 0
    do {
      _ = try enter(ASCII.openBracket)
      if let name { write(name) }
      try writeArguments(&self, &count)
      leave(ASCII.closeBracket)
    } catch {
      let part = count == 0 ? "" : "argument \(count) of "
      throw SocketIOError(
        .encoding, "\(part)\(source()) cannot be encoded: \(describeCodingError(error))", underlying: error)
    }
  }

  @inline(__always)
  private mutating func begin(_ count: inout Int, after name: String?) {
    if count > 0 || name != nil { bytes.append(ASCII.comma) }
    count += 1
  }
}
