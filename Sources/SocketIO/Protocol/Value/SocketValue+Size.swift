extension SocketValue {
  /// An estimate of the value's encoded size, made without encoding it: text and binary data count their length,
  /// everything else a few bytes.
  var estimatedSize: Int { estimatedSize(depth: DepthLimit.greatest) }

  /// Values nested deeper than any encoding allows are ignored.
  private func estimatedSize(depth: Int) -> Int {
    switch self {
    case .null, .bool: 5
    case .int, .uint, .double: 8
    case .string(let text): text.utf8.count + 3
    case .binary(let data): data.count + 32
    case .array(let elements):
      depth == 0 ? 0 : elements.reduce(2) { $0 + $1.estimatedSize(depth: depth - 1) }
    case .object(let members):
      depth == 0 ? 0 : members.reduce(2) { $0 + $1.key.utf8.count + 4 + $1.value.estimatedSize(depth: depth - 1) }
    }
  }

  /// An estimate of the memory that its arrays and objects take, without texts and attachments.
  var containerSize: Int { containerSize(depth: DepthLimit.greatest) }

  private func containerSize(depth: Int) -> Int {
    switch self {
    case .null, .bool, .int, .uint, .double, .string, .binary: 0
    case .array(let elements):
      depth == 0 ? 0 : elements.reduce(128 + 24 * elements.count) { $0 + $1.containerSize(depth: depth - 1) }
    case .object(let members):
      depth == 0 ? 0 : members.reduce(160 + 56 * members.count) { $0 + $1.value.containerSize(depth: depth - 1) }
    }
  }
}
