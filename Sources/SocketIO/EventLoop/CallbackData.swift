/// The `data` pointer of C callbacks: the object that Swift gave to the C core.
enum CallbackData {
  /// Takes over the reference that the core holds.
  static func take<Object: AnyObject>(_ data: UnsafeMutableRawPointer?, as _: Object.Type = Object.self) -> Object {
    // Never nil: the core returns the pointer that it was given.
    // swift-format-ignore: NeverForceUnwrap
    Unmanaged<Object>.fromOpaque(data!).takeRetainedValue()
  }

  /// Leaves the reference with the core.
  static func get<Object: AnyObject>(_ data: UnsafeMutableRawPointer?, as _: Object.Type = Object.self) -> Object {
    // swift-format-ignore: NeverForceUnwrap
    Unmanaged<Object>.fromOpaque(data!).takeUnretainedValue()
  }
}
