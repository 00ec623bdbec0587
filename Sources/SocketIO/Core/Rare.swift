/// A value that most connections never change: it takes the room of a reference until it is changed for the first time.
///
/// Copies have values of their own, as those of the value itself do.
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

/// What can be made without being told anything.
protocol MadeEmpty {
  init()
}

extension Statistics: MadeEmpty {}
extension ReadingPauses: MadeEmpty {}
