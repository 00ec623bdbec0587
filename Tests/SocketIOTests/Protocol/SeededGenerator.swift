import Foundation

@testable import SocketIO

/// SplitMix64: a small generator whose sequence depends on the seed alone, on every system.
///
/// Tests print the seed with each failure. `FUZZ_SEED` and `FUZZ_ROUNDS` in the environment set another seed and more
/// rounds.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  static let seed = ProcessInfo.processInfo.environment["FUZZ_SEED"].flatMap { UInt64($0) } ?? 20_240_229

  static func rounds(_ usual: Int) -> Int {
    ProcessInfo.processInfo.environment["FUZZ_ROUNDS"].flatMap { Int($0) } ?? usual
  }
}

extension SocketValue {
  /// A random value with arrays and objects up to a depth.
  static func random(depth: Int, binary: Bool = false, using generator: inout SeededGenerator) -> SocketValue {
    switch Int.random(in: 0..<(depth > 0 ? 10 : 8), using: &generator) {
    case 0: return .null
    case 1: return .bool(.random(using: &generator))
    case 2: return .int(.random(in: -1000...1000, using: &generator))
    case 3: return .int(.random(in: .min ... .max, using: &generator))
    case 4: return .double(.randomFinite(using: &generator))
    case 5 where binary:
      return .binary(
        Data((0..<Int.random(in: 0..<20, using: &generator)).map { _ in .random(in: 0...255, using: &generator) }))
    case 5, 6, 7: return .string(.random(using: &generator))
    case 8:
      return .array(
        (0..<Int.random(in: 0..<6, using: &generator)).map { _ in
          .random(depth: depth - 1, binary: binary, using: &generator)
        })
    default:
      var object = SocketObject()
      for _ in 0..<Int.random(in: 0..<24, using: &generator) where Bool.random(using: &generator) {
        object[.random(using: &generator)] = .random(depth: depth - 1, binary: binary, using: &generator)
      }
      return .object(object)
    }
  }
}

extension Double {
  /// A finite double: random bits, a few decimal digits, or an integer of up to 53 bits. (JavaScript rounds the text of
  /// larger integers, so they would be read as other numbers.)
  static func randomFinite(using generator: inout SeededGenerator) -> Double {
    switch Int.random(in: 0..<3, using: &generator) {
    case 0:
      let double = Double(bitPattern: generator.next())
      return double.isFinite && !(0x1p53...1e21 ~= double.magnitude) ? double : 0.5
    case 1: return Double(Int.random(in: -99_999...99_999, using: &generator)) / 1000
    default: return Double(Int64.random(in: -(1 << 53)...(1 << 53), using: &generator))
    }
  }
}

extension String {
  /// Up to 40 characters of ASCII and beyond, with a few that need escapes.
  static func random(using generator: inout SeededGenerator) -> String {
    let alphabet = Array("abcdefgh ,:[]{}\"\\/\u{0}\n\t\r\u{8}\u{C}\u{1F}\u{7F}äß€\u{2028}\u{FFFD}𝄞😀".unicodeScalars)
    var string = String.UnicodeScalarView()
    for _ in 0..<Int.random(in: 0...40, using: &generator) {
      string.append(alphabet[Int.random(in: alphabet.indices, using: &generator)])
    }
    return String(string)
  }
}
