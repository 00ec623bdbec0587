/// The error of a coder in one sentence, with the place: "at lines[2].count: Expected Int, found string."
///
/// - Returns: The error's own description if it is not a coder's.
func describeCodingError(_ error: any Error) -> String {
  let context: (path: [any CodingKey], description: String)? =
    switch error {
    case DecodingError.typeMismatch(_, let context), DecodingError.valueNotFound(_, let context),
      DecodingError.keyNotFound(_, let context), DecodingError.dataCorrupted(let context):
      (context.codingPath, context.debugDescription)
    case EncodingError.invalidValue(_, let context): (context.codingPath, context.debugDescription)
    default: nil
    }
  guard let context else { return "\(error)" }
  guard !context.path.isEmpty else { return context.description }
  return "at \(describeCodingPath(context.path)): \(context.description)"
}

/// The path in JavaScript's notation: "lines[2].count".
private func describeCodingPath(_ path: [any CodingKey]) -> String {
  path.reduce(into: "") { text, key in
    if let index = key.intValue {
      text += "[\(index)]"
    } else {
      text += text.isEmpty ? key.stringValue : ".\(key.stringValue)"
    }
  }
}
