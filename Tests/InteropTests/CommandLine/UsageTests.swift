import Testing

@testable import sio

/// Arguments that cannot be used, and help.
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
    ["connect", "http://a", "--header", "x"], ["connect", "nowhere"], ["connect", "http://a", "--auth", "-"],
    ["emit", "http://a", "e", "--auth", "-"], ["emit", "http://a", "e", "--auth", "@/nowhere"],
    ["emit", "http://a", "e", "--auth", "@/dev/null"], ["emit", "http://a", "e", "--auth", "@/"],
    ["emit", "http://a", "e", "--auth", "[1]"], ["emit", "http://a", "e", "--header", "@/nowhere"],
    ["emit", "http://a", "e", "--options", "@/nowhere"],
  ]

  @Test(arguments: unusable) func unusableArguments(_ arguments: [String]) async throws {
    let sio = try SioProcess(arguments)
    try sio.endInput()
    let (status, output, errors) = try await sio.exit()
    #expect(status == 2)
    #expect(output == [])
    #expect(errors.count == 1 && errors[0].hasPrefix("sio: "), "\(errors)")
  }

  static let secrets = [
    ["emit", "http://user:SECRET@[bad/?token=SECRET", "e"], ["emit", "user:SECRET@host?SECRET", "e"],
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
    ["script", "http://a", "--options", "{SECRET"], ["http://user:SECRET@a"],
  ]

  @Test(arguments: secrets) func whatCannotBeUsedIsNotRepeated(_ arguments: [String]) async throws {
    let sio = try SioProcess(arguments)
    try sio.endInput()
    let (status, output, errors) = try await sio.exit()
    #expect(status == 2)
    #expect(output == [])
    #expect(errors.count == 1 && errors[0].hasPrefix("sio: ") && !errors[0].contains("CRET"), "\(errors)")
  }

  @Test func anArgumentThatCannotBeUsedIsToldByItsPlace() {
    func text(_ message: String, _ arguments: String...) -> String { UsageError.text(message, arguments: arguments) }
    #expect(
      text("The value 'it's' is invalid for '--auth <json>'", "emit", "http://a", "--auth", "it's")
        == "The value '…' (argument 4) is invalid for '--auth <json>'")
    #expect(text("Unknown option '--auht'", "emit", "--auht", "x") == "Unknown option '--auht'")
    #expect(text("Unexpected argument 'dance'", "dance") == "Unexpected argument 'dance'")
    #expect(text("one\n  two") == "one   two")
  }

  @Test(arguments: ["connect", "emit", "listen", "script"]) func helpTeachesByExample(_ command: String) async throws {
    let (status, output, errors) = try await SioProcess.run(command, "--help")
    #expect(status == 0)
    #expect(errors == [])
    #expect(output.contains("EXAMPLES:"))
    #expect(output.contains { $0.contains("sio \(command) http") })
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
