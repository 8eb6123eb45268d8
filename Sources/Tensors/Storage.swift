import Basics
import Kernels

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Floats of a tensor: on a 64-byte boundary, or in a mapped file. They change only where a single tensor holds them.
final class Storage {
  let pointer: UnsafeMutablePointer<Float>
  let count: Int
  /// The capacity of the pooled buffer; 0 where the floats belong to `file`.
  private let capacity: Int
  private let file: FileBytes?

  /// Whether the floats are in a buffer of this process, not in a file.
  var isOwn: Bool { file == nil }

  /// The floats of a weight as products read them again.
  private var kept: (order: [Int], storage: Storage)?

  init(count: Int) {
    self.count = count
    file = nil
    capacity = BufferPool.capacity(for: count)
    pointer = BufferPool.shared.take(capacity)
  }

  /// Floats in a mapped file, which is kept as long as they are. Writing to them changes this process's pages only.
  init(in file: FileBytes, at offset: Int, count: Int) {
    (self.file, self.count, capacity) = (file, count, 0)
    pointer = (file.start + offset).bindMemory(to: Float.self, capacity: count)
  }

  /// The floats rounded to bfloat16, two in the place of one.
  func narrowed() -> Storage {
    let made = Storage(count: (count + 1) / 2)
    kernel_narrow_bfloat16(pointer, UnsafeMutableRawPointer(made.pointer).assumingMemoryBound(to: UInt16.self), count)
    return made
  }

  /// What was made of the floats of a weight, until they change or another order is asked for. One thread at a time asks, as it
  /// alone uses the weight's network.
  func kept(_ order: [Int], make: () -> Storage) -> Storage {
    if let kept, kept.order == order { return kept.storage }
    let made = make()
    kept = (order, made)
    return made
  }

  /// To be called before the floats change.
  func willChange() { kept = nil }

  deinit {
    if file == nil { BufferPool.shared.give(back: pointer, capacity: capacity) }
  }
}

/// Buffers kept for the next tensor of about the same size: the system would return large ones to the kernel and
/// fault every page in again.
final class BufferPool: Sendable {
  static let shared = BufferPool()

  /// Bytes of a large page. Buffers of at least one ask for such pages: convolutions walk through many rows at a time, and
  /// with small pages the translation of addresses was 5 to 8 % of CNNLSTM's training.
  private static let hugePage = 1 << 21
  /// Buffers above this many bytes in all are freed instead of kept.
  private static let limit = 1 << 31

  private struct State {
    var free: [Int: [UInt]] = [:]  // capacity to addresses
    var bytes = 0
  }
  private let state = Locked(State())

  /// Sizes come in steps of an eighth of a power of two, so that neighbouring sizes share buffers.
  static func capacity(for count: Int) -> Int {
    let least = max(count, 64)
    let step = max(16, 1 << (Int.bitWidth - least.leadingZeroBitCount - 4))
    return (least + step - 1) / step * step
  }

  func take(_ capacity: Int) -> UnsafeMutablePointer<Float> {
    let kept: UInt? = state.withLock { state in
      guard let address = state.free[capacity]?.popLast() else { return nil }
      state.bytes -= capacity * 4
      return address
    }
    if let kept { return UnsafeMutablePointer(bitPattern: kept)! }
    let bytes = capacity * 4
    let isLarge = bytes >= Self.hugePage
    var raw: UnsafeMutableRawPointer?
    guard posix_memalign(&raw, isLarge ? Self.hugePage : 64, bytes) == 0, let raw else {
      outOfMemory("a tensor of \(capacity) floats")
    }
    #if os(Linux)
      if isLarge { madvise(raw, bytes, MADV_HUGEPAGE) }
    #endif
    return raw.bindMemory(to: Float.self, capacity: capacity)
  }

  func give(back pointer: UnsafeMutablePointer<Float>, capacity: Int) {
    let address = UInt(bitPattern: pointer)
    let kept = state.withLock { state in
      guard state.bytes + capacity * 4 <= Self.limit else { return false }
      state.free[capacity, default: []].append(address)
      state.bytes += capacity * 4
      return true
    }
    if !kept { free(pointer) }
  }
}
