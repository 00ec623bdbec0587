import Foundation

@testable import SocketIO

/// Types that use every way of coding.
enum DirectCodingTypes {
  struct Point: Codable {
    var x = 12.5
    var y: Float = -0.25
    var z: Int?
  }

  struct Person: Codable {
    enum Role: String, Codable { case admin, user }
    var id = 1_234_567_890_123
    var name = "Grace \"Amazing\" Hopper"
    var role = Role.admin
    var points = [Point(), Point(z: 3)]
    var counts: [String: Int] = ["one": 1]
    var byNumber: [Int: Point] = [7: Point()]
    var note: String?
    var any: SocketValue = ["a": [1, 2.5, nil]]
    var small: UInt8 = 255
    var flags = [true, false]
    var names: [String?] = ["a", nil]
  }

  struct Rest: Codable {
    var date = Date(timeIntervalSince1970: 0.25)
    var url = URL(string: "https://example.com/a?b=c")
    var decimal = Decimal(string: "0.1")
    var wide: UInt64 = .max
    var object: SocketObject = ["k": "v"]
    var values: [SocketValue] = [1, "2"]
    var nested: [[Int]] = [[], [1, -2]]
    var doubles = [0.5, 1e300, -3]
    var range = 1...3
  }

  struct Attached: Codable {
    var data = Data([1, 2, 3])
    var bytes: [UInt8] = [4]
    var list = [Data(), Data([5])]
    var value: SocketValue = ["deep": .binary(Data([6]))]
  }

  indirect enum Shape: Codable {
    case circle(radius: Double)
    case pair(Shape, label: String?)
    case none
  }

  class Animal: Codable {
    var name = "Rex"
    init() {}
  }

  final class Dog: Animal {
    var tricks = ["sit"]
    private enum CodingKeys: CodingKey { case tricks }

    override init() { super.init() }

    required init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: CodingKeys.self)
      tricks = try container.decode([String].self, forKey: .tricks)
      try super.init(from: container.superDecoder())
    }

    override func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(tricks, forKey: .tricks)
      try super.encode(to: container.superEncoder())
    }
  }

  /// Any JSON value, decoded by trying one type after the other.
  indirect enum Anything: Codable {
    case null, bool(Bool), int(Int), string(String), list([Anything]), members([String: Anything])

    init(from decoder: any Decoder) throws {
      let container = try decoder.singleValueContainer()
      if container.decodeNil() {
        self = .null
      } else if let value = try? container.decode(Bool.self) {
        self = .bool(value)
      } else if let value = try? container.decode(Int.self) {
        self = .int(value)
      } else if let value = try? container.decode(String.self) {
        self = .string(value)
      } else if let value = try? container.decode([Anything].self) {
        self = .list(value)
      } else {
        self = .members(try container.decode([String: Anything].self))
      }
    }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.singleValueContainer()
      switch self {
      case .null: try container.encodeNil()
      case .bool(let value): try container.encode(value)
      case .int(let value): try container.encode(value)
      case .string(let value): try container.encode(value)
      case .list(let value): try container.encode(value)
      case .members(let value): try container.encode(value)
      }
    }
  }

  /// Uses every function of containers.
  struct Manual: Codable {
    enum Keys: String, CodingKey { case list, inner, own, more, absent }
    var seen: [String] = []

    init() {}

    init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: Keys.self)
      seen.append("keys \(container.allKeys)")
      seen.append("nil \(try container.decodeNil(forKey: .own)) \(container.contains(.absent))")
      var list = try container.nestedUnkeyedContainer(forKey: .list)
      seen.append("list \(list.count ?? -1) \(list.codingPath.map(\.stringValue))")
      while !list.isAtEnd {
        if try list.decodeNil() {
          seen.append("null \(list.currentIndex)")
        } else if var numbers = try? list.nestedUnkeyedContainer() {
          seen.append("numbers \(try numbers.decode(Int.self)) \(list.currentIndex)")
        } else if let members = try? list.nestedContainer(keyedBy: Keys.self) {
          seen.append("members \(members.allKeys) \(members.codingPath.map(\.stringValue))")
        } else {
          seen.append("other \(try SocketValue(from: list.superDecoder()))")
        }
      }
      let inner = try container.nestedContainer(keyedBy: Keys.self, forKey: .inner)
      seen.append("inner \(try inner.decodeIfPresent(String.self, forKey: .own) ?? "-")")
      let more = try inner.superDecoder(forKey: .more).singleValueContainer()
      seen.append("more \(more.decodeNil()) \(more.codingPath.map(\.stringValue))")
      let absent = try container.superDecoder(forKey: .absent).singleValueContainer()
      seen.append("absent \(absent.decodeNil()) \(try absent.decode(Int?.self) as Any)")
      _ = try list.decode(Int.self)
    }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: Keys.self)
      var list = container.nestedUnkeyedContainer(forKey: .list)
      try list.encodeNil()
      var numbers = list.nestedUnkeyedContainer()
      try numbers.encode(list.count)
      var members = list.nestedContainer(keyedBy: Keys.self)
      try members.encodeNil(forKey: .own)
      var single = list.superEncoder().singleValueContainer()
      try single.encode("\(single.codingPath.map(\.stringValue))")
      var inner = container.nestedContainer(keyedBy: Keys.self, forKey: .inner)
      try inner.encode(seen, forKey: .own)
      try [1].encode(to: inner.superEncoder(forKey: .more))
      try container.encode("\(container.codingPath)", forKey: .own)
    }
  }

  struct Nothing: Codable {
    init() {}
    init(from decoder: any Decoder) throws {}
    func encode(to encoder: any Encoder) throws {}
  }

  /// Keeps the elements that can be decoded.
  struct Lossy: Codable {
    var points: [Point] = []
    var errors: [String] = []

    init() {}

    init(from decoder: any Decoder) throws {
      var container = try decoder.unkeyedContainer()
      while !container.isAtEnd {
        do {
          points.append(try container.decode(Point.self))
        } catch {
          errors.append(describeCodingError(error))
          _ = try container.decode(Nothing.self)
        }
      }
    }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.unkeyedContainer()
      try container.encode(contentsOf: points)
      try container.encode(contentsOf: errors)
    }
  }

  static var types: [any Codable.Type] {
    [
      Int.self, Int8.self, UInt8.self, Int16.self, UInt16.self, Int32.self, UInt32.self, Int64.self, UInt64.self,
      UInt.self, Int128.self, UInt128.self, Float.self, Double.self, Decimal.self, Bool.self, String.self, Date.self,
      URL.self, Data.self, [UInt8].self, SocketValue.self, SocketObject.self, [SocketValue].self, [Int].self,
      [String].self, [Double].self, [Int?].self, [Data].self, Int?.self, String?.self, SocketValue?.self,
      [String: Int].self, [String: SocketValue].self, [Int: String].self, ClosedRange<Int>.self,
      [[Int]].self, Point.self, [Point].self, Person.self, Rest.self, Attached.self, Shape.self, Animal.self, Dog.self,
      Anything.self, Manual.self, Nothing.self, Lossy.self, Person.Role.self, [Person.Role: Int].self,
    ]
  }

  static var samples: [any Encodable] {
    [
      Point(), Point(z: 1), Person(), [Person(), Person()], Rest(), Attached(), [Attached()], Shape.circle(radius: 1.5),
      Shape.pair(.pair(.none, label: nil), label: "x"), Animal(), Dog(), Manual(), Nothing(), [Nothing()], Lossy(),
      Anything.members(["a": .list([.null, .int(1)])]), 1, -1.5, "text", true, Data([9]), [UInt8]([1, 2]),
      [1, 2, 3], ["a", "b"], [0.5, .infinity], ["x": 1], [1: "x"], [true], Int128(5), UInt8(7), Float(0.1),
      Int?.none, [Int?.none, 3], SocketValue.object(["k": [1]]), Date(timeIntervalSince1970: 1), Decimal(7),
      ClosedRange(uncheckedBounds: (1, 2)), Person.Role.user, [[[]]] as [[[Int]]], [String: [Int]](), [Point](),
    ]
  }
}
