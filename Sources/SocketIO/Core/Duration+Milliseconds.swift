extension Duration {
  /// Whole milliseconds, rounded up; 0 for negative durations. Capped at 292 million years, so that adding a clock
  /// value cannot overflow.
  package var milliseconds: UInt64 {
    let (seconds, attoseconds) = components
    guard seconds >= 0, attoseconds >= 0 else { return 0 }
    let limit = UInt64(Int64.max)
    guard UInt64(seconds) < limit / 1_000 else { return limit }
    return UInt64(seconds) * 1_000 + UInt64((attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000)
  }
}
