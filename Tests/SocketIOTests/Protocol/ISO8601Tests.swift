import Foundation
import Testing

@testable import SocketIO

@Suite("Dates as JavaScript writes them")
struct ISO8601Tests {
  @Test(
    "every date has one text, and the text that date",
    arguments: [
      (0, "1970-01-01T00:00:00.000Z"), (1, "1970-01-01T00:00:00.001Z"), (-1, "1969-12-31T23:59:59.999Z"),
      (1_709_209_800_250, "2024-02-29T12:30:00.250Z"), (951_782_400_000, "2000-02-29T00:00:00.000Z"),
      (-2_203_891_200_000, "1900-03-01T00:00:00.000Z"), (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
      (253_402_300_800_000, "+010000-01-01T00:00:00.000Z"), (-62_135_596_800_000, "0001-01-01T00:00:00.000Z"),
      (-62_167_219_200_000, "0000-01-01T00:00:00.000Z"), (-62_167_219_200_001, "-000001-12-31T23:59:59.999Z"),
      (8_640_000_000_000_000, "+275760-09-13T00:00:00.000Z"), (-8_640_000_000_000_000, "-271821-04-20T00:00:00.000Z"),
    ] as [(Double, String)])
  func texts(milliseconds: Double, text: String) throws {
    let date = Date(timeIntervalSince1970: milliseconds / 1000)
    #expect(ISO8601.string(from: date) == text)
    let parsed = try #require(ISO8601.date(from: text))
    #expect((parsed.timeIntervalSince1970 * 1000).rounded() == milliseconds)
  }

  /// Before 1582 Foundation uses the Julian calendar, unlike JavaScript and ISO 8601.
  @Test("agrees with Foundation, and keeps milliseconds")
  func foundation() throws {
    var generator = SeededGenerator(seed: SeededGenerator.seed)
    let style = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
    for _ in 0..<500 {
      let milliseconds = Int64.random(in: -12_000_000_000_000...253_000_000_000_000, using: &generator)
      let date = Date(timeIntervalSince1970: Double(milliseconds) / 1000)
      let text = try #require(ISO8601.string(from: date))
      #expect(ISO8601.date(from: text) == date, "\(text)")
      let theirs = try style.parse(text)
      #expect(abs(theirs.timeIntervalSince(date)) < 0.0005, "\(text)")
    }
  }

  @Test("rounds to milliseconds")
  func rounding() {
    #expect(ISO8601.string(from: Date(timeIntervalSince1970: 0.9996)) == "1970-01-01T00:00:01.000Z")
    #expect(ISO8601.string(from: Date(timeIntervalSince1970: -0.0004)) == "1970-01-01T00:00:00.000Z")
  }

  @Test("has no text for dates that JavaScript cannot have", arguments: [8.640000000001e12, -1e14, .infinity, .nan])
  func outOfRange(seconds: Double) {
    #expect(ISO8601.string(from: Date(timeIntervalSince1970: seconds)) == nil)
  }

  @Test(
    "reads offsets, and fractions of any length",
    arguments: [
      ("2024-02-29T12:30:00Z", 1_709_209_800), ("2024-02-29T14:30:00+02:00", 1_709_209_800),
      ("2024-02-29T07:00:00-05:30", 1_709_209_800), ("2024-02-29T12:30:00.5Z", 1_709_209_800.5),
      ("2024-02-29T12:30:00.250000Z", 1_709_209_800.25),
    ])
  func variants(text: String, seconds: Double) {
    #expect(ISO8601.date(from: text) == Date(timeIntervalSince1970: seconds))
  }

  @Test(
    "refuses all else",
    arguments: [
      "", "2024", "2024-02-29", "2024-02-29T12:30:00", "2023-02-29T12:30:00Z", "2024-13-01T00:00:00Z",
      "2024-00-01T00:00:00Z", "2024-01-00T00:00:00Z", "2024-04-31T00:00:00Z", "2024-01-01T24:00:00Z",
      "2024-01-01T00:60:00Z", "2024-01-01T00:00:60Z", "2024-01-01T00:00:00.Z", "2024-01-01T00:00:00z",
      "2024-01-01 00:00:00Z", "24-01-01T00:00:00Z", "-000000-01-01T00:00:00Z", "+2024-01-01T00:00:00Z",
      "2024-01-01T00:00:00Z ", "2024-01-01T00:00:00+0200", "2024-01-01T00:00:00+24:00", "2024-1-1T00:00:00Z",
    ])
  func refusals(text: String) {
    #expect(ISO8601.date(from: text) == nil)
  }
}
