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
      if storage == nil || !isKnownUniquelyReferenced(&storage) { storage = Storage(wrappedValue) }
      var unused = Value()
      if let storage { yield &storage.value } else { yield &unused }
    }
  }
}

/// What can be made without being told anything.
protocol MadeEmpty {
  init()
}

extension Statistics: MadeEmpty {}
extension EventStatistics: MadeEmpty {}
extension ReadingPauses: MadeEmpty {}
