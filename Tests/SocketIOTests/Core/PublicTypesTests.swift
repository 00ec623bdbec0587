import Foundation
import SocketIO
import Testing

/// A program can pass every public type to any task; otherwise this file does not compile.
@Suite("Public types")
struct PublicTypesTests {
  /// - Returns: The type's name, without enclosing types and parameters.
  private func requireSendable<T: Sendable>(_ type: T.Type) -> String {
    String(String(describing: type).prefix { $0 != "<" })
  }

  private var sendableTypes: [String] {
    var names = [
      requireSendable(Socket.self), requireSendable(Manager.self), requireSendable(EngineHandle.self),
      requireSendable(SocketEventLoop.self), requireSendable(ModifiedSocket.self), requireSendable((any Emitter).self),
      requireSendable(TypedEvent<String>.self), requireSendable(TypedRequest<String, Int>.self),
      requireSendable((any EventDeclaration).self),
      requireSendable((any RequestDeclaration).self),
      requireSendable(SocketSubscription.self),
      requireSendable(SocketAnswer.self), requireSendable(Acknowledgement.self), requireSendable(SocketEvent.self),
      requireSendable(SocketChange.self),
      requireSendable(ManagerChange.self), requireSendable(EventSequence<SocketEvent>.self),
      requireSendable(EventBuffering.self), requireSendable(LifecycleEvent<Socket, SocketConnection>.self),
      requireSendable(SocketConnection.self), requireSendable(Disconnection.self),
      requireSendable(DisconnectReason.self),
      requireSendable(HandlerFailure.self), requireSendable(HandlerDelivery.self),
    ]
    names += [
      requireSendable(ManagerStatistics.self), requireSendable(ManagerStatistics.Traffic.self),
      requireSendable(EventStatistics.self), requireSendable(EventStatistics.Drops.self),
      requireSendable(DurationSummary.self), requireSendable(LibraryVersion.self),
    ]
    names += [
      requireSendable(SocketIOOptions.self), requireSendable(AttemptLimit.self), requireSendable(ConnectTimeout.self),
      requireSendable(SocketAuth.self), requireSendable(ConnectionAgent.self), requireSendable(PerMessageDeflate.self),
      requireSendable(TransportName.self), requireSendable(Credential.self), requireSendable(OfflineBuffer.self),
      requireSendable(OfflineBuffer.Overflow.self),
    ]
    names += [
      requireSendable(SocketValue.self), requireSendable(SocketObject.self), requireSendable(EngineMessage.self),
      requireSendable(SocketPacket.self), requireSendable(SocketPacket.Content.self), requireSendable(JSONParser.self),
      requireSendable(JSONParser.Decoder.self), requireSendable(MessagePackParser.self),
      requireSendable(MessagePackParser.Decoder.self), requireSendable((any SocketParser).self),
      requireSendable((any PacketDecoder).self),
    ]
    names += [
      requireSendable(SocketIOError.self), requireSendable(SocketIOError.Code.self), requireSendable(ParserError.self),
      requireSendable(ParserError.Code.self), requireSendable(JSONError.self), requireSendable(JSONError.Reason.self),
    ]
    return names
  }

  /// Read from the sources, without those of package traits, which are off here.
  private func declaredTypes() throws -> [String] {
    let root = ProjectFiles.root.appendingPathComponent("Sources/SocketIO")
    let files = try #require(FileManager.default.enumerator(at: root, includingPropertiesForKeys: nil))
    var names: [String] = []
    for case let file as URL in files where file.pathExtension == "swift" && !file.path.contains("/Integrations/") {
      let source = try String(contentsOf: file, encoding: .utf8)
      let declaration = /(?m)^ *public (?:final |indirect )*(?:class|struct|enum|actor|protocol) (\w+)/
      names += source.matches(of: declaration).map { String($0.1) }
    }
    return names
  }

  /// An iterator belongs to one task.
  private static let confined = ["Iterator"]

  @Test("All public types are Sendable")
  func sendable() throws {
    #expect(try declaredTypes().sorted() == (sendableTypes + Self.confined).sorted())
  }

  @Test("Types of package traits declare it themselves")
  func integrations() throws {
    for (file, declaration) in [
      ("MetricsReporter", "public struct MetricsReporter: Sendable"),
      ("SocketIOService", "public struct SocketIOService: Service"),
    ] {
      #expect(try ProjectFiles.text("Sources/SocketIO/Integrations/\(file).swift").contains(declaration))
    }
  }
}
