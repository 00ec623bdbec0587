import Foundation

/// What is done with one input. What must not be stops the program, and the fuzzer keeps the input.
enum FuzzTarget: String {
  case engine, packet, json, messagepack

  /// The one that the environment names: one program has them all, since linking it takes longer than running it.
  static let current = ProcessInfo.processInfo.environment["FUZZ_TARGET"].flatMap(FuzzTarget.init(rawValue:))

  func run(_ bytes: UnsafeRawBufferPointer) throws {
    switch self {
    case .engine: fuzzEngine(bytes)
    case .packet: try fuzzPackets(bytes)
    case .json: try fuzzJSON(bytes)
    case .messagepack: try fuzzMessagePack(bytes)
    }
  }
}

/// Called by libFuzzer.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ start: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
  guard let target = FuzzTarget.current else {
    fail("FUZZ_TARGET names none of engine, packet, json and messagepack")
  }
  do {
    try target.run(UnsafeRawBufferPointer(start: start, count: size))
  } catch {
    fail("what was read cannot be written and read again: \(error)")
  }
  return 0
}

/// Stops the program with the message. (An optimised build keeps those of `precondition` to itself.)
func fail(_ message: String) -> Never {
  FileHandle.standardError.write(Data("\(message)\n".utf8))
  abort()
}

func must(_ condition: @autoclosure () throws -> Bool, _ message: @autoclosure () -> String) rethrows {
  guard try condition() else { fail(message()) }
}
