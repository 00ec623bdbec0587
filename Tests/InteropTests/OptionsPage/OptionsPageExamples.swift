import SocketIO

/// The examples of the articles about options, word for word: `DocExamplesTests` compares them, and `OptionsPageTests`
/// runs them.
///
/// Only the server differs. The articles use https://example.com; `io` in here replaces it by the test's own server,
/// and passes on everything else unchanged.
struct OptionsPageExamples: Sendable {
  /// The address of the server that replaces https://example.com.
  let server: String

  func io(_ url: String? = nil, _ configure: (inout SocketIOOptions) throws -> Void = { _ in }) throws -> Socket {
    try SocketIO.io(url.map(address), configure)
  }

  func io(_ url: String) throws(SocketIOError) -> Socket { try SocketIO.io(address(url)) }

  private func address(_ url: String) -> String {
    url.replacing("https://example.com", with: server)
      .replacing("wss://example.com", with: server.replacing(/^http/, with: "ws"))
  }
}
