extension SocketValue {
  /// - Parameter source: What error messages call the event, for example `"news"`, with the quotation marks.
  package static func arguments<each Argument: Encodable & Sendable>(
    _ arguments: repeat each Argument, of source: @autoclosure () -> String
  ) throws(SocketIOError) -> [SocketValue] {
    var values: [SocketValue] = []
    for argument in repeat each arguments {
      do {
        values.append(try SocketValue(encoding: argument))
      } catch {
        throw SocketIOError(
          .encoding, "argument \(values.count + 1) of \(source()) cannot be encoded: \(describeCodingError(error))",
          underlying: error)
      }
    }
    return values
  }
}
