/// Where a clip lies by the sound of those that a model was trained on.
public struct Resemblance: Sendable, Equatable, Codable {
  /// In units of the limit: above 1 a clip lies outside.
  public let distance: Double
  public let isOutside: Bool
  /// Whether it is one of the training clips.
  public let isTrainedOn: Bool
  /// What is unlike; empty of a clip that lies inside.
  public let reasons: [String]

  enum CodingKeys: String, CodingKey {
    case distance, reasons
    case isOutside = "outside"
    case isTrainedOn = "trainedOn"
  }

  /// What there is to know before a prediction is believed; nil where there is nothing.
  public var warning: String? {
    if isOutside {
      let digits = distance < 1.1 ? 2 : 1
      let distance = distance > 1 ? String(format: " (distance %.\(digits)f, limit 1)", distance) : ""
      return "unlike the training data\(distance): \(reasons.joined(separator: ", "))"
    }
    return isTrainedOn ? "the model was trained on this clip" : nil
  }
}

/// How many of some clips lie outside of a model's training, and how many belong to it.
public struct DomainCensus: Sendable, Equatable, Codable {
  public private(set) var clips = 0
  public private(set) var outside = 0
  public private(set) var trainedOn = 0

  public init() {}

  /// Counts a clip; one of a model whose training is not known does not count.
  public mutating func add(_ resemblance: Resemblance?) {
    guard let resemblance else { return }
    clips += 1
    if resemblance.isOutside { outside += 1 }
    if resemblance.isTrainedOn { trainedOn += 1 }
  }

  public mutating func add(_ other: DomainCensus) {
    (clips, outside, trainedOn) = (clips + other.clips, outside + other.outside, trainedOn + other.trainedOn)
  }

  /// Whether so many clips can have these counts; counts from a file can be anything.
  public func isPossible(of count: Int) -> Bool {
    (0...count).contains(clips) && (0...clips).contains(outside) && (0...clips).contains(trainedOn)
  }

  /// What there is to know before results on these clips are believed; no line where there is nothing.
  /// - Parameter things: What was counted: clips, or windows of one.
  public func warnings(_ model: String, _ things: String = "clips") -> [String] {
    var lines: [String] = []
    let all = "\(clips) \(things)"
    if trainedOn > 0 {
      lines.append(
        "\(model) was trained on \(trainedOn) of \(all): it looks better on them than it is on new ones")
    }
    // More than chance among clips like the training's.
    let expected = TrainingDomain.outsideShare * Double(clips)
    if outside > 0, Double(outside) > expected + 3 * expected.squareRoot() {
      lines.append(
        "\(outside) of \(all) sound unlike those that \(model) was trained on (of new ones like those about "
          + "\(Int(100 * TrainingDomain.outsideShare)) % do); do not rely on its predictions for them")
    }
    return lines
  }
}
