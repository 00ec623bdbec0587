/// Why a command cannot be carried out, in one sentence.
struct ScriptError: Error, Equatable, CustomStringConvertible {
  let message: String
  var description: String { message }

  init(_ message: String) { self.message = message }
}
