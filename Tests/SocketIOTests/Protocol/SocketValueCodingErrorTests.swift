import Foundation
import Testing

@testable import SocketIO

@Suite("Errors of Codable")
struct SocketValueCodingErrorTests {
  struct Inner: Codable { var list: [UInt8?] }
  struct Outer: Codable { var inner: Inner }

  private struct Failure: Equatable {
    enum Kind { case keyNotFound, valueNotFound, typeMismatch, dataCorrupted, unknown }

    var kind: Kind
    var path: [String]

    init(_ kind: Kind, at path: String...) {
      self.kind = kind
      self.path = path
    }

    init(_ error: DecodingError) {
      let (kind, context): (Kind, DecodingError.Context?) =
        switch error {
        case .keyNotFound(_, let context): (.keyNotFound, context)
        case .valueNotFound(_, let context): (.valueNotFound, context)
        case .typeMismatch(_, let context): (.typeMismatch, context)
        case .dataCorrupted(let context): (.dataCorrupted, context)
        @unknown default: (.unknown, nil)
        }
      self.kind = kind
      path = context?.codingPath.map(\.stringValue) ?? []
    }
  }

  private func failure<Value: Decodable>(of value: SocketValue, as type: Value.Type) throws -> Failure {
    Failure(try #require(throws: DecodingError.self) { try value.decode(as: type) })
  }

  @Test("errors of decoding say what is wrong and where")
  func decodingErrors() throws {
    #expect(try failure(of: ["inner": [:]], as: Outer.self) == Failure(.keyNotFound, at: "inner"))
    #expect(
      try failure(of: ["inner": ["list": [1, nil, 256]]], as: Outer.self)
        == Failure(.dataCorrupted, at: "inner", "list", "Index 2"))
    #expect(try failure(of: ["inner": ["list": "x"]], as: Outer.self) == Failure(.typeMismatch, at: "inner", "list"))
    #expect(try failure(of: ["inner": nil], as: Outer.self) == Failure(.valueNotFound, at: "inner"))
    #expect(try failure(of: [1], as: Pair.self) == Failure(.valueNotFound, at: "Index 1"))
  }

  /// Decodes two elements of an array.
  struct Pair: Decodable {
    init(from decoder: any Decoder) throws {
      var container = try decoder.unkeyedContainer()
      #expect(try container.decode(Int.self) == 1)
      _ = try container.decode(Int.self)
    }
  }

  @Test("a value decodes only as what it is")
  func mismatches() throws {
    let mismatch = Failure(.typeMismatch)
    #expect(try failure(of: "1", as: Int.self) == mismatch)
    #expect(try failure(of: 1, as: String.self) == mismatch)
    #expect(try failure(of: 1, as: Bool.self) == mismatch)
    #expect(try failure(of: true, as: Int.self) == mismatch)
    #expect(try failure(of: true, as: Decimal.self) == mismatch)
    #expect(try failure(of: "0.5", as: Double.self) == mismatch)
    #expect(try failure(of: "AQID", as: Data.self) == mismatch)
    #expect(try failure(of: [1], as: Data.self) == mismatch)
    #expect(try failure(of: "AQID", as: [UInt8].self) == mismatch)
    #expect(try failure(of: .binary(Data()), as: String.self) == mismatch)
    #expect(try failure(of: 1_700_000_000, as: Date.self) == mismatch)
    #expect(try failure(of: 1, as: URL.self) == mismatch)
    #expect(try failure(of: [:], as: [Int].self) == mismatch)
    #expect(try failure(of: [], as: [String: Int].self) == mismatch)

    let corrupted = Failure(.dataCorrupted)
    #expect(try failure(of: 0.5, as: Int.self) == corrupted)
    #expect(try failure(of: -1, as: UInt.self) == corrupted)
    #expect(try failure(of: .uint(.max), as: Int64.self) == corrupted)
    #expect(try failure(of: 1e300, as: Float.self) == corrupted)
    #expect(try failure(of: .double(.nan), as: Decimal.self) == corrupted)
    #expect(try failure(of: "yesterday", as: Date.self) == corrupted)
    #expect(try failure(of: "", as: URL.self) == corrupted)
  }

  @Test("an array of numbers decodes as bytes too, if they are bytes")
  func bytes() throws {
    #expect(try SocketValue.array([1, 255]).decode(as: [UInt8].self) == [1, 255])
    #expect(try failure(of: [1, 256], as: [UInt8].self) == Failure(.dataCorrupted, at: "Index 1"))
  }

  struct Unencodable: Encodable {
    var dates: [Date]
    var number: Decimal
  }

  @Test("errors of encoding say where")
  func encodingErrors() throws {
    let far = Unencodable(dates: [.distantPast, Date(timeIntervalSince1970: 1e14)], number: 1)
    #expect(try pathOfFailure(of: far) == ["dates", "Index 1"])
    let nan = Unencodable(dates: [], number: .nan)
    #expect(try pathOfFailure(of: nan) == ["number"])
  }

  private func pathOfFailure(of value: some Encodable) throws -> [String]? {
    let error = try #require(throws: EncodingError.self) { try SocketValue(encoding: value) }
    guard case .invalidValue(_, let context) = error else { return nil }
    return context.codingPath.map(\.stringValue)
  }
}
