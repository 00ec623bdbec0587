import Dispatch
import Foundation

/// The lines that a person types. They end with the input (Ctrl-D) and with an interruption (Ctrl-C).
func typedLines() -> AsyncStream<String> {
  let (lines, feed) = AsyncStream.makeStream(of: String.self)

  // `readLine` blocks, so it gets a thread of its own. In a task it would block a thread that all tasks share.
  Thread.detachNewThread {
    while let line = readLine() { feed.yield(line) }
    feed.finish()
  }

  // Ctrl-C would end the process before the last message is sent. Ignored here, the signal still reaches the source.
  signal(SIGINT, SIG_IGN)
  let interruptions = DispatchSource.makeSignalSource(signal: SIGINT)
  interruptions.setEventHandler {
    feed.finish()
    interruptions.cancel()
  }
  interruptions.activate()
  return lines
}
