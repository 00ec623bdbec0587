import Testing

@testable import SocketIO

/// docs/releasing.md lists the places that name the version.
@Suite("The version")
struct LibraryVersionTests {
  private static func parts() throws -> [String] {
    let header = try ProjectFiles.text("include/csio/version.h")
    return header.matches(of: /#define CSIO_VERSION_(?:MAJOR|MINOR|PATCH) (\d+)\n/).map { String($0.1) }
  }

  @Test("The library and the C core have the version of include/csio/version.h")
  func libraries() throws {
    let parts = try Self.parts()
    #expect(parts.count == 3)
    #expect(LibraryVersion.number == parts.joined(separator: "."))
    #expect(LibraryVersion.components.hasPrefix("csio/\(LibraryVersion.number) "))
  }

  /// The versions of the changelog, the newest first, and whether they are released.
  private static func entries() throws -> [(version: String, isReleased: Bool)] {
    try ProjectFiles.text("CHANGELOG.md").matches(of: /\n## \[(.+)\] – (.+)/).map {
      (String($0.1), $0.2 != "unreleased")
    }
  }

  @Test("The newest entry of the changelog is that version, and only that may be unreleased")
  func changelog() throws {
    let entries = try Self.entries()
    #expect(entries.first?.version == LibraryVersion.number)
    #expect(entries.dropFirst().allSatisfy { $0.isReleased })
  }

  @Test("The README says that there is no release until there is one")
  func firstRelease() throws {
    let saysSo = try ProjectFiles.text("README.md").contains("is not released yet")
    let isReleased = try Self.entries().contains { $0.isReleased }
    #expect(saysSo != isReleased)
  }

  @Test(
    "A dependency in the documentation is on the newest released version, or the first one",
    arguments: ["README.md"] + ["GettingStarted", "Observability"].map { "Sources/SocketIO/SocketIO.docc/\($0).md" }
      + ["Bridge", "Chat", "Robot"].map { "Examples/swift/\($0)/Package.swift" })
  func documentation(_ document: String) throws {
    let text = try ProjectFiles.text(document)
    let versions = text.matches(of: /\.package\(url: "…[^"]*", from: "([^"]+)"/).map { String($0.1) }
    #expect(!versions.isEmpty)
    let newest = try Self.entries().first { $0.isReleased }?.version ?? LibraryVersion.number
    #expect(versions.allSatisfy { $0 == newest }, "\(versions)")
  }

  @Test("The README's badge and text name the oldest Swift that Package.swift allows")
  func swift() throws {
    let package = try ProjectFiles.text("Package.swift")
    let tools = try #require(package.firstMatch(of: /swift-tools-version: (\d+\.\d+)/)?.1)
    let readme = try ProjectFiles.text("README.md")
    #expect(readme.contains("/badge/Swift-\(tools)%20or%20newer-"))
    #expect(readme.contains("It needs Swift \(tools) or newer"))
  }
}
