import SocketIO

/// The access tokens of a login. This one takes them from a list. A real one asks its login service for a new token in
/// `renew()`; nothing else would change.
actor TokenStore {
  private(set) var current: String
  private var further: ArraySlice<String>

  /// - Parameter list: Tokens, separated by commas.
  init(_ list: String) {
    let tokens = list.split(separator: ",").map(String.init)
    current = tokens.first ?? ""
    further = tokens.dropFirst()
  }

  /// Replaces a token that the server refused.
  func renew() throws {
    guard let next = further.popFirst() else { throw Failure("the server refused every token") }
    current = next
  }
}

struct Failure: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}

extension SocketIOError {
  /// Whether other credentials could help. A server may refuse a namespace for any reason; what it sends along says
  /// which. This is what the test server sends.
  var isAboutCredentials: Bool { code == .refused && data?["code"] == "invalid_credentials" }
}
