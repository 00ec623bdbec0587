import ArgumentParser
import SocketIO

/// The parsers, by their names in commands and scripts.
enum ParserName: String, CaseIterable, ExpressibleByArgument {
  case json, msgpack

  var parser: any SocketParser {
    switch self {
    case .json: JSONParser()
    case .msgpack: MessagePackParser()
    }
  }
}
