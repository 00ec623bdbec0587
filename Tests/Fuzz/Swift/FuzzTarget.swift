import Foundation

/// A fuzz target. A violated expectation stops the program, and the fuzzer keeps the input.
enum FuzzTarget: String {
  case engine, packet, json, messagepack

  /// The target that the environment names. All are in one program, since linking takes longer than running.
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

/// Stops the program with the message. (Optimised builds do not print those of `precondition`.)
func fail(_ message: String) -> Never {
  FileHandle.standardError.write(Data("\(message)\n".utf8))
  abort()
}

func must(_ condition: @autoclosure () throws -> Bool, _ message: @autoclosure () -> String) rethrows {
  guard try condition() else { fail(message()) }
}
