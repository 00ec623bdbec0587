import ArgumentParser
import Foundation
import SocketIO
import Synchronization

/// A value of the command line that may stand elsewhere, since all users of a machine can see command lines: `@FILE` is the contents of a
/// file, `-` is standard input.
///
/// It is read when it is needed first, and once: what comes through a pipe cannot be read again.
final class TextSource: Sendable {
  private enum Place: Sendable {
    case argument(String)
    case file(String)
    case standardInput
  }

  private let place: Place
  private let contents = Mutex<String?>(nil)

  init(_ argument: String, takesStandardInput: Bool = false) {
    if argument.hasPrefix("@") {
      place = .file(String(argument.dropFirst()))
    } else if takesStandardInput, argument == "-" {
      place = .standardInput
    } else {
      place = .argument(argument)
    }
  }

  /// What stands in the command line, whatever it begins with.
  init(literal text: String) { place = .argument(text) }

  var isStandardInput: Bool { if case .standardInput = place { true } else { false } }

  var isFile: Bool { if case .file = place { true } else { false } }

  /// How errors name it.
  var name: String {
    switch place {
    case .argument: "it"
    case .file(let path): "the file \(path)"
    case .standardInput: "standard input"
    }
  }

  /// - Throws: Why it cannot be read; where it is empty, too.
  func text() throws(ValidationError) -> String {
    if case .argument(let text) = place { return text }
    return try contents.withLock { (contents) throws(ValidationError) in
      if let contents { return contents }
      let text = String(decoding: try read(), as: UTF8.self)
      guard text.contains(where: { !$0.isWhitespace }) else { throw ValidationError("\(name) is empty") }
      contents = text
      return text
    }
  }

  /// - Throws: Why it is no JSON object: without the text, which may be a secret.
  func object() throws(ValidationError) -> SocketObject {
    let text = try text()
    do {
      if let object = try SocketValue(json: text).objectValue { return object }
    } catch {
      throw ValidationError("\(name) is no JSON: \(error)")
    }
    throw ValidationError("\(name) is no JSON object")
  }

  private func read() throws(ValidationError) -> [UInt8] {
    do {
      guard case .file(let path) = place else { return try Descriptor.read(STDIN_FILENO) }
      return try Descriptor.read(path: path)
    } catch {
      throw ValidationError("\(name) cannot be read: \(String(cString: strerror(error.code.rawValue)))")
    }
  }
}
