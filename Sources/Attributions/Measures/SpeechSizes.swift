import Models
import Tensors

/// The sizes of an attribution's cells while there is speech, [rows, frames]: the sums over each cell's absolute values. Cells of
/// padding, which all clips share, are left out.
struct SpeechSizes {
  let rows: [[Double]]
  private let ranking: Ranking

  init(_ rows: [[Double]]) {
    self.rows = rows
    ranking = Ranking(rows.flatMap(\.self))
  }

  /// - Parameter values: Attributions of the shape of the clip's input at `space`.
  init(_ values: Tensor, of clip: Clip, at space: InputSpace) {
    let cells = Cells(of: clip, at: space)
    let sizes = cells.sizes(values)
    let frames = cells.speechFrames(of: clip)
    self.init((0..<cells.rows).map { Array(sizes[($0 * cells.frames)...].prefix(frames)) })
  }

  var frames: Int { rows[0].count }

  /// Up to so many frames.
  func first(_ frames: Int) -> Self {
    frames >= self.frames ? self : Self(rows.map { Array($0.prefix(frames)) })
  }

  /// Over the frames that both have; nil where one has no ranks there.
  func similarity(to other: Self) -> ClipStability.Similarity? {
    let frames = min(frames, other.frames)
    let (a, b) = (first(frames).ranking, other.first(frames).ranking)
    return a.correlation(with: b).map {
      .init(correlation: $0, overlap: a.overlap(with: b, share: StabilityExaminer.top))
    }
  }
}

extension Cells {
  /// The number of frames of the clip's own sound; the others are padding.
  func speechFrames(of clip: Clip) -> Int {
    min(frames, 1 + clip.sampleCount / clip.model.configuration.frontEnd.hopSamples)
  }
}

extension AttributionMethod {
  /// The sizes of the method's map of a clip.
  /// - Parameter path: The file's path, for errors.
  func speechSizes(
    of clip: Clip, at space: InputSpace, target: Target, path: String
  ) throws(ExplanationError) -> SpeechSizes {
    let found: AttributionResult
    do {
      found = try attribute(clip, at: space, target: target)
    } catch {
      throw .method(path: path, error)
    }
    guard found.values.isFinite else { throw .notFinite(path: "\(path): \(name)", space: space) }
    return SpeechSizes(found.values, of: clip, at: space)
  }
}
