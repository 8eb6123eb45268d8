/// The explanations of one clip by several models.
public struct ComparedClip {
  public let path: String
  /// The explanation of each model.
  public let explanations: [Explanation]
  /// The attributions of each model on one grid, [mels, frames], the lowest band first.
  public let maps: [[Float]]
  /// The log-mel in dB, [mels, frames].
  public let logMel: [Float]
  public let mels, frames: Int
  /// Seconds of speech that all models receive.
  public let duration: Double
  /// Seconds of speech in the whole clip.
  public let wholeDuration: Double

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

  /// The agreement of the attributions of two models.
  public func agreement(_ first: Int, _ second: Int) -> Agreement {
    Agreement(maps[first], maps[second], rows: mels, columns: frames, isSigned: explanations[0].isSigned)
  }

  /// One map divided by the 99.5th percentile of its sizes and clipped to ±1, because the units of different models are
  /// not comparable.
  public func relativeMap(_ model: Int) -> [Float] {
    let isSigned = explanations[model].isSigned
    return Agreement.relative(maps[model].map { Double(isSigned ? $0 : abs($0)) }).map(Float.init)
  }
}
