/// Decodes the arguments of an event or of an acknowledgement, one after the other.
///
/// Arguments that are not there decode as null does: as nil, if the type is an Optional. More than are asked for do not matter.
struct ArgumentDecoder {
  /// What errors call the arguments' event, for example `"news"`, with the quotation marks.
  let source: String
  private let arguments: [SocketValue]
  private var index = 0

  init(_ arguments: [SocketValue], of source: String) {
    self.arguments = arguments
    self.source = source
  }

  init(_ event: SocketEvent) { self.init(event.args, of: "\"\(event.name)\"") }

  mutating func next<T: Decodable>(_ type: T.Type = T.self) throws(SocketIOError) -> T {
    let argument = arguments.indices.contains(index) ? arguments[index] : .null
    index += 1
    do {
      return try argument.decode(as: type)
    } catch {
      throw SocketIOError(
        .decoding, "argument \(index) of \(source) cannot be decoded as \(type): \(describeCodingError(error))",
        underlying: error)
    }
  }
}

extension SocketValue {
  /// - Parameter source: What errors call the arguments' event, as in ``ArgumentDecoder``.
  static func arguments(
    _ arguments: [any Encodable & Sendable], of source: String
  ) throws(SocketIOError) -> [SocketValue] {
    var values: [SocketValue] = []
    values.reserveCapacity(arguments.count + 1)
    for (index, argument) in arguments.enumerated() {
      do {
        values.append(try SocketValue(encoding: argument))
      } catch {
        throw SocketIOError(
          .encoding, "argument \(index + 1) of \(source) cannot be encoded: \(describeCodingError(error))",
          underlying: error)
      }
    }
    return values
  }
}
