import Foundation
import SocketIO
import Testing

/// What a program gets in its hands can be passed to any task: the compiler says no where it cannot.
@Suite("Public types are Sendable")
struct SendableTests {
  /// Compiles for types that are Sendable only.
  private static func name<T: Sendable>(_ type: T.Type) -> String {
    String("\(type)".prefix { $0 != "<" })
  }

  private static let names: Set<String> = [
    name(Acknowledgement.self), name(Agent.self), name(AttemptLimit.self), name(Auth.self), name(Connection.self),
    name(ConnectTimeout.self), name(Credential.self), name(DisconnectReason.self), name(Disconnection.self),
    name(DurationSummary.self), name(Emitter.self), name(EngineHandle.self), name(EngineMessage.self),
    name(EventBuffering.self), name(EventLoop.self), name(EventSequence<SocketEvent>.self),
    name(EventStatistics.self), name(HandlerDelivery.self), name(HandlerFailure.self), name(JSONError.self),
    name(JSONParser.self), name(LifecycleEvent<Socket, Connection>.self), name(Manager.self),
    name(ManagerChange.self), name(MessagePackParser.self), name(OfflineBuffer.self), name(Packet.self),
    name(ParserError.self), name(PerMessageDeflate.self), name(Socket.self), name(SocketChange.self),
    name(SocketEvent.self), name(SocketIOError.self), name(SocketIOOptions.self), name(LibraryVersion.self),
    name(SocketObject.self), name(SocketValue.self), name(Statistics.self), name(Subscription.self),
    name(TransportName.self), name((any Parser).self),
  ]

  @Test("Every public type of the library is among them")
  func completeness() throws {
    let sources = ProjectFiles.root.appendingPathComponent("Sources/SocketIO")
    let files = FileManager.default.enumerator(at: sources, includingPropertiesForKeys: nil)?.compactMap { $0 as? URL }
    var declared: Set<String> = []
    for file in files ?? [] where file.pathExtension == "swift" {
      let text = try String(contentsOf: file, encoding: .utf8)
      for match in text.matches(of: /(?m)^public (?:final class|class|struct|enum|indirect enum|actor) (\w+)/) {
        declared.insert(String(match.1))
      }
    }
    #expect(declared.count >= 40)
    #expect(declared.subtracting(Self.names).sorted() == [])
  }
}
