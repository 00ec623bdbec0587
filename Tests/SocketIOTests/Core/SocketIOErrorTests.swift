import Foundation
import SocketIO
import Testing

@Suite("Descriptions of errors")
struct SocketIOErrorTests {
  @Test("An error has the same text everywhere: its message")
  func texts() throws {
    let error: any Error = SocketIOError(.timeout, "the server takes too long", httpStatus: 504)
    #expect("\(error)" == "the server takes too long")
    #expect(error.localizedDescription == "the server takes too long")
  }

  @Test("Errors of JSON and parsers name the place")
  func places() throws {
    let json = #expect(throws: JSONError.self) { try SocketValue(json: "[1,}") }
    #expect(json.map { "\($0)" } == "unexpected character at byte 3")
    #expect((json as (any Error)?)?.localizedDescription == "unexpected character at byte 3")
    let parser: any Error = ParserError(.invalidPayload, "invalid payload", jsonError: json)
    #expect("\(parser)" == "invalid payload: unexpected character at byte 3")
    #expect(parser.localizedDescription == "invalid payload: unexpected character at byte 3")
  }
}
