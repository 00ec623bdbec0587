#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Dates as JavaScript writes them into JSON: `2024-02-29T12:30:00.000Z`, always UTC and with milliseconds.
enum ISO8601 {
  private static let millisecondsPerDay: Int64 = 86_400_000
  /// ECMAScript's range of dates: 100 million days on both sides of 1970.
  private static let range = -8_640_000_000_000_000...8_640_000_000_000_000 as ClosedRange<Int64>

  /// The text of a date, rounded to milliseconds, or nil if it is outside ECMAScript's range.
  static func string(from date: Date) -> String? {
    Int64(exactly: (date.timeIntervalSince1970 * 1000).rounded()).flatMap(string(fromMilliseconds:))
  }

  /// The text of a time since 1970, or nil if it is outside ECMAScript's range.
  static func string(fromMilliseconds milliseconds: Int64) -> String? {
    guard range ~= milliseconds else { return nil }
    var (day, time) = milliseconds.quotientAndRemainder(dividingBy: millisecondsPerDay)
    if time < 0 { (day, time) = (day - 1, time + millisecondsPerDay) }
    let (year, month, dayOfMonth) = civil(fromDay: day)
    let (hour, minute, second) = (time / 3_600_000, time / 60_000 % 60, time / 1000 % 60)
    let sign = year < 0 ? "-" : year > 9999 ? "+" : ""
    return "\(sign)\(padded(abs(year), sign.isEmpty ? 4 : 6))-\(padded(month, 2))-\(padded(dayOfMonth, 2))"
      + "T\(padded(hour, 2)):\(padded(minute, 2)):\(padded(second, 2)).\(padded(time % 1000, 3))Z"
  }

  /// The date of a text: `YYYY-MM-DDTHH:MM:SS`, years also with a sign and six digits, a fraction of any length or
  /// none, and `Z` or an offset such as `+02:00`.
  static func date(from text: String) -> Date? {
    var scanner = Scanner(text.utf8)
    guard let year = scanner.year(), scanner.skip("-"), let month = scanner.number(digits: 2, in: 1...12),
      scanner.skip("-"), let day = scanner.number(digits: 2, in: 1...31),
      case let date = self.day(year: year, month: month, day: day), civil(fromDay: date) == (year, month, day),
      scanner.skip("T"), let hour = scanner.number(digits: 2, in: 0...23),
      scanner.skip(":"), let minute = scanner.number(digits: 2, in: 0...59),
      scanner.skip(":"), let second = scanner.number(digits: 2, in: 0...59),
      let milliseconds = scanner.fraction(), let offset = scanner.offset(), scanner.isAtEnd
    else { return nil }
    let seconds = ((date * 24 + hour) * 60 + minute - offset) * 60 + second
    return Date(timeIntervalSince1970: (Double(seconds) * 1000 + milliseconds) / 1000)
  }

  private static func padded(_ number: Int64, _ width: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }

  /// The Gregorian date of a day counted from 1970-01-01. Calculates in years that begin in March, so that the leap day
  /// comes last, and in eras of 400 years, which repeat.
  private static func civil(fromDay day: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let shifted = day + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * monthFromMarch + 2) / 5 + 1)
  }

  private static func day(year: Int64, month: Int64, day: Int64) -> Int64 {
    let year = month <= 2 ? year - 1 : year
    let era = (year >= 0 ? year : year - 399) / 400
    let yearOfEra = year - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }

  private struct Scanner {
    private var rest: Substring.UTF8View

    init(_ text: String.UTF8View) { rest = text[...] }

    var isAtEnd: Bool { rest.isEmpty }

    mutating func skip(_ character: Unicode.Scalar) -> Bool {
      guard rest.first == UInt8(ascii: character) else { return false }
      rest.removeFirst()
      return true
    }

    mutating func number(digits: Int, in range: ClosedRange<Int64>) -> Int64? {
      var number: Int64 = 0
      for _ in 0..<digits {
        guard let digit = rest.popFirst()?.decimalValue, digit <= 9 else { return nil }
        number = number * 10 + Int64(digit)
      }
      return range ~= number ? number : nil
    }

    mutating func year() -> Int64? {
      if skip("+") { return number(digits: 6, in: 0...999_999) }
      if skip("-") { return number(digits: 6, in: 1...999_999).map { -$0 } }
      return number(digits: 4, in: 0...9999)
    }

    /// The milliseconds of a fraction of a second, 0 if there is none.
    mutating func fraction() -> Double? {
      guard skip(".") else { return 0 }
      guard let first = rest.first, first.decimalValue <= 9 else { return nil }
      var (milliseconds, unit) = (0.0, 100.0)
      while let digit = rest.first?.decimalValue, digit <= 9 {
        milliseconds += Double(digit) * unit
        unit /= 10
        rest.removeFirst()
      }
      return milliseconds
    }

    /// The minutes that the local time is ahead of UTC.
    mutating func offset() -> Int64? {
      if skip("Z") { return 0 }
      let isNegative = rest.first == UInt8(ascii: "-")
      guard skip("+") || skip("-"), let hours = number(digits: 2, in: 0...23), skip(":"),
        let minutes = number(digits: 2, in: 0...59)
      else { return nil }
      return isNegative ? -(hours * 60 + minutes) : hours * 60 + minutes
    }
  }
}
