/// What the C core hands back to its callbacks: the object that Swift gave it as `data`.
enum CallbackData {
  /// Gives up the reference that the core held.
  static func take<Object: AnyObject>(_ data: UnsafeMutableRawPointer?, as _: Object.Type = Object.self) -> Object {
    // The core passes on the pointer that it was given, and it was given one.
    // swift-format-ignore: NeverForceUnwrap
    Unmanaged<Object>.fromOpaque(data!).takeRetainedValue()
  }

  /// Leaves the reference with the core.
  static func get<Object: AnyObject>(_ data: UnsafeMutableRawPointer?, as _: Object.Type = Object.self) -> Object {
    // swift-format-ignore: NeverForceUnwrap
    Unmanaged<Object>.fromOpaque(data!).takeUnretainedValue()
  }
}
