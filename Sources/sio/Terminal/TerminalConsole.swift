import SocketIO

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Reads lines with editing, and prints above the line that is being edited.
///
/// The thread that reads keys and the one that prints take turns by a lock. Whatever is printed first removes the line
/// from the terminal, and then draws it again below, in one write.
final class TerminalConsole: SessionOutput {
  private struct State {
    var editor: LineEditor
    var names: EventNames
    /// What is on the terminal.
    var drawn: LineLayout?
    var isOver = false
  }

  private static let bracketedPaste = (on: "\u{1B}[?2004h", off: "\u{1B}[?2004l")
  private static let clearedScreen = "\u{1B}[H\u{1B}[2J"

  private let state: Locked<State>
  private let history: HistoryFile?
  private let hasColours: Bool

  /// - Parameter history: Where lines are kept; nil to keep them only as long as the program runs.
  init(history: HistoryFile?, hasColours: Bool) {
    self.hasColours = hasColours
    var lines = History()
    var failure: POSIXError?
    do throws(POSIXError) {
      if let history { lines = try history.read() }
      self.history = history
    } catch {
      failure = error
      self.history = nil
    }
    state = Locked(State(editor: LineEditor(history: lines), names: EventNames(history: lines.lines)))
    if let failure, let history { write(Self.complaint(history, failure)) }
  }

  // MARK: Printing

  func write(_ text: StyledText) {
    let text = text.rendered(inColour: hasColours) + "\n"
    state.withLock { state in
      let erasing = erase(&state)
      StandardOutput.put(erasing + text + (erasing.isEmpty ? "" : draw(&state)))
    }
  }

  func learn(event name: String) { state.withLock { $0.names.insert(name) } }

  /// Shows the prompt, and reads keys from now on.
  func begin() {
    Terminal.readKeys()
    state.withLock { state in
      StandardOutput.put(Self.bracketedPaste.on + draw(&state))
    }
  }

  /// Adapts to a terminal that has another size, or that another program has used meanwhile.
  func adapt() {
    state.withLock { state in
      guard !state.isOver else { return }
      Terminal.readKeys()
      StandardOutput.put(erase(&state) + Self.bracketedPaste.on + draw(&state))
    }
  }

  /// Removes the prompt, and leaves the terminal as it was.
  func end() {
    state.withLock { state in
      guard !state.isOver else { return }
      StandardOutput.put(erase(&state) + Self.bracketedPaste.off)
      state.isOver = true
      Terminal.restore()
    }
  }

  /// - Returns: What removes the prompt and the line; an empty text if they are not shown.
  private func erase(_ state: inout State) -> String {
    guard var layout = state.drawn else { return "" }
    // The terminal has moved the text if it has another size now.
    layout.columns = Terminal.columns(Descriptor.standardOutput)
    state.drawn = nil
    return layout.erasing
  }

  private func draw(_ state: inout State) -> String {
    let layout = LineLayout(
      prompt: state.editor.prompt, line: state.editor.line, cursor: state.editor.cursor,
      columns: Terminal.columns(Descriptor.standardOutput))
    state.drawn = layout
    return layout.drawing(hasColours ? .bold : nil)
  }

  // MARK: Reading

  /// Reads keys until the end of the input or an interruption, and reports lines. Blocks.
  func read(into feed: Feed) {
    var decoder = KeyDecoder()
    var bytes: [UInt8] = []
    while true {
      bytes.removeAll(keepingCapacity: true)
      // What cannot be read any more has ended.
      let count = try? Descriptor.read(Descriptor.standardInput, onto: &bytes)
      if count ?? 0 == 0 { return feed.tell(.endOfInput) }
      for key in decoder.decode(bytes) {
        guard let event = handle(key) else { continue }
        feed.tell(event)
        guard case .typed = event else { return }
      }
    }
  }

  /// - Returns: What the session has to know.
  private func handle(_ key: Key) -> ConsoleEvent? {
    let outcome = state.withLock { state in
      // The process was asked to stop, but nobody could have continued it.
      if state.drawn == nil, !state.isOver { Terminal.readKeys() }
      let before = erase(&state)
      let outcome = state.editor.handle(key) { state.names.completions(of: $0) }
      StandardOutput.put(before + text(after: outcome, &state))
      return outcome
    }
    switch outcome {
    case .entered(let line):
      keep(line)
      return .typed(line)
    case .endOfInput, .interrupted:
      // From now on ^C interrupts what is waited for.
      end()
      return outcome == .endOfInput ? .endOfInput : .interrupted
    case .suspended:
      Terminal.stopProcess()
      return nil
    default: return nil
    }
  }

  /// What appears on the terminal.
  private func text(after outcome: LineEditor.Outcome, _ state: inout State) -> String {
    switch outcome {
    case .changed: return draw(&state)
    case .refused: return draw(&state) + "\u{7}"
    case .entered(let line):
      // The line stays where it was typed.
      let line = Array(line)
      let layout = LineLayout(
        prompt: state.editor.prompt, line: line, cursor: line.count,
        columns: Terminal.columns(Descriptor.standardOutput))
      return layout.printing(hasColours ? .bold : nil) + draw(&state)
    case .candidates(let words):
      return StyledText(words.joined(separator: " "), .faint).rendered(inColour: hasColours) + "\n" + draw(&state)
    case .clearScreen: return Self.clearedScreen + draw(&state)
    case .suspended:
      Terminal.restore()
      return Self.bracketedPaste.off
    case .endOfInput, .interrupted: return draw(&state)
    }
  }

  private func keep(_ line: String) {
    guard let history, HistoryFile.mayHold(line) else { return }
    do {
      try history.append(line)
    } catch {
      write(Self.complaint(history, error))
    }
  }

  private static func complaint(_ history: HistoryFile, _ error: POSIXError) -> StyledText {
    StyledText("! what you type is not kept in \(history.path): \(error.reason)", .red)
  }
}
