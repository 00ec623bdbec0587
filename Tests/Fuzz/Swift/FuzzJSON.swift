import Foundation

@testable import SocketIO

func fuzzJSON(_ bytes: UnsafeRawBufferPointer) throws {
  let ours = try? SocketValue(jsonBytes: bytes, maxDepth: 64)
  if let ours { try checkRoundTrip(ours) }
  FoundationJSON.compare(ours, with: bytes) { fail($0) }
}

/// Compares text, not values: JSON has no infinities, and large doubles come back as integers.
private func checkRoundTrip(_ value: SocketValue) throws {
  let text = try value.jsonString()
  let again = try SocketValue(json: text)
  try must(again.jsonString() == text, "the value comes back changed: \(text)")
}
