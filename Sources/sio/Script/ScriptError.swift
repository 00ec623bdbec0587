/// Why a command cannot be carried out, in one sentence.
struct ScriptError: Error, Equatable {
  let message: String

  init(_ message: String) { self.message = message }
}
