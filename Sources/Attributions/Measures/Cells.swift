import Basics
import Models
import Tensors

/// The parts of an input that measures rank, compare and remove, [rows, frames]: each element of a spectrogram, mel or
/// MFCC; on the waveform, in one row, the samples around each frame's centre. So all spaces have the same frames.
struct Cells {
  let rows, frames: Int
  private let numbers: Int
  /// The number of samples in one cell of the waveform; nil elsewhere.
  private let samples: Int?

  init(of clip: Clip, at space: InputSpace) {
    numbers = clip.shape(at: space).reduce(1, *)
    frames = clip.frames
    switch space {
    case .waveform: (rows, samples) = (1, clip.model.configuration.frontEnd.hopSamples)
    case .spectrogram, .mel, .mfcc: (rows, samples) = (numbers / frames, nil)
    }
  }

  var count: Int { rows * frames }

  /// The range of a cell's elements in the input, in row-major order.
  subscript(cell: Int) -> Range<Int> {
    guard let samples else { return cell..<(cell + 1) }
    let start = cell * samples - samples / 2
    return max(0, start)..<(cell == count - 1 ? numbers : start + samples)
  }

  /// The sum of each cell's values, [cells].
  func sums(_ values: Tensor) -> [Double] {
    values.withFloats { floats in
      (0..<count).map { cell in self[cell].reduce(0.0) { $0 + Double(floats[$1]) } }
    }
  }

  /// The sum of each cell's absolute values, [cells].
  func sizes(_ values: Tensor) -> [Double] { sums(values.absolute()) }
}

/// The value that replaces a removed cell.
public enum RemovalFilling: String, CaseIterable, Sendable {
  /// The clip's silence, which a model knows from padding: zeros, the mel's floor, the MFCC of that floor. The louder a
  /// cell, the more its removal changes.
  case silence
  /// The mean of the cell's row over time; it is fairer to quiet cells.
  case mean
  /// What the cells around it say (``NeighbourImputation``); on the waveform noise like the clip's quietest tenth. Speech has
  /// no silence where there was none.
  case neighbours
}

/// A clip with some of its cells replaced.
struct Replacement {
  let clip: Clip
  let space: InputSpace
  let cells: Cells
  private let input: [Float]
  private let source: Source

  /// Where the values of removed cells are from.
  private enum Source {
    case values([Float])
    case neighbours(NeighbourImputation)
  }

  /// - Parameter seed: Of the noise of ``RemovalFilling/neighbours``.
  init(of clip: Clip, at space: InputSpace, with filling: RemovalFilling = .silence, seed: UInt64 = 0) {
    (self.clip, self.space) = (clip, space)
    cells = Cells(of: clip, at: space)
    input = clip[space].floats
    switch filling {
    case .silence: source = .values(clip.silence(at: space).floats)
    case .mean:
      let mean = clip[space].mean(axes: [clip[space].rank - 1])
      source = .values(mean.broadcast(to: clip.shape(at: space)).floats)
    case .neighbours where space == .waveform:
      var generator = SeededGenerator(seed: seed)
      source = .values(UnitFilling.floor.samples(for: clip, units: [], using: &generator))
    case .neighbours:
      source = .neighbours(NeighbourImputation(input, rows: cells.rows, columns: cells.frames, seed: seed))
    }
  }

  /// Inputs [removed, …], each without the cells of one list.
  func inputs(without removed: some Collection<some Sequence<Int>>) -> Tensor {
    let shape = [removed.count] + clip.shape(at: space).dropFirst()
    switch source {
    case .values(let replacing):
      var floats: [Float] = []
      floats.reserveCapacity(removed.count * input.count)
      for list in removed {
        let start = floats.count
        floats += input
        for cell in list {
          for place in cells[cell] { floats[start + place] = replacing[place] }
        }
      }
      return Tensor(floats, shape: shape)
    case .neighbours(let imputation):
      let masks = removed.map { list in
        var mask = [Bool](repeating: false, count: cells.count)
        for cell in list { mask[cell] = true }
        return mask
      }
      return Tensor(concurrentMap(count: masks.count) { imputation.filled(masks[$0]) }.flatMap { $0 }, shape: shape)
    }
  }
}
