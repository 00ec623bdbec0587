import Foundation
import SocketIO
import SocketIOTesting
import Testing

/// Credentials outside the command line.
@Suite struct CredentialTests {
  private static let token = #"{"token":"abcd"}"#

  /// Asks `/admin`, which requires the token, for the client's handshake.
  private func handshake(
    _ flags: String..., input: [String] = [], environment: [String] = []
  ) async throws -> (status: Int32, value: SocketValue?) {
    let server = try Server.testServer.start()
    let sio = try SioProcess(["emit", server.url + "/admin", "get-handshake"] + flags, environment: environment)
    for line in input { try sio.type(line) }
    sio.endInput()
    let result = try await sio.exit()
    return (result.status, try result.output.first.flatMap { try SocketValue(json: $0)[0] })
  }

  private func file(_ text: String) throws -> String {
    let file = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID())")
    try Data(text.utf8).write(to: file)
    return file.path
  }

  @Test(arguments: ["", "\n", "\r\n\n"]) func fromAFile(_ end: String) async throws {
    let path = try file(Self.token + end)
    defer { try? FileManager.default.removeItem(atPath: path) }
    #expect(try await handshake("--auth", "@\(path)").value?["auth"] == ["token": "abcd"])
  }

  @Test func fromStandardInput() async throws {
    #expect(try await handshake("--auth", "-", input: [Self.token]).value?["auth"] == ["token": "abcd"])
    #expect(try await handshake("--auth", "@/dev/stdin", input: [Self.token]).value?["auth"] == ["token": "abcd"])
    #expect(try await handshake("--auth", "-", input: ["{SECRET"]).status == 2)
  }

  @Test func fromTheEnvironmentUnlessAFlagIsSet() async throws {
    let (right, wrong) = (["SIO_AUTH=\(Self.token)"], ["SIO_AUTH={\"token\":\"wrong\"}"])
    #expect(try await handshake(environment: right).value?["auth"] == ["token": "abcd"])
    #expect(try await handshake(environment: wrong).status == 1)
    #expect(try await handshake(environment: ["SIO_AUTH="]).status == 1)
    #expect(try await handshake("--auth", Self.token, environment: wrong).value?["auth"] == ["token": "abcd"])
    #expect(try await handshake("--options", "{\"auth\":\(Self.token)}", environment: wrong).status == 0)
    #expect(try await handshake("--options", #"{"auth":null}"#, environment: right).status == 1)
  }

  @Test(arguments: ["SECRET", "[1]", " "]) func anUnusableVariable(_ text: String) async throws {
    let result = try await SioProcess.run("emit", "http://a", "e", environment: ["SIO_AUTH=\(text)"])
    #expect(result.status == 2)
    #expect(
      result.errors.count == 1 && result.errors[0].hasPrefix("sio: SIO_AUTH: ") && !result.errors[0].contains("SECRET"))
  }

  @Test func headersAndOptionsFromFiles() async throws {
    let headers = try file("Authorization: Bearer abcd\r\n\nX-Two:2\n")
    let options = try file("{\"auth\":\(Self.token),\"query\":{\"key\":\"k\"}}\n")
    defer { for path in [headers, options] { try? FileManager.default.removeItem(atPath: path) } }
    let handshake = try await handshake("--header", "@\(headers)", "--header", "X-One: @1", "--options", "@\(options)")
      .value
    #expect(handshake?["headers"]?["authorization"] == "Bearer abcd")
    #expect(handshake?["headers"]?["x-two"] == "2" && handshake?["headers"]?["x-one"] == "@1")
    #expect(handshake?["query"]?["key"] == "k" && handshake?["auth"] == ["token": "abcd"])
  }

  @Test func anErrorInAFileOfHeadersNamesTheLine() async throws {
    let headers = try file("X-One: 1\n\nAuthorization SECRET\n")
    defer { try? FileManager.default.removeItem(atPath: headers) }
    let result = try await SioProcess.run("emit", "http://a", "e", "--header", "@\(headers)")
    #expect(result.status == 2)
    #expect(result.errors == ["sio: --header: line 3 of the file \(headers): it is not NAME: VALUE"])
  }
}
