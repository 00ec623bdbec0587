import Foundation
import SocketIO
import SocketIOTesting
import Testing

@testable import sio

/// Saved servers.
@Suite struct ContextTests {
  /// A folder for the files of one test.
  private final class Folder {
    let path = FileManager.default.temporaryDirectory.appendingPathComponent("\(UUID())").path
    var environment: [String] { ["XDG_CONFIG_HOME=\(path)"] }
    var file: String { "\(path)/sio/contexts.json" }

    init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }
    deinit { try? FileManager.default.removeItem(atPath: path) }

    func run(_ arguments: String...) async throws -> (status: Int32, output: [String], errors: [String]) {
      let sio = try SioProcess(arguments, environment: environment)
      sio.endInput()
      return try await sio.exit()
    }

    func contexts() throws -> SocketValue { try SocketValue(json: String(contentsOfFile: file, encoding: .utf8)) }
  }

  @Test func aContextIsAddedListedUsedAndRemoved() async throws {
    let server = try Server.testServer.start()
    let folder = try Folder()
    let credentials = "\(folder.path)/auth.json"
    try #"{"token":"abcd"}"#.write(toFile: credentials, atomically: true, encoding: .utf8)
    let added = try await folder.run(
      "context", "add", "live", server.url + "/admin", "--auth", "@\(credentials)", "--transports", "websocket",
      "-H", "X-Room: 1", "--query", "a=1", "--query", "c=1", "--options", #"{"retries":1}"#)
    #expect(added.status == 0 && added.output == [] && added.errors == [])
    #expect(try await folder.run("context", "add", "b", "localhost:3000").status == 0)
    #expect(
      try await folder.run("context", "list").output == ["live  \(server.url)/admin", "b     http://localhost:3000"])
    #expect(
      try folder.contexts()["live"] == [
        "url": .string(server.url + "/admin"), "auth": .string("@\(credentials)"), "transports": ["websocket"],
        "query": ["a": "1", "c": "1"], "headers": ["X-Room: 1"], "options": ["retries": 1],
      ])
    let shown = try await folder.run("context", "show", "b")
    #expect(shown.output == ["{", #"  "url": "http://localhost:3000""#, "}"])

    let result = try await folder.run(
      "emit", "@live", "get-handshake", "--query", "a=2", "--query", "b=2", "-H", "x-room: 2")
    #expect(result.errors == [])
    let handshake = try SocketValue(json: result.output.first ?? "")[0]
    #expect(handshake?["auth"] == ["token": "abcd"] && handshake?["transport"] == "websocket")
    #expect(handshake?["query"]?["a"] == "2" && handshake?["query"]?["b"] == "2")
    #expect(handshake?["query"]?["c"] == "1" && handshake?["headers"]?["x-room"] == "2")

    #expect(try await folder.run("context", "remove", "live").status == 0)
    #expect(try folder.contexts().objectValue?.keys == ["b"])
    let gone = try await folder.run("emit", "@live", "e")
    #expect(gone.status == 2)
    #expect(gone.errors == ["sio: there is no context live: sio context list shows those that exist"])
  }

  @Test func onlyTheOwnerReadsTheFile() async throws {
    let folder = try Folder()
    #expect(try await folder.run("context", "add", "a", "http://a").status == 0)
    for (path, mode) in [(folder.file, 0o600), ((folder.file as NSString).deletingLastPathComponent, 0o700)] {
      let attributes = try FileManager.default.attributesOfItem(atPath: path)
      #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == mode, "\(path)")
    }
  }

  @Test func aContextIsOnlyReplacedOnRequest() async throws {
    let folder = try Folder()
    #expect(try await folder.run("context", "add", "a", "http://a").status == 0)
    let refused = try await folder.run("context", "add", "a", "http://b")
    #expect(refused.status == 2 && refused.errors == ["sio: there already is a context a: replace it with --replace"])
    #expect(try await folder.run("context", "add", "a", "http://b", "--replace").status == 0)
    #expect(try folder.contexts() == ["a": ["url": "http://b"]])
  }

  static let secrets = [
    ["http://u:SECRET@a"], ["http://a?token=SECRET"], ["http://a", "--auth", #"{"token":"SECRET"}"#],
    ["http://a", "-H", "Authorization: Bearer SECRET"], ["http://a", "--header", "X-Api-Key: SECRET"],
    ["http://a", "--query", "token=SECRET"], ["http://a", "--options", #"{"auth":{"id":"SECRET"}}"#],
    ["http://a", "--options", #"{"agent":{"proxy":"http://u:SECRET@p:1"}}"#],
    ["http://a", "--options", #"{"extraHeaders":{"Cookie":"SECRET"}}"#],
  ]

  @Test(arguments: secrets) func secretsAreOnlyStoredOnRequest(_ arguments: [String]) async throws {
    let folder = try Folder()
    func add(_ flags: String...) async throws -> (status: Int32, output: [String], errors: [String]) {
      let sio = try SioProcess(["context", "add", "a"] + arguments + flags, environment: folder.environment)
      return try await sio.exit()
    }
    let refused = try await add()
    #expect(refused.status == 2)
    #expect(refused.errors.count == 1 && refused.errors[0].contains("--store-secrets"), "\(refused.errors)")
    #expect(!refused.errors.joined().contains("SECRET"))
    #expect(!FileManager.default.fileExists(atPath: folder.file))
    #expect(try await add("--store-secrets").status == 0)
    #expect(try folder.contexts().json.contains("SECRET"))
  }

  @Test func whatIsNoSecretIsStored() async throws {
    let folder = try Folder()
    try "Authorization: SECRET\n".write(toFile: "\(folder.path)/headers", atomically: true, encoding: .utf8)
    let added = try await folder.run(
      "context", "add", "a", "a:1", "--auth", "env:TOKEN", "-H", "@\(folder.path)/headers", "-H", "X-Author: a",
      "--options", #"{"withCredentials":true,"query":{"room":"a@b"}}"#)
    #expect(added.errors == [])
    let context = try folder.contexts()["a"]
    #expect(
      context?["auth"] == "env:TOKEN" && context?["headers"] == [.string("@\(folder.path)/headers"), "X-Author: a"])
  }

  @Test func secretMembers() {
    #expect(Secrets.secretMember(of: ["key": ["$file": "/key"], "cert": "x", "auth": nil]) == nil)
    #expect(Secrets.secretMember(of: ["key": "x"]) == "key")
    #expect(Secrets.secretMember(of: ["a": ["b": ["passphrase": "x"]]]) == "passphrase")
    #expect(Secrets.secretMember(of: ["agent": ["proxy": "http://u:p@h:1"]]) == "proxy")
    #expect(Secrets.secretMember(of: ["agent": ["proxy": "http://h:1/@"]]) == nil)
  }

  @Test func credentialsFromAVariable() async throws {
    let server = try Server.testServer.start()
    func emit(_ environment: [String]) async throws -> (status: Int32, output: [String], errors: [String]) {
      let arguments = ["emit", server.url + "/admin", "echo", "1", "--auth", "env:SIO_TEST_TOKEN"]
      return try await SioProcess(arguments, environment: environment).exit()
    }
    #expect(try await emit([#"SIO_TEST_TOKEN={"token":"abcd"}"#]).output == ["[1]"])
    let missing = try await emit([])
    #expect(missing.status == 2)
    #expect(missing.errors == ["sio: --auth: the environment variable SIO_TEST_TOKEN is not set"])
  }

  static let unusable = [
    ["add", "a b", "http://a"], ["add", "", "http://a"], ["add", "a"], ["add", "a", "@b"], ["add", "a", "smoke://a"],
    ["add", "a", "http://a", "--auth", "-"], ["add", "a", "http://a", "--cert", "/nowhere"],
    ["add", "a", "http://a", "--options", #"{"smoke":1}"#], ["show", "x"], ["remove", "x"], ["show"],
  ]

  @Test(arguments: unusable) func unusableArguments(_ arguments: [String]) async throws {
    let folder = try Folder()
    let result = try await SioProcess(["context"] + arguments, environment: folder.environment).exit()
    #expect(result.status == 2 && result.output == [])
    #expect(result.errors.count == 1 && result.errors[0].hasPrefix("sio: "), "\(result.errors)")
    #expect(!FileManager.default.fileExists(atPath: folder.file))
  }

  @Test(arguments: [
    ("[]", "is not a JSON object"), ("{", "is not JSON"), (#"{"a":1}"#, "context a in"),
    (#"{"a":{}}"#, #"the field "url" is missing"#), (#"{"a":{"url":"http://a","smoke":1}}"#, #"no field "smoke""#),
    (#"{"a":{"url":"http://a","transports":"x"}}"#, "transports must be an array"),
    (#"{"a":{"url":"http://a","auth":[1]}}"#, "auth must be"),
    (#"{"a":{"url":"http://a","auth":"@/nowhere"}}"#, "context a: auth: the file /nowhere cannot be read"),
  ])
  func aBadFile(_ text: String, _ message: String) async throws {
    let folder = try Folder()
    try FileManager.default.createDirectory(atPath: folder.path + "/sio", withIntermediateDirectories: true)
    try text.write(toFile: folder.file, atomically: true, encoding: .utf8)
    let result = try await folder.run("emit", "@a", "e")
    #expect(result.status == 2)
    #expect(result.errors.count == 1 && result.errors[0].contains(message), "\(result.errors)")
  }

  // MARK: Parts

  @Test func everyFieldIsReadAndWritten() throws {
    let value: SocketValue = [
      "url": "http://a", "auth": "@/a", "transports": ["websocket"], "parser": "msgpack", "path": "/p/",
      "query": ["a": "1"], "headers": ["X-One: 1", "@/h"], "ca": "/ca", "cert": "/cert", "key": "/key",
      "insecure": true, "options": ["retries": 1],
    ]
    let context = try Context(name: "a", value)
    #expect(try context.value(directory: "/x") == value)
    #expect(context.settings.parser == .msgpack && context.settings.insecure)
  }

  @Test func relativePathsAreCompleted() throws {
    let value: SocketValue = ["url": "http://a", "auth": "@a", "headers": ["@h"], "ca": "c", "options": "@o"]
    #expect(
      try Context(name: "a", value).value(directory: "/x")
        == ["url": "http://a", "auth": "@/x/a", "headers": ["@/x/h"], "ca": "/x/c", "options": "@/x/o"])
  }

  @Test func pathsInOptionsAreCompleted() throws {
    func context(_ options: SocketValue) throws -> SocketValue {
      try Context(name: "a", ["url": "http://a", "options": options]).value(directory: "/x")["options"] ?? nil
    }
    #expect(
      try context([
        "ca": [["$file": "a"], ["$file": "/b"], "pem"], "cert": ["$file": "c/d"], "key": "pem", "pfx": ["$file": "p"],
        "query": ["a": ["$file": "q"]], "transportOptions": ["polling": ["ca": ["$file": "t"], "forceBase64": true]],
      ]) == [
        "ca": [["$file": "/x/a"], ["$file": "/b"], "pem"], "cert": ["$file": "/x/c/d"], "key": "pem",
        "pfx": ["$file": "/x/p"], "query": ["a": ["$file": "q"]],
        "transportOptions": ["polling": ["ca": ["$file": "/x/t"], "forceBase64": true]],
      ])
  }

  @Test func addresses() {
    #expect(ServerAddress.url("localhost:3000") == "http://localhost:3000")
    #expect(ServerAddress.url("[::1]:3000/a") == "http://[::1]:3000/a")
    #expect(ServerAddress.url("https://a") == "https://a")
    #expect(ServerAddress.url("a:1/?next=http://x") == "http://a:1/?next=http://x")
    #expect(ServerAddress.url("a/://b") == "http://a/://b")
    #expect(ServerAddress.contextName("@live") == "live" && ServerAddress.contextName("u@live") == nil)
  }

  @Test func foldersOfTheUser() {
    #expect(UserFolder.state.path(environment: ["XDG_STATE_HOME": "/s", "HOME": "/h"]) == "/s/sio")
    #expect(UserFolder.state.path(environment: ["XDG_STATE_HOME": "s", "HOME": "/h"]) == "/h/.local/state/sio")
    #expect(UserFolder.configuration.path(environment: ["HOME": "/h"]) == "/h/.config/sio")
    #expect(UserFolder.configuration.path(environment: ["HOME": ""]) == nil)
    #expect(UserFolder.configuration.path(environment: [:]) == nil)
  }

  @Test(arguments: [
    #"login alice hunter2"#, #"say {"password":"x"}"#, "auth abcd", #"x {"apiKey":1}"#, "x access_token=1",
    "join {\"sid\":1}", "x-auth 1",
  ])
  func linesWithSecrets(_ line: String) {
    #expect(Secrets.isSecret(line: line))
    #expect(!HistoryFile.mayHold(line))
  }

  @Test(arguments: ["hello world", #"say {"author":"alice","keyboard":"de"}"#, "monkey 1", "add 1 2 ?"])
  func linesWithoutSecrets(_ line: String) {
    #expect(!Secrets.isSecret(line: line))
    #expect(HistoryFile.mayHold(line))
    #expect(!HistoryFile.mayHold(" " + line))
  }

  @Test func theHistoryFile() throws {
    let folder = try Folder()
    let file = HistoryFile(path: folder.path + "/state/sio/history")
    #expect(try file.read() == History())
    for number in 0..<2 * History.capacity { try file.append("line \(number)") }
    let lines = try file.read().lines
    #expect(lines.count == History.capacity && lines.last == "line 1999")
    let text = try String(contentsOfFile: file.path, encoding: .utf8)
    #expect(text.split(separator: "\n").count == History.capacity)
    let mode = try FileManager.default.attributesOfItem(atPath: file.path)[.posixPermissions] as? NSNumber
    #expect(mode?.intValue == 0o600)
    try file.append("\u{1B}[31m")
    #expect(try file.read().lines.last == "line 1999")
  }
}
