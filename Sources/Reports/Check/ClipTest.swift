import Attributions
import Corpora
import Models

/// A test of a model's prediction and explanation of one clip.
public struct ClipTest {
  /// A part of the clip, and the share of the attribution that may lie in it.
  public struct Region {
    /// The region's key in the test: "inside 1".
    public let key: String
    /// Seconds of the file, and Hz; nil for all. One of them is given.
    public let seconds, hertz: ClosedRange<Double>?
    public let share: Bounds

    public init(key: String, seconds: ClosedRange<Double>?, hertz: ClosedRange<Double>?, share: Bounds) {
      (self.key, self.seconds, self.hertz, self.share) = (key, seconds, hertz, share)
    }

    /// "0.4–1.1 s, 0–4000 Hz".
    var words: String {
      func range(_ range: ClosedRange<Double>?, _ unit: String) -> [String] {
        range.map { ["\(Bounds.number($0.lowerBound))–\(Bounds.number($0.upperBound)) \(unit)"] } ?? []
      }
      return (range(seconds, "s") + range(hertz, "Hz")).joined(separator: ", ")
    }
  }

  /// An earlier attribution, and how near the new one must come to it.
  public struct Golden {
    /// The array's path, as ``ExplainedArrays`` are written.
    public let path: String
    /// The least rank correlation, and the largest difference as a share of the golden's largest size; one is given.
    public let correlation, difference: Double?

    public init(path: String, correlation: Double?, difference: Double?) {
      (self.path, self.correlation, self.difference) = (path, correlation, difference)
    }
  }

  /// The file that has the test.
  public let file: String
  public let name: String
  /// The clip's path.
  public let clip: String
  public let method: any AttributionMethod
  public let space: InputSpace
  /// The output that is explained; nil for the predicted class, of a model without classes its first dimension.
  public let target: String?
  /// The class that must be predicted, and the probability that it must have.
  public let expected: String?
  public let probability: Bounds?
  public let regions: [Region]
  public let golden: Golden?
  public let measures: [(measure: TrustMeasure, bounds: Bounds)]
  /// The seed of the measures' random inputs.
  public let seed: UInt64

  public init(
    file: String, name: String, clip: String, method: any AttributionMethod, space: InputSpace, target: String? = nil,
    expected: String? = nil, probability: Bounds? = nil, regions: [Region] = [], golden: Golden? = nil,
    measures: [(measure: TrustMeasure, bounds: Bounds)] = [], seed: UInt64 = 0
  ) {
    (self.file, self.name, self.clip, self.method, self.space) = (file, name, clip, method, space)
    (self.target, self.expected, self.probability, self.regions) = (target, expected, probability, regions)
    (self.golden, self.measures, self.seed) = (golden, measures, seed)
  }

  /// Whether anything could make the test fail.
  public var asks: Bool { expected != nil || !regions.isEmpty || golden != nil || !measures.isEmpty }

  public func wrong(_ key: String, _ reason: String) -> CheckError {
    .key(file: file, test: name, key: key, reason: reason)
  }

  func because(_ key: String, _ error: any Error) -> CheckError {
    .cause(file: file, test: name, key: key, error)
  }

  /// Throws where the model cannot be tested so: it has no such class, or nothing of it depends on the input.
  public func check(fits model: TrainedModel) throws(CheckError) {
    if let expected, classIndex(of: expected, in: model) == nil {
      throw wrong(
        "expect",
        model.classes.isEmpty
          ? "the model \(model.name) predicts \(model.dimensions.joined(separator: ", ")) only"
          : "the model \(model.name) has no emotion \"\(expected)\"; it has \(model.classes.joined(separator: ", "))")
    }
    if let target, targetIndex(in: model) == nil {
      throw wrong(
        "target", "the model \(model.name) has no output \"\(target)\"; it has \(model.outputs.joined(separator: ", "))"
      )
    }
    guard model.kind.places.contains(space) else {
      throw wrong(
        "input",
        "\(model.title) reads the waveform: no \(space.rawValue) is on its way; there are "
          + model.kind.places.map(\.rawValue).joined(separator: ", "))
    }
    let top = Double(model.configuration.frontEnd.sampleRate) / 2
    for region in regions {
      if let hertz = region.hertz, hertz.upperBound > top {
        throw wrong("\(region.key).hertz", "\(region.words) lies beyond \(Bounds.number(top)) Hz, where the input ends")
      }
    }
  }

  /// A class by its name, or by another word for the same emotion.
  func classIndex(of name: String, in model: TrainedModel) -> Int? {
    model.configuration.classIndex(of: Emotion(rawValue: name))
  }

  /// The place of the target among a model's outputs; nil for its prediction.
  func targetIndex(in model: TrainedModel) -> Int? {
    target.flatMap { model.outputs.firstIndex(of: $0) ?? classIndex(of: $0, in: model) }
  }
}

/// The reason why a test cannot be judged. The description is one line: the file, the test, the key, the reason.
public enum CheckError: Error, CustomStringConvertible {
  /// A value that the model, the clip or the golden does not fit.
  case key(file: String, test: String, key: String, reason: String)
  /// What a key names cannot be read, written or explained.
  case cause(file: String, test: String, key: String, any Error)

  public var description: String {
    switch self {
    case .key(let file, let test, let key, let reason): "\(file): test \"\(test)\": \(key): \(reason)"
    case .cause(let file, let test, let key, let error): "\(file): test \"\(test)\": \(key): \(error)"
    }
  }
}
