import Basics

/// The explanations of one clip by several models, on one grid of the file's seconds: from the first frame that a model uses
/// to the last. Models that trim differently, or cut at different lengths, use different frames of it.
public struct ComparedClip {
  public let path: String
  /// The explanation of each model.
  public let explanations: [Explanation]
  /// The frames of the grid that each model uses.
  public let seen: [Range<Int>]
  /// The attributions of each model on its frames, [mels, seen], the lowest band first.
  public let maps: [[Float]]
  /// The log-mel in dB, [mels, frames], each frame as the first model that uses it has it.
  public let logMel: [Float]
  public let mels, frames: Int
  /// The grid's place in the file, in seconds.
  public let place: ClipPlace

  /// Seconds that at least one model uses.
  public var duration: Double { place.speech.upperBound - place.start }

  /// The part that all models use, in seconds of the file; empty where there is none.
  public var shared: Range<Double> {
    explanations.map(\.used).reduce(place.speech) { $0.clamped(to: $1) }
  }

  /// The part that a model uses, in seconds from the grid's start.
  public func seconds(of model: Int) -> Range<Double> {
    let used = explanations[model].used
    return (used.lowerBound - place.start)..<(used.upperBound - place.start)
  }

  /// Seconds that all models use.
  public var sharedDuration: Double { shared.upperBound - shared.lowerBound }

  /// The value that each model predicts of the explained dimension; nil where a model's target is a class.
  public var targetValues: [Double]? {
    let values = explanations.compactMap { $0.targetValue?.value }
    return values.count == explanations.count ? values : nil
  }

  /// The highest of the models' values less the lowest; nil where a model's target is a class.
  public var difference: Double? { targetValues.map { $0.max()! - $0.min()! } }

  /// What each model predicts: its class, or the value of the explained dimension.
  public var predictions: [String] {
    targetValues?.map { String(format: "%.2f", $0) } ?? explanations.map { $0.classes[$0.predicted] }
  }

  /// Whether all models predict the same class.
  public var areOneMind: Bool { Set(predictions).count == 1 }

  /// The agreement of the attributions of two models on the frames that both use; without values where there are none.
  public func agreement(_ first: Int, _ second: Int) -> Agreement {
    let both = seen[first].clamped(to: seen[second])
    guard !both.isEmpty else { return Agreement([], [], rows: mels, columns: 0, isSigned: explanations[0].isSigned) }
    func cells(_ model: Int) -> [Float] {
      let own = seen[model]
      return (0..<mels).flatMap { row in
        maps[model][(row * own.count)...].dropFirst(both.lowerBound - own.lowerBound).prefix(both.count)
      }
    }
    return Agreement(
      cells(first), cells(second), rows: mels, columns: both.count, isSigned: explanations[0].isSigned)
  }

  /// One map on the whole grid, [mels, frames], divided by the 99.5th percentile of its sizes and clipped to ±1, because the
  /// units of different models are not comparable; zero where the model uses nothing.
  public func relativeMap(_ model: Int) -> [Float] {
    let (isSigned, own) = (explanations[model].isSigned, seen[model])
    let relative = Agreement.relative(maps[model].map { Double(isSigned ? $0 : abs($0)) }).map(Float.init)
    var map = [Float](repeating: 0, count: mels * frames)
    for row in 0..<mels {
      let first = row * frames + own.lowerBound
      map.replaceSubrange(first..<(first + own.count), with: relative[(row * own.count)..<((row + 1) * own.count)])
    }
    return map
  }
}
