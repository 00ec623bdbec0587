import ArgumentParser
import SocketIO

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// A value of the command line that may come from elsewhere, since all users of a machine can see command lines:
/// `@FILE` is the contents of a file, `env:NAME` an environment variable, `-` standard input.
///
/// It is read once, when it is first needed: a pipe cannot be read twice.
final class TextSource: Sendable {
  private enum Place: Sendable {
    case argument(String)
    case file(String)
    case variable(String)
    case standardInput
  }

  private static let variablePrefix = "env:"

  private let place: Place
  private let contents = Locked<String?>(nil)

  init(_ argument: String, takesStandardInput: Bool = false, takesEnvironment: Bool = false) {
    if argument.hasPrefix("@") {
      place = .file(String(argument.dropFirst()))
    } else if takesEnvironment, argument.hasPrefix(Self.variablePrefix) {
      place = .variable(String(argument.dropFirst(Self.variablePrefix.count)))
    } else if takesStandardInput, argument == "-" {
      place = .standardInput
    } else {
      place = .argument(argument)
    }
  }

  /// The text itself, whatever it begins with.
  init(literal text: String) { place = .argument(text) }

  var isStandardInput: Bool { if case .standardInput = place { true } else { false } }

  /// Whether the text stands for itself.
  var isLiteral: Bool { if case .argument = place { true } else { false } }

  var isFile: Bool { path != nil }

  /// The path, if it is a file.
  var path: String? { if case .file(let path) = place { path } else { nil } }

  /// The argument that stands for it elsewhere; nil for a text that stands for itself.
  ///
  /// - Parameter directory: What completes the path of a file.
  func reference(from directory: String) -> String? {
    switch place {
    case .argument: nil
    case .file(let path): "@" + (path.hasPrefix("/") ? path : "\(directory)/\(path)")
    case .variable(let name): Self.variablePrefix + name
    case .standardInput: "-"
    }
  }

  /// The name in error messages.
  var name: String {
    switch place {
    case .argument: "it"
    case .file(let path): "the file \(path)"
    case .variable(let name): "the environment variable \(name)"
    case .standardInput: "standard input"
    }
  }

  /// - Throws: If it cannot be read or is empty.
  func text() throws(ValidationError) -> String {
    switch place {
    case .argument(let text): return text
    case .variable(let variable):
      guard let text = ProcessInfo.processInfo.environment[variable] else {
        throw ValidationError("\(name) is not set")
      }
      return text
    default: break
    }
    return try contents.withLock { (contents) throws(ValidationError) in
      if let contents { return contents }
      let text = String(decoding: try read(), as: UTF8.self)
      guard text.contains(where: { !$0.isWhitespace }) else { throw ValidationError("\(name) is empty") }
      contents = text
      return text
    }
  }

  /// - Throws: If it is not a JSON object; without the text, which may be secret.
  func object() throws(ValidationError) -> SocketObject {
    let text = try text()
    do {
      if let object = try SocketValue(json: text).objectValue { return object }
    } catch {
      throw ValidationError("\(name) is not JSON: \(error)")
    }
    throw ValidationError("\(name) is not a JSON object")
  }

  private func read() throws(ValidationError) -> [UInt8] {
    do {
      guard case .file(let path) = place else { return try Descriptor.read(Descriptor.standardInput) }
      return try Descriptor.read(path: path)
    } catch {
      throw ValidationError("\(name) cannot be read: \(error.reason)")
    }
  }
}
