/// Figures in the form in which people read them.
extension Duration {
  /// Such as `37 µs`, `0.3 ms`, `12 ms`, `1.5 s`, `2 min 5 s` and `1 h 2 min`.
  var forPeople: String {
    let microseconds = self / .microseconds(1)
    switch microseconds {
    case ..<99.5: return "\(Int(microseconds.rounded())) µs"
    case ..<9_950: return "\((microseconds / 1_000).withOneDigit) ms"
    case ..<999_500: return "\(Int((microseconds / 1_000).rounded())) ms"
    case ..<59_950_000: return "\((microseconds / 1e6).withOneDigit) s"
    default: break
    }
    let seconds = Int((microseconds / 1e6).rounded())
    if seconds < 3_600 { return "\(seconds / 60) min \(seconds % 60) s" }
    return "\(seconds / 3_600) h \(seconds % 3_600 / 60) min"
  }
}

extension BinaryFloatingPoint {
  /// The number with one digit after the point.
  fileprivate var withOneDigit: String {
    let tenths = Int((self * 10).rounded())
    return "\(tenths / 10).\(tenths % 10)"
  }
}

extension Int {
  /// The number with a comma after every three digits, such as `200,000`.
  var forPeople: String {
    var digits = String(magnitude)
    var groups: [String] = []
    while digits.count > 3 {
      groups.insert(String(digits.suffix(3)), at: 0)
      digits.removeLast(3)
    }
    return (self < 0 ? "-" : "") + ([digits] + groups).joined(separator: ",")
  }

  /// A number of bytes, such as `812 bytes`, `1.5 MB` and `2.0 GB`.
  var bytesForPeople: String {
    if self < 1_000 { return "\(self) \(self == 1 ? "byte" : "bytes")" }
    var amount = Double(self) / 1_000
    var units = ["kB", "MB", "GB", "TB"][...]
    while amount >= 999.95, units.count > 1 {
      amount /= 1_000
      units.removeFirst()
    }
    return "\(amount.withOneDigit) \(units.first ?? "")"
  }
}
