/// The maximum nesting of arrays and objects, in every encoding.
enum DepthLimit {
  /// No limit may exceed this one. Reading, writing, comparing, hashing and destroying values take up to 0.4 KiB of
  /// stack per level (2.4 KiB in a debug build), so at this depth they fit a secondary thread's stack of 512 KiB.
  static let greatest = 1024
  static let usual = 512
}
