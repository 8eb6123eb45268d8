import AudioFeatures
import Foundation
import Models
import Tensors

/// The size of a tile: seconds × Hz.
public struct TileSize: Equatable, Sendable {
  public var seconds, hertz: Double

  public init(seconds: Double, hertz: Double) { (self.seconds, self.hertz) = (seconds, hertz) }

  /// "0.2 s × 1000 Hz".
  var description: String { "\(seconds.formatted()) s × \(hertz.formatted(.number.grouping(.never))) Hz" }

  /// "0.2x1000", as it is given.
  var text: String {
    "\(seconds.formatted(.number.grouping(.never)))x\(hertz.formatted(.number.grouping(.never)))"
  }

  /// Reads "0.2x1000": seconds × Hz.
  public init?(_ text: String) {
    let parts = text.split(whereSeparator: { "x×".contains($0) }).map { Double($0) }
    guard parts.count == 2, let seconds = parts[0], let hertz = parts[1], seconds > 0, hertz > 0,
      seconds.isFinite, hertz.isFinite
    else { return nil }
    self.init(seconds: seconds, hertz: hertz)
  }
}

/// An input divided into tiles, which are hidden one by one or several at a time.
///
/// On the mel a tile covers the bands whose middles lie in its frequencies. The MFCC's rows are not frequencies: they
/// divide the range up to half the sample rate evenly. On the waveform a tile covers all frequencies.
struct Tiles {
  /// The index of the tile of each element of the input.
  let numbers: [Int]
  let count: Int

  /// - Parameters:
  ///   - rows, columns: The tile's row and column of each row and column of the input; not negative.
  init(rows: [Int], columns: [Int]) {
    let across = (columns.max() ?? 0) + 1
    numbers = rows.flatMap { row in columns.map { row * across + $0 } }
    count = ((rows.max() ?? 0) + 1) * across
  }

  /// - Parameter shift: The part of a tile by which the grid is moved, in time and in frequency.
  init(
    _ size: TileSize, of clip: Clip, at space: InputSpace, shift: (time: Double, frequency: Double) = (0, 0)
  ) {
    let (rows, columns) = Self.places(size, of: clip, at: space)
    self.init(rows: rows.map { Int($0 + shift.frequency) }, columns: columns.map { Int($0 + shift.time) })
  }

  /// The positions of the rows and columns of the clip's input, in tiles from the first.
  static func places(
    _ size: TileSize, of clip: Clip, at space: InputSpace
  ) -> (rows: [Double], columns: [Double]) {
    let frontEnd = clip.model.configuration.frontEnd
    let shape = clip.shape(at: space)
    let column = space == .waveform ? 1 / Double(frontEnd.sampleRate) : frontEnd.hopSeconds
    let frequencies: [Double] =
      switch space {
      case .waveform: [0]
      case .spectrogram: frontEnd.binFrequencies
      case .mel: frontEnd.melCentres
      case .mfcc: (0..<shape[2]).map { Double(frontEnd.sampleRate) / 2 * (Double($0) + 0.5) / Double(shape[2]) }
      }
    return (
      frequencies.map { $0 / size.hertz }, (0..<shape[shape.count - 1]).map { Double($0) * column / size.seconds }
    )
  }

  /// The tiles in which an input differs from its baseline; hiding the others changes nothing.
  func differing(_ input: [Float], from baseline: [Float]) -> [Int] {
    var differs = [Bool](repeating: false, count: count)
    for (place, number) in numbers.enumerated() where input[place] != baseline[place] { differs[number] = true }
    return (0..<count).filter { differs[$0] }
  }

  /// The input, with the baseline in each tile that `hides` marks.
  func hidden(_ input: [Float], behind baseline: [Float], where hides: [Bool]) -> [Float] {
    input.indices.map { hides[numbers[$0]] ? baseline[$0] : input[$0] }
  }
}
