import AudioFeatures
import Foundation

/// What a model says of a clip along an edit of one kind, in just-noticeable steps from the clip as it is.
public struct ResponseCurve: Sendable, Codable, Equatable {
  /// Rising; 0 is the clip as it is.
  public let steps: [Double]
  /// The probabilities of the classes, then the values of the dimensions, at each step; nil where nothing is left to hear.
  public let outputs: [[Double]?]
  /// The same of the clip changed and changed back; nil at each step where that cannot be done.
  public let back: [[Double]?]
  /// The change of each output a step about the clip as it is: the derivative along the edit, by the steps to both sides, which
  /// are both put together anew where one is; of a kind that only begins, by its first step. Nil where these are silent.
  public let slopes: [Double]?

  /// The steps at which a kind's curve is taken: every one, or of long ranges every second and the first.
  public static func steps(of kind: SoundEdits.Kind) -> [Double] {
    let range = kind.steps
    let stride = range.count > 13 ? 2 : 1
    return range.filter { $0 % stride == 0 || abs($0) == 1 }.map(Double.init)
  }

  init(steps: [Double], outputs: [[Double]?], back: [[Double]?], slopes: [Double]?) {
    (self.steps, self.outputs, self.back, self.slopes) = (steps, outputs, back, slopes)
  }

  /// Whether a saved curve can be one of a kind.
  public func isPossible(_ kind: SoundEdits.Kind, outputs count: Int) -> Bool {
    steps == Self.steps(of: kind) && outputs.count == steps.count && back.count == steps.count
      && (outputs + back + [slopes]).allSatisfy { $0.map { $0.count == count && $0.allSatisfy(\.isFinite) } ?? true }
  }
}

extension EditedClip {
  /// The curve of an edit of one kind.
  /// - Parameter hasControl: Whether the clip is also changed back at each step, which costs as much again.
  public func response(_ kind: SoundEdits.Kind, hasControl: Bool) throws -> ResponseCurve {
    let steps = ResponseCurve.steps(of: kind)
    let edits = steps.map { SoundEdits(steps: [kind: $0]) }
    let outputs = try answers(edits).map { $0?.outputs }
    let sides = [1, kind.steps.lowerBound < 0 ? -1.0 : 0]
    let near = sides.map { side in outputs[steps.firstIndex(of: side)!] }
    let slopes: [Double]? =
      if let above = near[0], let below = near[1] {
        zip(above, below).map { ($0 - $1) / (sides[0] - sides[1]) }
      } else {
        nil
      }
    return ResponseCurve(
      steps: steps, outputs: outputs,
      back: try edits.map { hasControl ? try thereAndBack($0)?.outputs : nil }, slopes: slopes)
  }
}
