#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// The folders of the XDG Base Directory Specification in which the program keeps files.
enum UserFolder {
  case configuration, state

  /// nil if no variable says where it is.
  func path(environment: [String: String]) -> String? {
    let (variable, usual) =
      switch self {
      case .configuration: ("XDG_CONFIG_HOME", ".config")
      case .state: ("XDG_STATE_HOME", ".local/state")
      }
    // The specification says to ignore paths that are not absolute.
    if let folder = environment[variable], folder.hasPrefix("/") { return "\(folder)/sio" }
    return environment["HOME"].flatMap { $0.hasPrefix("/") ? "\($0)/\(usual)/sio" : nil }
  }
}

/// Files that only their owner can read.
enum PrivateFile {
  private static let mode: mode_t = 0o600

  /// Replaces the whole file at once, so that nobody reads half of it.
  static func replace(_ path: String, with text: String) throws(POSIXError) {
    try makeFolder(of: path)
    let temporary = "\(path).\(getpid())"
    do throws(POSIXError) {
      try write(text, to: temporary, O_TRUNC)
      guard rename(temporary, path) == 0 else { throw POSIXError.last }
    } catch {
      unlink(temporary)
      throw error
    }
  }

  /// Appends at once, so that several processes can.
  static func append(_ text: String, to path: String) throws(POSIXError) {
    try makeFolder(of: path)
    try write(text, to: path, O_APPEND)
  }

  private static func write(_ text: String, to path: String, _ flags: Int32) throws(POSIXError) {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | flags, mode)
    guard descriptor >= 0 else { throw POSIXError.last }
    defer { close(descriptor) }
    // An older file may be readable by others. Special files such as /dev/null keep their mode.
    var status = stat()
    if fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG { fchmod(descriptor, mode) }
    try Descriptor.write(text, to: descriptor)
  }

  private static func makeFolder(of path: String) throws(POSIXError) {
    var end = path.startIndex
    while let separator = path[end...].dropFirst().firstIndex(of: "/") {
      guard mkdir(String(path[..<separator]), 0o700) == 0 || [EEXIST, EISDIR, EROFS].contains(errno) else {
        throw POSIXError.last
      }
      end = separator
    }
  }
}
