import Foundation
import SocketIO
import Testing

@testable import sio

/// The parts of `sio script` that need no connection.
@Suite struct ScriptPartsTests {
  @Test func binaryAtAnyDepth() throws {
    let json = #"{"b":[{"$binary":"AQID"},{"$binary":""}],"a":{"$binary":"AA==","x":1},"c":{"$binary":"/w=="}}"#
    let value = try SocketValue(json: json).withBinary()
    #expect(value["b"] == [.binary(Data([1, 2, 3])), .binary(Data())])
    #expect(value["a"] == ["$binary": "AA==", "x": 1])
    #expect(value["c"] == .binary(Data([255])))
    #expect(value.json == json)
    #expect(value.containsBinary)
    #expect(try !SocketValue(json: #"[{"a":"$binary"}]"#).withBinary().containsBinary)
  }

  @Test(arguments: [#"{"$binary":"AQI"}"#, #"{"$binary":"A*=="}"#, #"[{"x":{"$binary":null}}]"#])
  func badBinary(_ json: String) throws {
    let value = try SocketValue(json: json)
    #expect(throws: ScriptError.self) { try value.withBinary() }
  }

  @Test func commandsInsideOthersAreForTheSameSocket() throws {
    let json =
      #"{"do":"when","socket":"s","on":"connect","then":[{"do":"state"},{"do":"state","socket":"t","tag":1}],"times":2}"#
    let command = try ScriptCommand(try #require(SocketValue(json: json).objectValue))
    guard case .when("connect", let commands, 2) = command.action else {
      Issue.record("\(command)")
      return
    }
    #expect(commands.map(\.origin.socket) == ["s", "t"])
    #expect(commands.map(\.origin.tag) == [nil, 1])
  }

  @Test func reactionsAreCountedAndInOrder() throws {
    func commands(_ tag: SocketValue) throws -> [ScriptCommand] { [try ScriptCommand(["do": "state", "tag": tag])] }
    var reactions = ScriptReactions()
    reactions.add("connect", of: .socket("s"), try commands(1), times: 1)
    reactions.add("connect", of: .socket("s"), try commands(2), times: nil)
    reactions.add("connect", of: .socket("s"), try commands(3), times: 2)
    #expect(reactions.take("connect", of: .socket("t")).isEmpty)
    #expect(reactions.take("disconnect", of: .socket("s")).isEmpty)
    #expect(reactions.take("connect", of: .socket("s")).map(\.origin.tag) == [1, 2, 3])
    #expect(reactions.take("connect", of: .socket("s")).map(\.origin.tag) == [2, 3])
    #expect(reactions.take("connect", of: .socket("s")).map(\.origin.tag) == [2])
  }

  @Test func linesAreReadAsTheyCome() throws {
    let pipe = Pipe()
    var reader = LineReader(pipe.fileHandleForReading.fileDescriptor)
    try pipe.fileHandleForWriting.write(contentsOf: Data("a\n\nlong".utf8))
    #expect(reader.next() == Array("a".utf8))
    #expect(reader.next() == [])
    let long = String(repeating: "x", count: 20_000)
    try pipe.fileHandleForWriting.write(contentsOf: Data("\(long)\nlast".utf8))
    try pipe.fileHandleForWriting.close()
    #expect(reader.next() == Array("long\(long)".utf8))
    #expect(reader.next() == Array("last".utf8))
    #expect(reader.next() == nil)
    #expect(reader.next() == nil)
  }
}

/// Output to a descriptor that others share, and may have made non-blocking.
@Suite(.timeLimit(.minutes(1))) struct DescriptorTests {
  @Test func writingWaitsForASlowReader() async throws {
    let pipe = Pipe()
    let writing = pipe.fileHandleForWriting.fileDescriptor
    _ = fcntl(writing, F_SETFL, fcntl(writing, F_GETFL) | O_NONBLOCK)
    // Many times the capacity of the pipe, so that writes find it full or succeed partly.
    let text = String((0..<200_000).map { Character(Unicode.Scalar(UInt8(97 + $0 * 7 % 26))) })
    let (ended, feed) = AsyncStream.makeStream(of: Bool.self)
    Thread.detachNewThread {
      feed.yield((try? Descriptor.write(text, to: writing)) != nil)
      try? pipe.fileHandleForWriting.close()
      feed.finish()
    }
    let read = try #require(try pipe.fileHandleForReading.readToEnd())
    #expect(String(decoding: read, as: UTF8.self) == text)
    #expect(await ended.first { _ in true } == true)
  }

  @Test func aFailedWriteIsAnError() throws {
    let pipe = Pipe()
    // The reading end.
    let error = #expect(throws: POSIXError.self) {
      try Descriptor.write("x", to: pipe.fileHandleForReading.fileDescriptor)
    }
    #expect(error?.code == .EBADF)
  }
}

/// Lines typed into `sio connect`, and arguments of `sio emit`.
@Suite struct WordsTests {
  @Test(
    arguments: [
      ("1", 1), ("-1.5", -1.5), ("true", true), ("null", nil), ("word", "word"), (#""1""#, "1"), ("it's", "it's"),
      ("", ""),
      (#"{"a": [1]}"#, ["a": [1]]), ("1a", "1a"), ("?", "?"),
    ] as [(String, SocketValue)])
  func arguments(_ text: String, _ value: SocketValue) throws {
    #expect(try Words.value(text) == value)
  }

  @Test(arguments: ["{a", "[1", #""a"#, "{}x", #"{"$binary":"?"}"#]) func malformedArguments(_ text: String) {
    #expect(throws: Words.Malformed.self) { try Words.value(text) }
  }

  @Test func typedLines() throws {
    #expect(try TypedLine("  ") == nil)
    #expect(try TypedLine("hello") == .emit(event: "hello", arguments: [], wantsAnswer: false))
    #expect(
      try TypedLine(#" say  {"a b": "} \" {"} [1, [2]] "x y" 'it is' '' ?x "?" "#)
        == .emit(
          event: "say", arguments: [["a b": "} \" {"], [1, [2]], "x y", "it is", "", "?x", "?"], wantsAnswer: false))
    #expect(try TypedLine("add 1 2 ?") == .emit(event: "add", arguments: [1, 2], wantsAnswer: true))
    #expect(try TypedLine("? ? ?") == .emit(event: "?", arguments: ["?"], wantsAnswer: true))
    #expect(try TypedLine("'two words' 1") == .emit(event: "two words", arguments: [1], wantsAnswer: false))
    #expect(try TypedLine("#12 yes") == .answer(12, ["yes"]))
    #expect(try TypedLine("#tag") == .emit(event: "#tag", arguments: [], wantsAnswer: false))
  }

  @Test(arguments: ["say 'x", "say {", #"say "x""# + "y", "say [1]2", "#1 a ?", #"say {"a":}"#])
  func malformedLines(_ line: String) {
    #expect(throws: Words.Malformed.self) { try TypedLine(line) }
  }
}
