/// A value that most connections never change. Until its first change it takes only the room of a reference.
///
/// It has value semantics.
@propertyWrapper
struct Rare<Value: MadeEmpty> {
  private final class Storage {
    var value: Value
    init(_ value: Value) { self.value = value }
  }

  private var storage: Storage?

  var wrappedValue: Value {
    get { storage?.value ?? Value() }
    _modify {
      let storage = ownStorage()
      yield &storage.value
    }
  }

  private mutating func ownStorage() -> Storage {
    if isKnownUniquelyReferenced(&storage), let storage { return storage }
    let own = Storage(wrappedValue)
    storage = own
    return own
  }
}

/// A type with an initialiser without parameters.
protocol MadeEmpty {
  init()
}

extension ManagerStatistics: MadeEmpty {}
