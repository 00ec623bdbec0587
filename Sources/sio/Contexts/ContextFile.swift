import ArgumentParser
import SocketIO

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The file of saved contexts: a JSON object with a member for each.
struct ContextFile {
  let path: String

  /// `sio/contexts.json` in the folder for settings: `$XDG_CONFIG_HOME`, by default `~/.config`.
  static func usual(
    environment: [String: String] = ProcessInfo.processInfo.environment
  ) throws(ValidationError) -> ContextFile {
    guard let folder = UserFolder.configuration.path(environment: environment) else {
      throw ValidationError("there is no folder for contexts: neither HOME nor XDG_CONFIG_HOME is set")
    }
    return ContextFile(path: "\(folder)/contexts.json")
  }

  /// All contexts by name; none if there is no file.
  func read() throws(ValidationError) -> SocketObject {
    let bytes: [UInt8]
    do {
      bytes = try Descriptor.read(path: path)
    } catch  where error.isMissingFile {
      return [:]
    } catch {
      throw ValidationError("the file \(path) cannot be read: \(error.reason)")
    }
    do {
      if let contexts = try SocketValue(json: String(decoding: bytes, as: UTF8.self)).objectValue { return contexts }
    } catch {
      throw ValidationError("the file \(path) is not JSON: \(error)")
    }
    throw ValidationError("the file \(path) is not a JSON object")
  }

  func value(_ name: String) throws(ValidationError) -> SocketValue {
    guard let value = try read()[name] else {
      throw ValidationError("there is no context \(name): sio context list shows those that exist")
    }
    return value
  }

  func context(_ name: String) throws(ValidationError) -> Context {
    let value = try value(name)
    do {
      return try Context(name: name, value)
    } catch {
      throw ValidationError("context \(name) in \(path): \(error.message)")
    }
  }

  /// Replaces the file, which only its owner can read. It is never half written.
  func write(_ contexts: SocketObject) throws(ValidationError) {
    let text = ValueText(isPretty: true).text(.object(contexts)).rendered(inColour: false)
    do {
      try PrivateFile.replace(path, with: text + "\n")
    } catch {
      throw ValidationError("the file \(path) cannot be written: \(error.reason)")
    }
  }
}
