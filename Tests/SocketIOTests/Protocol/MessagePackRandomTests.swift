import Foundation
import Testing

@testable import SocketIO

@Suite("MessagePack: generated values")
struct MessagePackRandomTests {
  @Test("come back unchanged, and not from a part of their bytes")
  func roundTrip() throws {
    var generator = SeededGenerator(seed: SeededGenerator.seed)
    for round in 0..<SeededGenerator.rounds(2000) {
      let value = SocketValue.random(depth: 4, binary: true, using: &generator)
      let data = try value.messagePack()
      let comment: Comment = "seed \(SeededGenerator.seed), round \(round): \(value)"
      let copy = try SocketValue(messagePack: data)
      #expect(copy == value, comment)
      // Equality does not distinguish 1 from 1.0, nor different orders of members; the bytes do.
      #expect(try copy.messagePack() == data, comment)
      for _ in 0..<min(data.count, 20) {
        let part = data.prefix(Int.random(in: 0..<data.count, using: &generator))
        #expect(throws: MessagePackError.self, comment) { try SocketValue(messagePack: part) }
      }
    }
  }

  @Test("with a few bytes changed are refused, or are values that can be written again")
  func mutations() throws {
    var generator = SeededGenerator(seed: SeededGenerator.seed)
    var (accepted, refused) = (0, 0)
    for round in 0..<SeededGenerator.rounds(20_000) {
      var bytes = [UInt8](try SocketValue.random(depth: 3, binary: true, using: &generator).messagePack())
      for _ in 0..<Int.random(in: 1...3, using: &generator) {
        let index = Int.random(in: 0..<bytes.count, using: &generator)
        // Formats of every kind begin at 0xC0; small bytes serve as lengths.
        let byte: UInt8 =
          Bool.random(using: &generator)
          ? .random(in: 0xC0...0xDF, using: &generator) : .random(in: 0...255, using: &generator)
        switch Int.random(in: 0..<4, using: &generator) {
        case 0 where bytes.count > 1: bytes.remove(at: index)
        case 1: bytes.insert(byte, at: index)
        case 2: bytes.removeLast(Int.random(in: 0..<bytes.count, using: &generator))
        default: bytes[index] = byte
        }
      }
      let comment: Comment = "seed \(SeededGenerator.seed), round \(round): \(bytes)"
      do {
        let value = try SocketValue(messagePack: Data(bytes))
        accepted += 1
        let data = try value.messagePack()
        #expect(try SocketValue(messagePack: data).messagePack() == data, comment)
      } catch {
        refused += 1
        #expect(0...bytes.count ~= error.offset, comment)
      }
    }
    #expect(accepted > 0)
    #expect(refused > 0)
  }

  @Test("random bytes are refused, or are values that can be written again")
  func noise() throws {
    var generator = SeededGenerator(seed: SeededGenerator.seed)
    let decoder = MessagePackParser().makeDecoder()
    for _ in 0..<SeededGenerator.rounds(20_000) {
      let bytes = (0..<Int.random(in: 0..<40, using: &generator)).map { _ in
        UInt8.random(in: 0...255, using: &generator)
      }
      #expect(throws: ParserError.self) { try decoder.decode(.binary(Data(bytes))) }
      guard let value = try? SocketValue(messagePack: Data(bytes)) else { continue }
      #expect(throws: Never.self, "\(bytes)") { try value.messagePack() }
    }
  }
}
