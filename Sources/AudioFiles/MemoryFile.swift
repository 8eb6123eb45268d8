import Basics
import CSndFile
import Foundation

/// A file in memory, which libsndfile reads, writes and seeks in. It must live as long as libsndfile has it open.
final class MemoryFile {
  private(set) var bytes: [UInt8] = []
  private var position = 0

  init(_ bytes: [UInt8] = []) { self.bytes = bytes }

  /// libsndfile's file on these bytes; nil where it cannot read them, or write what is asked for.
  func open(_ mode: Int, _ information: inout SF_INFO) -> OpaquePointer? {
    var callbacks = Self.callbacks
    return sf_open_virtual(&callbacks, Int32(mode), &information, Unmanaged.passUnretained(self).toOpaque())
  }

  /// The same in a format that libsndfile has.
  func openKnown(_ mode: Int, _ information: inout SF_INFO) -> OpaquePointer {
    guard let file = open(mode, &information) else {
      fault(
        "libsndfile has no format \(String(information.format, radix: 16)) at \(information.samplerate) Hz: "
          + String(cString: sf_strerror(nil)))
    }
    return file
  }

  private static var callbacks: SF_VIRTUAL_IO {
    SF_VIRTUAL_IO(
      get_filelen: { sf_count_t(MemoryFile.at($0).bytes.count) },
      seek: { offset, origin, place in
        let file = MemoryFile.at(place)
        let start =
          switch origin {
          case SEEK_SET: 0
          case SEEK_CUR: file.position
          default: file.bytes.count
          }
        // A damaged file can ask for any place.
        let (place, overflows) = start.addingReportingOverflow(Int(offset))
        guard !overflows, place >= 0 else { return -1 }
        file.position = place
        return sf_count_t(file.position)
      },
      read: { target, count, place in MemoryFile.at(place).read(into: target!, Int(count)) },
      write: { source, count, place in
        MemoryFile.at(place).write(UnsafeRawBufferPointer(start: source, count: Int(count)))
        return count
      },
      tell: { sf_count_t(MemoryFile.at($0).position) })
  }

  private static func at(_ place: UnsafeMutableRawPointer?) -> MemoryFile {
    Unmanaged<MemoryFile>.fromOpaque(place!).takeUnretainedValue()
  }

  private func read(into target: UnsafeMutableRawPointer, _ count: Int) -> sf_count_t {
    let come = max(0, min(count, bytes.count - position))
    if come > 0 {
      bytes.withUnsafeBytes { target.copyMemory(from: $0.baseAddress! + position, byteCount: come) }
    }
    position += come
    return sf_count_t(come)
  }

  private func write(_ source: UnsafeRawBufferPointer) {
    let end = position + source.count
    if end > bytes.count { bytes.append(contentsOf: repeatElement(0, count: end - bytes.count)) }
    bytes.replaceSubrange(position..<end, with: source)
    position = end
  }
}
