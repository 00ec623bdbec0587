import Foundation
import SocketIOTesting
import Testing

@testable import SocketIO

@Suite("The answer that the closure of an emit gets")
struct SocketAnswerTests {
  private let bench: ClientBench
  private let socket: Socket

  init() { (bench, socket) = ClientBench.connected() }

  /// What the closure makes of the server's answer.
  private func closure(
    gets answer: String, _ body: @escaping @Sendable (SocketAnswer) throws -> String
  ) throws -> [String] {
    let log = bench.log
    try socket.emit("ask") { result in
      do {
        log.add(try body(result.get()))
      } catch {
        log.add("\(error)")
      }
    }
    bench.loop.run()
    bench.script.receive(answer)
    return bench.take()
  }

  @Test("It has the arguments as values, at each access")
  func values() throws {
    let seen = try closure(gets: #"30[1,"two",{"a":null}]"#) { "\($0.args) \($0.args.count)" }
    #expect(seen == [#"[1, "two", {"a":null}] 3"#])
    #expect(try closure(gets: "31[]") { "\($0.args)" } == ["[]"])
  }

  @Test("One type is decoded as itself, several as a tuple, and missing arguments like null")
  func decoding() throws {
    #expect(try closure(gets: #"30[[1,2],"two"]"#) { "\(try $0.decode([Int].self))" } == ["[1, 2]"])
    #expect(try closure(gets: #"31[1,"two"]"#) { "\(try $0.decode(Int.self, String.self))" } == [#"(1, "two")"#])
    #expect(try closure(gets: "32[1]") { "\(try $0.decode(Int.self, Int?.self))" } == ["(1, nil)"])
  }

  @Test("An error of decoding names the event, the argument and the place in it")
  func mismatch() throws {
    let message = try closure(gets: #"30[1,{"a":["x"]}]"#) { answer in
      let error = #expect(throws: SocketIOError.self) { try answer.decode(Int.self, [String: [Int]].self) }
      return error.map { "\($0.code): \($0.message)" } ?? "nothing thrown"
    }
    #expect(message.count == 1)
    let beginning = #"decoding: argument 2 of the acknowledgement of "ask" cannot be decoded as"#
    #expect(message.first?.hasPrefix(beginning) == true)
    #expect(message.first?.contains("a[0]") == true)
  }

  @Test("Its description shows the arguments")
  func description() throws {
    #expect(try closure(gets: #"30[1,"two"]"#) { "\($0)" } == [#"[1, "two"]"#])
    let dumped = try closure(gets: #"31["two"]"#) { answer in
      var text = ""
      dump(answer, to: &text)
      return text
    }
    #expect(dumped.first?.contains("▿ args: 1 element") == true)
  }
}
