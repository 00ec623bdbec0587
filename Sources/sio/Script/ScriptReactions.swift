/// The commands registered with `when`.
struct ScriptReactions {
  /// A Socket's own events.
  static let socketOccasions = ["connect", "disconnect", "connect_error"]

  static let managerEvents: Set = [
    "open", "error", "close", "ping", "reconnect_attempt", "reconnect", "reconnect_error", "reconnect_failed",
  ]

  static func isOccasion(_ text: String) -> Bool {
    if let event = text.suffix(after: "manager:") { return managerEvents.contains(event) }
    return socketOccasions.contains(text) || text.hasPrefix("event:")
  }

  /// A Socket by its name, or a Manager by its number.
  enum Source: Hashable {
    case socket(String)
    case manager(Int)
  }

  private struct Reaction {
    let commands: [ScriptCommand]
    /// nil: every time.
    var timesLeft: Int?
  }

  private struct Key: Hashable {
    let source: Source
    let occasion: String
  }

  private var reactions: [Key: [Reaction]] = [:]

  mutating func add(_ occasion: String, of source: Source, _ commands: [ScriptCommand], times: Int?) {
    let reaction = Reaction(commands: commands, timesLeft: times)
    reactions[Key(source: source, occasion: occasion), default: []].append(reaction)
  }

  /// The commands that are due, in the order of registration. Counts them as run.
  mutating func take(_ occasion: String, of source: Source) -> [ScriptCommand] {
    let key = Key(source: source, occasion: occasion)
    guard let due = reactions[key] else { return [] }
    reactions[key] = due.compactMap { reaction in
      guard let times = reaction.timesLeft else { return reaction }
      return times > 1 ? Reaction(commands: reaction.commands, timesLeft: times - 1) : nil
    }
    return due.flatMap(\.commands)
  }
}

extension String {
  /// What follows the prefix; nil without it.
  fileprivate func suffix(after prefix: String) -> String? {
    hasPrefix(prefix) ? String(dropFirst(prefix.count)) : nil
  }
}
