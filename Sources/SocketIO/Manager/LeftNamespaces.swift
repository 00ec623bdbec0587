/// The namespaces that were left on a connection and not joined again, each with its DISCONNECT.
///
/// A name is needed until the server has read that DISCONNECT. Older ones are forgotten now and then, so that a program
/// can go from one namespace to the next for ever without using more memory.
struct LeftNamespaces {
  private static let fewest = 2_000

  private var farewells: [String: ReadBarrier.ID] = [:]
  /// The number at which old names are forgotten. It grows with the number kept, so that the cost per entry stays
  /// constant.
  private var limit = Self.fewest

  var count: Int { farewells.count }

  subscript(namespace: String) -> ReadBarrier.ID? {
    get { farewells[namespace] }
    set { farewells[namespace] = newValue }
  }

  /// - Parameter unread: The messages that are or were held and that the server may not have read.
  mutating func forgetIfMany(butFor unread: () -> Set<ReadBarrier.ID>) {
    guard farewells.count > limit else { return }
    let unread = unread()
    farewells = farewells.filter { unread.contains($0.value) }
    limit = max(Self.fewest, 2 * farewells.count)
  }
}
