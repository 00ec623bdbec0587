import Foundation
import Testing

@testable import SocketIO

@Suite("JSON parser: generated packets")
struct JSONParserRandomTests {
  private let parser = JSONParser(maxAttachments: .max)

  @Test("come back unchanged")
  func roundTrip() throws {
    var generator = SeededGenerator(seed: SeededGenerator.seed)
    var decoder = BothDecoders(parser)
    var binaryPackets = 0
    for round in 0..<SeededGenerator.rounds(2000) {
      let packet = randomPacket(using: &generator)
      let messages = try parser.encode(packet)
      let comment: Comment = "seed \(SeededGenerator.seed), round \(round): \(packet)"
      for message in messages.dropLast() { #expect(try decoder.decode(message) == nil, comment) }
      #expect(try decoder.decode(try #require(messages.last)) == packet, comment)
      if messages.count > 1 { binaryPackets += 1 }
    }
    #expect(binaryPackets > 0)
  }

  @Test("with a few characters changed are refused, or are packets that can be encoded again")
  func mutations() throws {
    var generator = SeededGenerator(seed: SeededGenerator.seed)
    let insertions = Array("0123456789-/,[]{}\"\\:.eu tfné€😀\0\n")
    var (accepted, refused) = (0, 0)
    for round in 0..<SeededGenerator.rounds(5000) {
      var decoder = BothDecoders(JSONParser())
      var messages = try parser.encode(randomPacket(using: &generator))
      if Int.random(in: 0..<8, using: &generator) == 0 { messages.shuffle(using: &generator) }
      for message in messages {
        var message = message
        if case .text(let text) = message {
          var characters = Array(text)
          for _ in 0..<Int.random(in: 0...3, using: &generator) {
            let index = Int.random(in: 0..<max(1, min(characters.count, 12)), using: &generator)
            let insertion = insertions[Int.random(in: insertions.indices, using: &generator)]
            switch Int.random(in: 0..<4, using: &generator) {
            case 0 where !characters.isEmpty: characters.remove(at: index)
            case 1 where !characters.isEmpty: characters[index] = insertion
            case 2: characters.removeLast(min(characters.count, index))
            default: characters.insert(insertion, at: min(index, characters.count))
            }
          }
          message = .text(String(characters))
        }
        do {
          guard let packet = try decoder.decode(message) else { continue }
          accepted += 1
          #expect(throws: Never.self, "seed \(SeededGenerator.seed), round \(round): \(message)") {
            try parser.encode(packet)
          }
        } catch {
          refused += 1
          decoder.reset()
        }
      }
    }
    #expect(accepted > 0)
    #expect(refused > 0)
  }

  private func randomPacket(using generator: inout SeededGenerator) -> SocketPacket {
    let namespace = ["/", "/admin", "/ä?x=1"][Int.random(in: 0..<3, using: &generator)]
    let id = Bool.random(using: &generator) ? nil : Int.random(in: 0...Int.max, using: &generator)
    let values = (0..<Int.random(in: 0..<4, using: &generator)).map { _ in
      SocketValue.random(depth: 3, binary: true, using: &generator)
    }
    let content: SocketPacket.Content =
      switch Int.random(in: 0..<8, using: &generator) {
      case 0: .connect(nil)
      case 1: .connect(["token": .random(depth: 2, using: &generator)])
      case 2: .disconnect
      case 3: .connectError(["message": .random(depth: 0, using: &generator)])
      case 4: .ack(values)
      case 5: .event(name: "\(Int.random(in: 0..<100, using: &generator))", arguments: values)
      default: .event(name: "e" + .random(using: &generator), arguments: values)
      }
    return SocketPacket(namespace: namespace, id: id, content: content)
  }
}
