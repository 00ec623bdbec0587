import ArgumentParser
import SocketIO

/// The parsers, by the names under which commands and scripts choose one.
enum ParserName: String, CaseIterable, ExpressibleByArgument {
  case json, msgpack

  var parser: any Parser {
    switch self {
    case .json: JSONParser()
    case .msgpack: MessagePackParser()
    }
  }
}
