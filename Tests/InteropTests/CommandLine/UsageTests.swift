import Testing

@testable import sio

/// Unusable arguments, and help.
@Suite struct UsageTests {
  static let unusable = [
    ["dance"], ["script", "--dance"], ["script", "http://a", "http://b"], ["script", "--options", "{}"],
    ["script", "http://a", "--options", "[]"], ["script", "http://a", "--options", "{"],
    ["script", "http://a", "--options"],
    ["emit"], ["emit", "http://a"], ["emit", "http://a", "connect"], ["emit", "http://a", "e", "{"],
    ["emit", "http://a", "e", "--timeout", "soon"], ["emit", "http://a", "e", "--auth", "1"],
    ["emit", "smoke://a", "e"], ["listen", "http://a", "--count", "0"], ["listen", "http://a", "b", "c"], ["listen"],
    ["listen", "http://a", "--transports", "smoke"], ["listen", "http://a", "--ca", "/nowhere"],
    ["listen", "http://a", "--options", #"{"smoke":1}"#], ["connect", "http://a", "--query", "x"],
    ["connect", "http://a", "--header", "x"], ["connect", "/nowhere"], ["connect", "http://a", "--auth", "-"],
    ["emit", "http://a", "e", "--auth", "-"], ["emit", "http://a", "e", "--auth", "@/nowhere"],
    ["emit", "http://a", "e", "--auth", "@/dev/null"], ["emit", "http://a", "e", "--auth", "@/"],
    ["emit", "http://a", "e", "--auth", "[1]"], ["emit", "http://a", "e", "--header", "@/nowhere"],
    ["emit", "http://a", "e", "--options", "@/nowhere"], ["listen", "http://a", "--cert", "/nowhere"],
    ["listen", "http://a", "--key", "/nowhere"], ["listen", "@"], ["emit", "a", "e", #"{"$file":"/nowhere"}"#],
  ]

  @Test(arguments: unusable) func unusableArguments(_ arguments: [String]) async throws {
    let sio = try SioProcess(arguments)
    sio.endInput()
    let (status, output, errors) = try await sio.exit()
    #expect(status == 2)
    #expect(output == [])
    #expect(errors.count == 1 && errors[0].hasPrefix("sio: "), "\(errors)")
  }

  static let secrets = [
    ["emit", "http://user:SECRET@[bad/?token=SECRET", "e"], ["emit", "user:SECRET@[host?SECRET", "e"],
    ["emit", "http://a", "e", "--auth", #"{"token":"SECRET"#], ["emit", "http://a", "e", "--auth", #"["SECRET"]"#],
    ["emit", "http://a", "e", "--auht", #"{"token":"SECRET"}"#],
    ["emit", "http://a", "e", #"--auht{"token":"SECRET"}"#],
    ["emit", "http://a", "e", #"--auht={"token":"SECRET"}"#], ["emit", "http://a", "e", "--verbose=SECRET"],
    ["emit", "http://a", "e", "---SECRET"], ["emit", "http://a", "e", "{SECRET"],
    ["emit", "http://a", "e", "--header", "Authorization Bearer SECRET"],
    ["emit", "http://a", "e", "--header", "Authorization Bearer SECRET: x"],
    ["emit", "http://a", "e", "--query", "SECRET"],
    ["emit", "http://a", "e", "--parser", "SECRET"], ["emit", "http://a", "e", "--timeout", "SE'CRET\n'SECRET"],
    ["emit", "http://a", "e", "--path", "/p?token=SECRET"], ["listen", "http://a", "b", "SECRET", "SECRET c"],
    ["emit", "http://a", "e", "--options", #"{"auth":{"token":"SECRET"}"#],
    ["emit", "http://a", "e", "--options", #"{"agent":{"proxy":"http://user:SECRET"}}"#],
    ["emit", "http://a", "e", "-HAuthorization: SECRET"], ["emit", "http://a", "e", "-H", "SECRET"],
    ["script", "http://a", "--options", "{SECRET"], ["http://user:SECRET@a"],
  ]

  @Test(arguments: secrets) func unusableArgumentsAreNotRepeated(_ arguments: [String]) async throws {
    let sio = try SioProcess(arguments)
    sio.endInput()
    let (status, output, errors) = try await sio.exit()
    #expect(status == 2)
    #expect(output == [])
    #expect(errors.count == 1 && errors[0].hasPrefix("sio: ") && !errors[0].contains("CRET"), "\(errors)")
  }

  @Test func anUnusableArgumentIsShownByItsPosition() {
    func text(_ message: String, _ arguments: String...) -> String { UsageError.text(message, arguments: arguments) }
    #expect(
      text("The value 'it's' is invalid for '--auth <json>'", "emit", "http://a", "--auth", "it's")
        == "The value '…' (argument 4) is invalid for '--auth <json>'")
    #expect(text("Unknown option '--auht'", "emit", "--auht", "x") == "Unknown option '--auht'")
    #expect(text("Unexpected argument 'dance'", "dance") == "Unexpected argument 'dance'")
    #expect(text("one\n  two") == "one   two")
  }

  @Test func whoForgetsTheCommandIsTold() {
    func text(_ arguments: String...) -> String? { UsageError.withoutCommand(arguments, commands: ["emit", "listen"]) }
    #expect(text("emti", "x") == "'emti' is no command: begin with emit or listen")
    #expect(text("localhost:3000?SECRET") == "argument 1 is no command: begin with emit or listen")
    for argument in ["emit", "help", "--dance"] { #expect(text(argument) == nil) }
    #expect(text() == nil)
  }

  @Test func terseMessagesSayWhereToReadOn() {
    func hint(_ message: String, _ arguments: String...) -> String {
      UsageError.hint(message, arguments: arguments, commands: ["emit"])
    }
    #expect(hint("Missing expected argument '<server>'", "emit") == " (see sio emit --help)")
    #expect(hint("2 unexpected arguments: 'a', 'b'", "emit", "a", "b") == " (see sio emit --help)")
    #expect(hint("Unknown option '--dance'", "--dance") == " (see sio --help)")
    #expect(hint("--auth: it is not JSON", "emit") == "")
  }

  @Test(arguments: ["connect", "emit", "listen", "script"]) func helpHasExamples(_ command: String) async throws {
    let (status, output, errors) = try await SioProcess.run(command, "--help")
    #expect(status == 0)
    #expect(errors == [])
    #expect(output.contains("EXAMPLES:"))
    #expect(output.contains { $0.contains("sio \(command) http") })
  }

  @Test(arguments: [
    [], ["connect"], ["emit"], ["listen"], ["script"], ["bench"], ["context"], ["context", "add"], ["context", "list"],
    ["context", "show"], ["context", "remove"],
  ])
  func helpFitsInEightyColumns(_ command: [String]) async throws {
    let (status, output, _) = try await SioProcess(command + ["--help"], environment: ["COLUMNS=80"]).exit()
    #expect(status == 0)
    #expect(output.contains { $0.hasPrefix("USAGE: sio") })
    for line in output { #expect(line.count <= 80, "\(line)") }
    // A line of a table or an example that is too long would continue at the left.
    for (line, next) in zip(output, output.dropFirst()) where line.hasPrefix("  ") && next.first?.isLowercase == true {
      Issue.record("it does not fit: \(line)")
    }
  }

  @Test func versionsOfTheLibrariesUnderneath() async throws {
    let (status, output, _) = try await SioProcess.run("--version")
    #expect(status == 0)
    #expect(output.count == 1)
    for name in ["sio ", "csio/", "libcurl/", "libwebsockets/", "libuv/", "OpenSSL/"] {
      #expect(output[0].contains(name))
    }
  }
}
