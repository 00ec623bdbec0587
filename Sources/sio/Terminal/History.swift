/// Lines that were entered, oldest first.
struct History: Sendable, Equatable {
  static let capacity = 1_000

  private(set) var lines: [String]
  /// The place of the line that was recalled; nil for one that is new.
  private var place: Int?
  /// The new line, while another is shown.
  private var draft = ""

  init(_ lines: [String] = []) { self.lines = lines.suffix(Self.capacity) }

  /// Blank lines, and repetitions of the last one, are not added.
  mutating func add(_ line: String) {
    leave()
    guard Self.isWorthKeeping(line, after: lines.last) else { return }
    lines.append(line)
    if lines.count > Self.capacity { lines.removeFirst() }
  }

  static func isWorthKeeping(_ line: String, after last: String?) -> Bool {
    line != last && line.contains { !$0.isWhitespace }
  }

  /// Returns to the line that is new.
  mutating func leave() {
    place = nil
    draft = ""
  }

  /// The line before the one that is shown.
  mutating func earlier(than shown: String) -> String? {
    let earlier = (place ?? lines.count) - 1
    guard lines.indices.contains(earlier) else { return nil }
    if place == nil { draft = shown }
    place = earlier
    return lines[earlier]
  }

  /// The line after the one that is shown; in the end the new one.
  mutating func later(than shown: String) -> String? {
    guard let place else { return nil }
    guard lines.indices.contains(place + 1) else {
      self.place = nil
      return draft
    }
    self.place = place + 1
    return lines[place + 1]
  }

  /// The place of the newest line that contains a text.
  func last(containing text: String, before place: Int? = nil) -> Int? {
    text.isEmpty ? nil : lines[..<(place ?? lines.count)].lastIndex { $0.contains(text) }
  }
}
