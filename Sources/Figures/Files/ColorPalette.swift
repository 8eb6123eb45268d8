/// At most 256 colours that stand for all of a picture's, and which of them each pixel has.
struct ColorPalette {
  static let size = 256

  /// 0x00RRGGBB.
  private(set) var colors: [UInt32] = []
  /// [height, width], without gaps.
  private(set) var indices: [UInt32] = []

  /// A colour with the number of pixels that have it, and its weight, the number's root: paper counts for less than it
  /// covers, and the narrow keys to colours for more.
  private struct Entry {
    let color: UInt32
    let pixels: Int
    let weight: Double
  }

  /// A set of colours near each other.
  private struct Box {
    let entries: [Entry]
    /// Where a cut leaves the least error: the channel with the largest squared distance from its mean, and that mean.
    private(set) var (error, shift, mean) = (0.0, UInt32(0), 0.0)

    init(_ entries: [Entry]) {
      self.entries = entries
      for shift in [UInt32(0), 8, 16] {
        let mean = self.mean(shift)
        let error = entries.reduce(0) { sum, entry in
          let distance = ColorPalette.channel(entry.color, shift) - mean
          return sum + entry.weight * distance * distance
        }
        if error > self.error { (self.error, self.shift, self.mean) = (error, shift, mean) }
      }
    }

    private func mean(_ shift: UInt32) -> Double {
      let sum = entries.reduce(0) { $0 + $1.weight * ColorPalette.channel($1.color, shift) }
      return sum / entries.reduce(0) { $0 + $1.weight }
    }

    /// The mean; paper and ink, which most pixels of their boxes have, stay as they are.
    var color: UInt32 {
      let pixels = entries.reduce(0) { $0 + $1.pixels }
      if let most = entries.first(where: { $0.pixels > pixels / 2 }) { return most.color }
      return [UInt32(0), 8, 16].reduce(0) { $0 | UInt32(mean($1).rounded()) << $1 }
    }
  }

  private static func channel(_ color: UInt32, _ shift: UInt32) -> Double { Double(color >> shift & 255) }

  /// Divides the colours, as Heckbert 1982 does, into boxes, of which each time the one with the largest error is cut, at the
  /// mean of a channel (Wan, Wong and Prusinkiewicz 1988).
  init(pixels: UnsafePointer<UInt32>, width: Int, height: Int, stride: Int) {
    var counts: [UInt32: Int] = [:]
    func forEachRun(_ body: (UInt32, Int) -> Void) {
      for y in 0..<height {
        let row = pixels + y * stride
        var start = 0
        for x in 1...width where x == width || (row[x] ^ row[start]) & 0xFFFFFF != 0 {
          body(row[start] & 0xFFFFFF, x - start)
          start = x
        }
      }
    }
    forEachRun { counts[$0, default: 0] += $1 }
    // Sorted, so that the same picture has the same palette.
    let entries = counts.sorted { $0.key < $1.key }.map {
      Entry(color: $0.key, pixels: $0.value, weight: Double($0.value).squareRoot())
    }
    var boxes = [Box(entries)]
    // Two colours in a box leave an error of half at least; less is of rounding.
    while boxes.count < Self.size, let widest = boxes.indices.max(by: { boxes[$0].error < boxes[$1].error }),
      boxes[widest].error > 0.25
    {
      let box = boxes[widest]
      boxes[widest] = Box(box.entries.filter { Self.channel($0.color, box.shift) <= box.mean })
      boxes.append(Box(box.entries.filter { Self.channel($0.color, box.shift) > box.mean }))
    }
    colors = boxes.map(\.color)
    var places: [UInt32: UInt32] = [:]
    for (place, box) in boxes.enumerated() {
      for entry in box.entries { places[entry.color] = UInt32(place) }
    }
    indices.reserveCapacity(width * height)
    forEachRun { color, count in indices.append(contentsOf: repeatElement(places[color]!, count: count)) }
  }
}
