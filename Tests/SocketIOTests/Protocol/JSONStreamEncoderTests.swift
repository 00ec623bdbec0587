import Foundation
import Testing

@testable import SocketIO

@Suite("Encoding straight to JSON")
struct JSONStreamEncoderTests {
  @Test("writes what the tree would be written as, in the order in which it comes", arguments: 0..<40)
  func samples(index: Int) throws {
    guard DirectCodingTypes.samples.indices ~= index else { return }
    let sample = DirectCodingTypes.samples[index]
    #expect(DirectCoding.streams(sample))
    #expect(try DirectCoding.encode(sample) == DirectCoding.encodeTree(sample))
  }

  enum Key: String, CodingKey { case a, b, c }

  /// Encodes itself with a closure.
  struct Told: Encodable {
    let encode: (any Encoder) throws -> Void

    func encode(to encoder: any Encoder) throws { try encode(encoder) }
  }

  static var outOfOrder: KeyValuePairs<String, (any Encoder) throws -> Void> {
    [
      "a key twice": {
        var container = $0.container(keyedBy: Key.self)
        for number in 0..<3 { try container.encode(number, forKey: number < 2 ? .a : .b) }
        try container.encode("last", forKey: .a)
      },
      "one of many keys twice": {
        var container = $0.container(keyedBy: AnyCodingKey.self)
        for number in 0..<100 { try container.encode(number, forKey: .name("\(number % 99)")) }
      },
      "a nested container open while its parent goes on": {
        var container = $0.container(keyedBy: Key.self)
        var nested = container.nestedUnkeyedContainer(forKey: .a)
        try nested.encode(1)
        try container.encode(2, forKey: .b)
        try nested.encode(3)
      },
      "two nested containers open at a time": {
        var container = $0.unkeyedContainer()
        var (first, second) = (
          container.nestedContainer(keyedBy: Key.self), container.nestedContainer(keyedBy: Key.self)
        )
        try first.encode(1, forKey: .a)
        try second.encode(2, forKey: .a)
      },
      "a super encoder used after its parent": {
        var container = $0.container(keyedBy: Key.self)
        let encoder = container.superEncoder()
        try container.encode(1, forKey: .a)
        try [2].encode(to: encoder)
      },
      "an element's encoder used after its parent": {
        var container = $0.unkeyedContainer()
        let encoder = container.superEncoder()
        try container.encode(1)
        try [2].encode(to: encoder)
      },
      "a container of another kind": {
        var container = $0.container(keyedBy: Key.self)
        try container.encode(1, forKey: .a)
        var elements = $0.unkeyedContainer()
        try elements.encode(2)
      },
      "a single value twice": {
        var container = $0.singleValueContainer()
        try container.encode(1)
        try container.encode([2])
      },
      "a container after a single value": {
        var single = $0.singleValueContainer()
        try single.encode(["a": 1])
        var container = $0.container(keyedBy: Key.self)
        try container.encode(2, forKey: .b)
      },
      "the same key's nested container twice": {
        var container = $0.container(keyedBy: Key.self)
        var first = container.nestedContainer(keyedBy: Key.self, forKey: .c)
        try first.encode(1, forKey: .a)
        var second = container.nestedContainer(keyedBy: Key.self, forKey: .c)
        try second.encode(2, forKey: .b)
      },
      "the same key's nested array twice": {
        var container = $0.container(keyedBy: Key.self)
        var first = container.nestedUnkeyedContainer(forKey: .c)
        try first.encode(1)
        var second = container.nestedUnkeyedContainer(forKey: .c)
        try second.encode(2)
      },
      "an error that is caught": {
        var container = $0.container(keyedBy: Key.self)
        try container.encode(1, forKey: .a)
        try? container.encode([Date(timeIntervalSince1970: .infinity)], forKey: .b)
        try container.encode(Data([3]), forKey: .c)
      },
      "an error that is caught, of a leaf": {
        var container = $0.unkeyedContainer()
        try? container.encode(Decimal.nan)
        try container.encode(Data([3]))
      },
      "an encoder used after its value": {
        var kept: (any Encoder)?
        var container = $0.unkeyedContainer()
        try container.encode(Told { kept = $0 })
        try container.encode(1)
        try kept.map { try "late".encode(to: $0) }
      },
      "the count of a closed container": {
        var container = $0.container(keyedBy: Key.self)
        var nested = container.nestedUnkeyedContainer(forKey: .a)
        try nested.encode(1)
        try container.encode(Data([1]), forKey: .b)
        try container.encode(nested.count, forKey: .c)
      },
      "the path of a closed container": {
        var container = $0.container(keyedBy: Key.self)
        let nested = container.nestedUnkeyedContainer(forKey: .a)
        try container.encode(1, forKey: .b)
        try container.encode(nested.codingPath.map(\.stringValue), forKey: .c)
      },
    ]
  }

  @Test("falls back to the tree for what a stream cannot do", arguments: 0..<outOfOrder.count)
  func fallsBack(index: Int) throws {
    let (name, encode) = Self.outOfOrder[index]
    for value in [Told(encode: encode), Told { try ["x": [Told(encode: encode)]].encode(to: $0) }] {
      #expect(!DirectCoding.streams(value), "\(name)")
      #expect(try DirectCoding.encode(value) == DirectCoding.encodeTree(value), "\(name)")
    }
    // What was written before is kept, including its attachments, so the numbers continue.
    let written = try DirectCoding.write {
      try $0.write(encoding: [Data([7])])
      try $0.write(encoding: Told(encode: encode))
    }
    let tree = try DirectCoding.write {
      try $0.write(.array([.binary(Data([7]))]))
      try $0.write(SocketValue(encoding: Told(encode: encode)))
    }
    #expect(written == tree, "\(name)")
  }

  static var inOrder: KeyValuePairs<String, (any Encoder) throws -> Void> {
    [
      "a container twice": {
        var first = $0.container(keyedBy: Key.self)
        try first.encode(1, forKey: .a)
        var second = $0.container(keyedBy: AnyCodingKey.self)
        try second.encode(2, forKey: .name("b"))
        try first.encode(3, forKey: .c)
      },
      "an array twice": {
        var first = $0.unkeyedContainer()
        try first.encode(1)
        var second = $0.unkeyedContainer()
        try second.encode("\(second.count) \(first.count)")
      },
      "a super encoder to which nothing is written": {
        var container = $0.container(keyedBy: Key.self)
        _ = container.superEncoder()
        try container.encode(1, forKey: .a)
      },
      "a single value inside a single value": {
        var container = $0.singleValueContainer()
        try container.encode(Told { try Int?.none.encode(to: $0) })
      },
      "many keys": {
        var container = $0.container(keyedBy: AnyCodingKey.self)
        for number in 0..<100 { try container.encode([number], forKey: .name("key number \(number)")) }
      },
    ]
  }

  @Test("writes containers that are used in order", arguments: 0..<inOrder.count)
  func streams(index: Int) throws {
    let (name, encode) = Self.inOrder[index]
    #expect(DirectCoding.streams([Told(encode: encode)]), "\(name)")
    #expect(try DirectCoding.encode([Told(encode: encode)]) == DirectCoding.encodeTree([Told(encode: encode)]))
  }

  @Test("fails as the tree does")
  func errors() {
    struct Pair: Encodable {
      var first: [[String: Date]] = [[:], ["when": Date(timeIntervalSince1970: .nan)]]
      var second = Decimal.nan
    }
    let values: [any Encodable] = [
      Pair(), Decimal.nan, [Int128.max], [1: [UInt128.max]], Told { _ in throw CancellationError() },
      [Told { throw EncodingError.invalidValue(1, .init(codingPath: $0.codingPath, debugDescription: "no")) }],
    ]
    for value in values {
      let outcome = CodingOutcome { try DirectCoding.encode(value) }
      #expect(outcome == CodingOutcome { try DirectCoding.encodeTree(value) })
      guard case .failure = outcome else {
        Issue.record("\(type(of: value)) could be encoded")
        continue
      }
    }
  }

  @Test("refuses what is nested too deep, where the tree would be")
  func depth() {
    let deep = [[[1]], [[]]]
    let withError = Told {
      var container = $0.unkeyedContainer()
      try container.encode(deep)
      try container.encode(Decimal.nan)
    }
    for depth in 0...5 {
      for value in [deep, withError, [Told { _ in }], ["a": ["b": [0.5]]]] as [any Encodable] {
        let tree = CodingOutcome { try DirectCoding.encodeTree(value, maxDepth: depth) }
        #expect(CodingOutcome { try DirectCoding.encode(value, maxDepth: depth) } == tree)
      }
    }
  }

  @Test("an encoder that outlives its value writes nothing")
  func kept() throws {
    var kept: [any Encoder] = []
    var containers: [KeyedEncodingContainer<Key>] = []
    let written = try DirectCoding.write {
      try $0.write(
        encoding: Told {
          kept.append($0)
          containers.append($0.container(keyedBy: Key.self))
          try containers[0].encode(1, forKey: .a)
        })
      #expect(throws: (any Error).self) { try containers[0].encode(2, forKey: .b) }
      #expect(throws: (any Error).self) { try "late".encode(to: kept[0]) }
    }
    #expect(written == .text(#"{"a":1}"#, []))
  }

  /// Encodes itself as a random tree, through containers and encoders of every kind.
  struct Random: Encodable {
    let seed: UInt64

    func encode(to encoder: any Encoder) throws {
      var generator = SeededGenerator(seed: seed)
      try Self.encode(to: encoder, depth: 3, using: &generator)
    }

    private static func encode(to encoder: any Encoder, depth: Int, using generator: inout SeededGenerator) throws {
      let count = Int.random(in: 0..<6, using: &generator)
      switch Int.random(in: 0..<(depth > 0 ? 4 : 1), using: &generator) {
      case 0:
        var container = encoder.singleValueContainer()
        try container.encode(SocketValue.random(depth: 2, binary: true, using: &generator))
      case 1:
        var container = encoder.unkeyedContainer()
        for _ in 0..<count {
          switch Int.random(in: 0..<4, using: &generator) {
          case 0: try encode(to: container.superEncoder(), depth: depth - 1, using: &generator)
          case 1: try container.encode(Random(seed: generator.next() % 1000))
          case 2: try container.encode(Double.randomFinite(using: &generator))
          default: try container.encodeNil()
          }
        }
      default:
        var container = encoder.container(keyedBy: AnyCodingKey.self)
        for _ in 0..<count {
          let key = AnyCodingKey.name(.random(using: &generator))
          switch Int.random(in: 0..<4, using: &generator) {
          case 0: try encode(to: container.superEncoder(forKey: key), depth: depth - 1, using: &generator)
          case 1: try container.encode([SocketValue.random(depth: 2, using: &generator)], forKey: key)
          case 2: try container.encode(String.random(using: &generator), forKey: key)
          default:
            var nested = container.nestedUnkeyedContainer(forKey: key)
            try nested.encode(UInt16.random(in: 0...9, using: &generator))
          }
        }
      }
    }
  }

  @Test("gives the same bytes as the tree for random values")
  func random() throws {
    var streamed = 0
    for round in 0..<UInt64(SeededGenerator.rounds(500)) {
      let value = Random(seed: SeededGenerator.seed &+ round)
      #expect(try DirectCoding.encode(value) == DirectCoding.encodeTree(value), "seed \(value.seed)")
      if DirectCoding.streams(value) { streamed += 1 }
    }
    #expect(streamed > 100)
  }
}
