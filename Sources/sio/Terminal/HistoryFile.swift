import SocketIO

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The file in which lines are kept from run to run, one on each line.
struct HistoryFile: Sendable {
  let path: String

  /// `sio/history` in the folder for state: `$XDG_STATE_HOME`, by default `~/.local/state`. nil if there is no such
  /// folder.
  static func usual(environment: [String: String] = ProcessInfo.processInfo.environment) -> HistoryFile? {
    UserFolder.state.path(environment: environment).map { HistoryFile(path: "\($0)/history") }
  }

  /// The lines of the file, of which the newest are kept when there are many; none if there is no file.
  func read() throws(POSIXError) -> History {
    let bytes: [UInt8]
    do {
      bytes = try Descriptor.read(path: path)
    } catch  where error.isMissingFile {
      return History()
    }
    let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
      .filter { $0.escapingControls == $0 }
    let history = History(lines)
    if lines.count >= 2 * History.capacity {
      try PrivateFile.replace(path, with: history.lines.map { $0 + "\n" }.joined())
    }
    return history
  }

  func append(_ line: String) throws(POSIXError) { try PrivateFile.append(line + "\n", to: path) }

  /// Whether a line may be in the file: not if it begins with a space, as in shells, or probably holds a secret.
  static func mayHold(_ line: String) -> Bool {
    line.first?.isWhitespace == false && !Secrets.isSecret(line: line)
  }
}
