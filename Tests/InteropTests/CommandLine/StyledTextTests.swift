import Foundation
import SocketIO
import Testing

@testable import sio

/// What people see: colours, JSON on several lines, figures.
@Suite struct StyledTextTests {
  @Test func colours() {
    var text = StyledText("< ", .cyan)
    text.append("a")
    text.breakLine(indentedBy: 2)
    text.append("b", .bold)
    #expect(text.rendered(inColour: false) == "< a\n  b")
    #expect(text.rendered(inColour: true) == "\u{1B}[36m< \u{1B}[0ma\n  \u{1B}[1mb\u{1B}[0m")
    #expect(text.prefixed(with: "12:00 ").rendered(inColour: false) == "12:00 < a\n  b")
  }

  @Test(arguments: StyledText.Style.allCases) func controlsInTextAreEscaped(_ style: StyledText.Style) {
    let text = StyledText("\u{1B}[31m\n\u{9B}\u{202E}", style)
    #expect(text.rendered(inColour: false) == #"\u001b[31m\u000a\u009b\u202e"#)
    #expect(
      text.rendered(inColour: true) == "\u{1B}[\(style.rawValue)m" + #"\u001b[31m\u000a\u009b\u202e"# + "\u{1B}[0m")
  }

  @Test func whereColoursAreWanted() {
    func hasColours(_ environment: [String: String], isTerminal: Bool = true) -> Bool {
      StyledText.hasColours(isTerminal: isTerminal, environment: environment)
    }
    #expect(hasColours(["TERM": "xterm"]))
    #expect(!hasColours(["TERM": "xterm"], isTerminal: false))
    #expect(!hasColours(["TERM": "dumb"]) && !hasColours([:]) && !hasColours(["TERM": ""]))
    #expect(!hasColours(["TERM": "xterm", "NO_COLOR": "1"]) && hasColours(["TERM": "xterm", "NO_COLOR": ""]))
  }

  // MARK: JSON

  private static let value: SocketValue = [
    "a\n\u{1B}": [1, -1.5, "x\u{1B}", true, nil, .binary(Data([1, 2, 3]))], "b": [], "c": [:], "d": ["e": [["f": "g"]]],
  ]

  @Test func compactJSONIsThatOfPrograms() {
    #expect(ValueText(isPretty: false).text(Self.value).rendered(inColour: false) == Self.value.json)
  }

  @Test func prettyJSON() throws {
    let text = ValueText(isPretty: true).text(Self.value).rendered(inColour: false)
    #expect(
      text == #"""
        {
          "a\n\u001b": [
            1,
            -1.5,
            "x\u001b",
            true,
            null,
            {
              "$binary": "AQID"
            }
          ],
          "b": [],
          "c": {},
          "d": {
            "e": [
              {
                "f": "g"
              }
            ]
          }
        }
        """#)
    #expect(try SocketValue(json: text).withBinary() == Self.value)
  }

  @Test func jsonInColours() {
    let text = ValueText(isPretty: false).text(["a": [1, "x", nil]]).rendered(inColour: true)
    #expect(
      text == "{\u{1B}[34m\"a\"\u{1B}[0m:[\u{1B}[33m1\u{1B}[0m,\u{1B}[32m\"x\"\u{1B}[0m,\u{1B}[2mnull\u{1B}[0m]}")
  }

  // MARK: Figures

  @Test(
    arguments: [
      (.nanoseconds(300), "0 µs"), (.microseconds(37), "37 µs"), (.microseconds(99.6), "0.1 ms"),
      (.microseconds(310), "0.3 ms"), (.microseconds(9_949), "9.9 ms"), (.microseconds(9_950), "10 ms"),
      (.milliseconds(999), "999 ms"), (.milliseconds(999.5), "1.0 s"), (.milliseconds(1_540), "1.5 s"),
      (.milliseconds(59_950), "1 min 0 s"), (.seconds(125), "2 min 5 s"), (.seconds(3_725), "1 h 2 min"),
    ] as [(Duration, String)])
  func durations(_ duration: Duration, _ text: String) {
    #expect(duration.forPeople == text)
  }

  @Test func numbers() {
    #expect(
      [0, 999, 1_000, 200_000, 1_234_567, -1_000].map(\.forPeople)
        == ["0", "999", "1,000", "200,000", "1,234,567", "-1,000"])
    #expect(
      [1, 999, 1_000, 1_540_000, 999_950, 2_000_000_000, 9_000_000_000_000_000].map(\.bytesForPeople)
        == ["1 byte", "999 bytes", "1.0 kB", "1.5 MB", "1.0 MB", "2.0 GB", "9000.0 TB"])
  }

  @Test func timeOfDay() {
    #expect(TimeOfDay(hour: 9, minute: 5, second: 7, millisecond: 42).description == "09:05:07.042")
    #expect((0..<24).contains(TimeOfDay.now().hour))
  }

  @Test func progress() {
    #expect(
      ProgressLine.text("latency", 1_500, of: 20_000, after: .seconds(2))
        == "latency: 1,500 of 20,000 (7 %), 750 per second")
    #expect(ProgressLine.text("latency", 0, of: 0, after: .zero) == "latency: 0 of 0 (100 %), 0 per second")
  }
}
