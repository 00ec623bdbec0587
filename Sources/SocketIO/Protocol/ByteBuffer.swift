/// Bytes that are written one after the other, in memory that grows.
///
/// An array would have to ask with each byte whether it is its memory's only owner, and memory for an unsafe pointer comes from
/// `posix_memalign`, which keeps no small blocks at hand for the thread.
struct ByteBuffer: ~Copyable {
  private var memory: ManagedBuffer<Void, UInt8>
  private var capacity: Int
  private(set) var count = 0

  init(capacity: Int) {
    memory = .create(minimumCapacity: capacity) { _ in }
    self.capacity = capacity
  }

  /// Calls the body on what was written so far.
  @inline(__always)
  func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    memory.withUnsafeMutablePointerToElements { body(UnsafeRawBufferPointer(start: $0, count: count)) }
  }

  @inline(__always)
  mutating func append(_ byte: UInt8) {
    reserve(1)
    memory.withUnsafeMutablePointerToElements { $0[count] = byte }
    count &+= 1
  }

  @inline(__always)
  mutating func append(_ bytes: UnsafeRawBufferPointer) {
    guard let source = bytes.baseAddress else { return }
    reserve(bytes.count)
    memory.withUnsafeMutablePointerToElements {
      UnsafeMutableRawPointer($0 + count).copyMemory(from: source, byteCount: bytes.count)
    }
    count &+= bytes.count
  }

  mutating func append(_ text: StaticString) {
    append(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  mutating func append(contentsOf bytes: some Sequence<UInt8>) {
    for byte in bytes { append(byte) }
  }

  @inline(__always)
  private mutating func reserve(_ more: Int) {
    if more > capacity &- count { grow(more) }
  }

  @inline(never)
  private mutating func grow(_ more: Int) {
    var larger = ByteBuffer(capacity: max(2 * capacity, count + more))
    withBytes { larger.append($0) }
    self = larger
  }
}
