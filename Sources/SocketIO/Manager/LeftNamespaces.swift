/// The namespaces that were left on a connection and not joined again, with the DISCONNECT of each.
///
/// A name is of use until the server has read that DISCONNECT. Now and then those beyond that are forgotten, so that a
/// program that goes from one namespace to the next can do so for ever.
struct LeftNamespaces {
  private static let fewest = 2_000

  private var farewells: [String: ReadBarrier.ID] = [:]
  /// How many there are when it is time to forget. It grows with those that were kept, so that an entry costs the same.
  private var limit = Self.fewest

  var count: Int { farewells.count }

  subscript(namespace: String) -> ReadBarrier.ID? {
    get { farewells[namespace] }
    set { farewells[namespace] = newValue }
  }

  /// - Parameter unread: The messages that were held and that the server is not known to have read.
  mutating func forgetIfMany(butFor unread: () -> Set<ReadBarrier.ID>) {
    guard farewells.count > limit else { return }
    let unread = unread()
    farewells = farewells.filter { unread.contains($0.value) }
    limit = max(Self.fewest, 2 * farewells.count)
  }
}
