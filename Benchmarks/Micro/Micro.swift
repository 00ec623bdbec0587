import SocketIO

/// What is too small for `sio bench`: coding without a network, and allocations.
///
///     micro-bench codec
///     micro-bench allocations http://localhost:3000
@main
enum Micro {
  static func main() async throws {
    switch CommandLine.arguments.dropFirst().first {
    case "codec": try codec()
    case "allocations" where CommandLine.arguments.count == 3:
      print(try await Allocations.measure(CommandLine.arguments[2]).jsonString())
    default: throw Usage()
    }
  }

  private struct Usage: Error, CustomStringConvertible {
    let description = "usage: micro-bench codec | allocations URL"
  }
}

/// The object that `sio bench` echoes, in every form in which it is coded.
struct Message: Codable {
  var user = "alice"
  var text = "hello world, this is a message"
  var n = 42
  var tags = ["a", "b", "c"]

  static let value: SocketValue = [
    "user": "alice", "text": "hello world, this is a message", "n": 42, "tags": ["a", "b", "c"],
  ]
}
