import CSIO

// Not SocketIOVersion: the compiler leaves names that begin with the module's name and "Version" out of the symbol
// graph, and thus out of the documentation.

/// The versions of this library and of the libraries underneath.
public enum LibraryVersion: Sendable {
  /// The version of this library, as "0.1.0". That of `libcsio` is in ``components``: an installed one may be another.
  public static let number = "0.1.0"

  /// The C libraries underneath, as "csio/0.1.0 libcurl/7.88.1 libwebsockets/4.1.6 libuv/1.44.2 OpenSSL/3.0.19".
  public static var components: String { String(cString: csio_version_details()) }
}
