import Foundation
import Testing

/// The library's layers go one way: the table in docs/design.md says what each folder may use.
@Suite("Layers")
struct LayerTests {
  private static let project = URL(filePath: #filePath).appending(path: "../../../..").standardized
  private static let library = project.appending(path: "Sources/SocketIO")

  /// What each folder may use: folders, modules and single types.
  private static func rules() throws -> [String: Set<String>] {
    let design = try String(contentsOf: project.appending(path: "docs/design.md"), encoding: .utf8)
    let table = design.split(separator: "\n").drop { !$0.hasPrefix("| folder | may use |") }.dropFirst(2)
    var rules: [String: Set<String>] = [:]
    for row in table.prefix(while: { $0.hasPrefix("|") }) {
      let names = row.split(separator: "|").map { cell in
        cell.split(separator: "`", omittingEmptySubsequences: false).enumerated().filter { $0.offset % 2 == 1 }
          .map { String($0.element) }
      }
      for folder in names[0] { rules[folder] = Set(names[1]) }
    }
    return rules
  }

  /// "File names Type of Folder" for each use that the rules do not allow.
  private func violations(_ files: [SwiftSource], _ rules: [String: Set<String>]) -> [String] {
    var folders = ["CSIO": "CSIO"]
    for file in files {
      for type in file.declared { folders[type] = file.folder }
    }
    // What is added to a type of the library comes with that type.
    var members: [String: String] = [:]
    for file in files {
      for (member, type) in file.added where folders[type] == nil { members[member] = file.folder }
    }
    return files.flatMap { file in
      (file.named.sorted().map { ($0, folders[$0]) } + file.used.sorted().map { ($0, members[$0]) })
        .compactMap { name, folder in
          guard let folder, folder != file.folder else { return nil }
          let allowed = rules[file.folder] ?? []
          return allowed.contains(folder) || allowed.contains(name) ? nil : "\(file.path) names \(name) of \(folder)"
        }
    }
  }

  @Test("No folder uses another than the table of docs/design.md says")
  func arrows() throws {
    let files = try SwiftSource.all(in: Self.library)
    let rules = try Self.rules()
    #expect(Set(files.map(\.folder)) == Set(rules.keys))
    #expect(violations(files, rules) == [])
  }

  @Test("Every exception of the table is needed")
  func exceptions() throws {
    let files = try SwiftSource.all(in: Self.library)
    let rules = try Self.rules()
    for (folder, allowed) in rules {
      let types = allowed.filter { rules[$0] == nil }
      let named = files.filter { $0.folder == folder }.reduce(into: Set<String>()) { $0.formUnion($1.named) }
      #expect(types.isSubset(of: named), "\(folder)")
    }
  }

  @Test("An arrow back is found, whatever stands around it")
  func findsArrows() {
    let below = SwiftSource(
      path: "Below/A.swift",
      text: """
        // Socket is only mentioned, and "Above" too.
        import CSIO
        struct Below {
          enum Own {}
          let text = "Above and \\(Interpolated("Above").value)"
          let own: Own, member = Below.Above.self
          let count = 1.added, hidden = own.hidden, other = own.member
        }
        """)
    let above = SwiftSource(
      path: "Above/B.swift",
      text: """
        struct Above { let below: Below }
        enum Interpolated {}
        enum Own {}
        private enum Below {}
        extension Int {
          var added: Int { self }
          private var hidden: Int { self }
        }
        extension Above { var member: Int { 0 } }
        """)
    #expect(above.declared == ["Above", "Interpolated", "Own"])
    #expect(above.added == ["added": "Int", "member": "Above"])
    let expected = [
      "Below/A.swift names CSIO of CSIO", "Below/A.swift names Interpolated of Above",
      "Below/A.swift names added of Above",
    ]
    #expect(violations([below, above], ["Below": [], "Above": ["Below"]]) == expected)
    #expect(violations([below, above], ["Below": ["CSIO", "Interpolated", "added"]]) == [])
  }

  @Test("What is locked is a Locked, whose lock the thread sanitizer understands")
  func locks() throws {
    let files = try SwiftSource.all(in: Self.project.appending(path: "Sources"))
    let direct = files.filter { $0.named.contains("Mutex") }.map(\.path)
    #expect(direct == ["SocketIO/Core/Locked.swift"])
  }

  @Test("No file has more than 400 lines, and no state machine more than 300")
  func sizes() throws {
    for folder in ["Sources", "Tests", "Examples"] {
      for file in try SwiftSource.all(in: Self.project.appending(path: folder)) {
        let limit = file.path.hasSuffix("StateMachine.swift") ? 300 : 400
        #expect(file.lines <= limit, "\(folder)/\(file.path)")
      }
    }
  }
}
