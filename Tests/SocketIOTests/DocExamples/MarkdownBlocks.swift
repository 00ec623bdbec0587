import Foundation

/// This project's files, found relative to this file.
enum ProjectFiles {
  static let root = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  static func text(_ path: String) throws -> String {
    try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
  }

  /// The paths of the files in a folder that end in `suffix`, in order.
  static func list(_ folder: String, endingIn suffix: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: root.appendingPathComponent(folder).path)
      .filter { $0.hasSuffix(suffix) }.sorted().map { "\(folder)/\($0)" }
  }
}

/// One block of code of a Markdown file.
struct MarkdownBlock: CustomStringConvertible {
  var file: String
  /// The number of the line with the opening fence, from 1.
  var line: Int
  /// The lines, unchanged.
  var lines: [String] = []

  /// Without indentation, empty lines and imports.
  var code: [String] { lines.compactMap(Self.comparable) }

  var description: String { "\(file):\(line)" }

  static func all(_ language: String, in file: String) throws -> [MarkdownBlock] {
    all(language, in: try ProjectFiles.text(file), of: file)
  }

  static func all(_ language: String, in text: String, of file: String) -> [MarkdownBlock] {
    var blocks: [MarkdownBlock] = []
    var current: MarkdownBlock?
    for (index, line) in text.components(separatedBy: "\n").enumerated() {
      let trimmed = line.trimmingCharacters(in: .whitespaces)
      if let block = current {
        if trimmed == "```" {
          blocks.append(block)
          current = nil
        } else {
          current?.lines.append(line)
        }
      } else if trimmed == "```\(language)" {
        current = MarkdownBlock(file: file, line: index + 1)
      }
    }
    return blocks
  }

  /// A line of code in the form used for comparison; nil for a line that is ignored.
  static func comparable(_ line: String) -> String? {
    let code = line.trimmingCharacters(in: .whitespaces)
    return code.isEmpty || code.hasPrefix("import ") ? nil : code
  }
}

/// Compiled code, to be searched for blocks.
struct ExampleSource {
  private let lines: [String]

  init(_ texts: [String]) {
    lines = texts.flatMap { $0.components(separatedBy: "\n") }.compactMap(MarkdownBlock.comparable)
  }

  /// Whether the code contains the block, line by line.
  func contains(_ code: [String]) -> Bool {
    guard let first = code.first else { return false }
    return lines.indices.contains { start in
      lines[start] == first && lines[start...].prefix(code.count).elementsEqual(code)
    }
  }
}
