/// How deep arrays and objects may be nested, in every encoding.
enum DepthLimit {
  /// No limit may exceed this one. Reading, writing, comparing, hashing and destroying values take up to 0.4 KiB of stack
  /// a level, 2.4 KiB in a debug build: at this depth the former fits a secondary thread's stack of 512 KiB.
  static let greatest = 1024
  static let usual = 512
}
