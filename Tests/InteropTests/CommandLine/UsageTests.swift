import Testing

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
    ["connect", "http://a", "--header", "x"], ["connect", "nowhere"],
  ]

  @Test(arguments: unusable) func unusableArguments(_ arguments: [String]) async throws {
    let sio = try SioProcess(arguments)
    try sio.endInput()
    let (status, output, errors) = try await sio.exit()
    #expect(status == 2)
    #expect(output == [])
    #expect(errors.count == 1 && errors[0].hasPrefix("sio: "), "\(errors)")
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
