import ArgumentParser
import SocketIO

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// `sio context`: saved servers.
struct ContextCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "context",
    abstract: "Save servers with their flags under names.",
    discussion: """
      Wherever a command takes a server, @NAME stands for a saved one. Flags on the command line are added to the \
      saved ones, and take precedence. Contexts are in sio/contexts.json in $XDG_CONFIG_HOME, by default ~/.config; \
      only you can read the file.

      EXAMPLES:
        sio context add local localhost:3000 --transports websocket
        sio context add live https://example.com/admin --auth @token.json
        sio connect @live
        sio context list
      """,
    subcommands: [Add.self, List.self, Show.self, Remove.self]
  )

  /// What shells complete.
  static var names: CompletionKind { .shellCommand("sio context list 2>/dev/null | sed 's/ .*//'") }
  static var references: CompletionKind { .shellCommand("sio context list 2>/dev/null | sed 's/ .*//; s/^/@/'") }

  struct Add: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Save a server and the flags to connect with.",
      usage: "sio context add <name> <server> [flags]",
      discussion: """
        Secrets are saved by reference: --auth @FILE or env:NAME, --header @FILE, --options @FILE. Paths are saved in \
        full. Credentials, and headers, query parameters and options whose names tell that they are secret, are \
        refused as text, unless --store-secrets allows it.

        EXAMPLES:
          sio context add live https://example.com/admin --auth env:TOKEN_JSON
          sio context add test localhost:3000 --ca ca.pem -H @headers
        """)

    @Argument(help: "The name: letters, digits, and the characters - _ .")
    var name: String

    @OptionGroup var server: ServerFlags

    @Flag(help: "Replace a context of that name.")
    var replace = false

    @Flag(help: "Save secrets as text, in a file that only you can read.")
    var storeSecrets = false

    func run() throws {
      guard Context.isUsable(name: name) else {
        throw ValidationError("the name of a context consists of letters, digits, and the characters - _ .")
      }
      let context = try context()
      if !storeSecrets, let secret = try context.secret() {
        throw ValidationError(
          """
          \(secret) would be saved as text: use @FILE (or, for --auth, env:NAME), or allow it with --store-secrets
          """)
      }
      let file = try ContextFile.usual()
      var contexts = try file.read()
      guard replace || contexts[name] == nil else {
        throw ValidationError("there already is a context \(name): replace it with --replace")
      }
      contexts[name] = try context.value(directory: FileManager.default.currentDirectoryPath)
      try file.write(contexts)
    }

    /// The context, whose settings have been tried.
    private func context() throws -> Context {
      if ServerAddress.contextName(server.address) != nil {
        throw ValidationError("a context needs the address of a server, not another context")
      }
      let context = Context(name: name, url: ServerAddress.url(server.address), settings: server.settings)
      if context.settings.auth?.isStandardInput == true {
        throw ValidationError("standard input cannot be saved: use --auth @FILE or env:NAME")
      }
      var options = SocketIOOptions()
      options.autoConnect = false
      // What a variable holds matters where the context is used.
      var settings = context.settings
      if settings.auth?.isLiteral == false { settings.auth = nil }
      try settings.apply(to: &options)
      _ = try io(context.url, options: options)
      return context
    }
  }

  struct List: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Print the names of all contexts, with their servers.")

    func run() throws {
      let contexts = try ContextFile.usual().read()
      let width = contexts.keys.map(\.count).max() ?? 0
      for (name, value) in contexts {
        let padding = String(repeating: " ", count: width - name.count + 2)
        StandardOutput.write((name + padding + (value["url"]?.stringValue ?? "")).escapingControls)
      }
    }
  }

  struct Show: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Print a context as JSON, as it is saved: with the secrets that --store-secrets has allowed.")

    @Argument(help: "The name of the context.", completion: ContextCommand.names)
    var name: String

    func run() throws {
      let text = ValueText(isPretty: true).text(try ContextFile.usual().value(name))
      StandardOutput.write(text)
    }
  }

  struct Remove: ParsableCommand {
    static let configuration = CommandConfiguration(abstract: "Remove a context.")

    @Argument(help: "The name of the context.", completion: ContextCommand.names)
    var name: String

    func run() throws {
      let file = try ContextFile.usual()
      _ = try file.value(name)
      var contexts = try file.read()
      contexts.removeValue(forKey: name)
      try file.write(contexts)
    }
  }
}
