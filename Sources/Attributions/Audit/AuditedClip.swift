import AudioFeatures
import AudioFiles
import Basics
import Foundation
import Models
import Tensors

/// What a model makes of a clip and of its changes, and where its saliency lies.
public struct AuditedClip: Codable, Sendable, Equatable {
  /// The saliency of the predicted class on the log-mel.
  public struct Seen: Codable, Sendable, Equatable {
    /// The means over 8 × 8 parts of the mel as long as the clip, summing to 1: [row][column], from the lowest mels and the
    /// clip's start.
    public let grid: [Double]
    /// The share on frames 40 dB or more under the loudest one.
    public let silent: Double
    /// The mean frequency, in Hz.
    public let centroid: Double

    /// Rows and columns of the grid.
    public static let side = 8
    /// In dB under the loudest frame.
    private static let silence = 40.0

    public init(grid: [Double], silent: Double, centroid: Double) {
      (self.grid, self.silent, self.centroid) = (grid, silent, centroid)
    }

    /// - Parameters:
    ///   - saliency: [mels][frames], without padding, none below 0; at least one mel and one frame.
    ///   - logMel: In dB, of the same shape.
    ///   - centres: Of the mels, in Hz.
    /// - Returns: Nil where the saliency is 0.
    init?(_ saliency: [[Double]], logMel: [[Double]], centres: [Double]) {
      let sums = saliency.map { $0.reduce(0, +) }
      let whole = sums.reduce(0, +)
      guard whole > 0, whole.isFinite else { return nil }
      let (mels, frames) = (saliency.count, saliency[0].count)
      func part(_ place: Int, of count: Int) -> Range<Int> {
        let start = place * count / Self.side
        return start..<max(start + 1, (place + 1) * count / Self.side)
      }
      let means = (0..<(Self.side * Self.side)).map { cell -> Double in
        let rows = part(cell / Self.side, of: mels), columns = part(cell % Self.side, of: frames)
        let sum = rows.reduce(0) { $0 + saliency[$1][columns].reduce(0, +) }
        return sum / Double(rows.count * columns.count)
      }
      let sum = means.reduce(0, +)
      grid = means.map { $0 / max(sum, 1e-300) }
      let levels = (0..<frames).map { frame in
        10 * log10(max(logMel.reduce(0) { $0 + pow(10, $1[frame] / 10) }, 1e-30))
      }
      let loudest = levels.max()!
      let quiet = levels.indices.filter { levels[$0] <= loudest - Self.silence }
      silent = quiet.reduce(0) { sum, frame in sum + saliency.reduce(0) { $0 + $1[frame] } } / whole
      centroid = zip(sums, centres).reduce(0) { $0 + $1.0 * $1.1 } / whole
    }
  }

  /// A clip whose steady noise another is given.
  public struct Donor: Codable, Sendable, Equatable {
    public let path: String
    /// Its class.
    public let label: Int
    public let speaker: String?

    public init(path: String, label: Int, speaker: String?) {
      (self.path, self.label, self.speaker) = (path, label, speaker)
    }

    fileprivate init(_ member: NoiseExchange.Member) {
      self.init(path: member.path, label: member.label, speaker: member.speaker)
    }
  }

  /// Those of the clip's own emotion and of another.
  public struct Donors: Codable, Sendable, Equatable {
    public let same, other: Donor

    public init(same: Donor, other: Donor) { (self.same, self.other) = (same, other) }
  }

  /// The class of its label.
  public let label: Int
  /// The probabilities by class after each change, by its name; of changes that cannot be made, or leave silence, none.
  public let answers: [String: [Double]]
  /// Nil where the gradient is 0.
  public let seen: Seen?
  /// Whether it is one of the clips that the model was trained on; nil where these are not known.
  public let isTrainedOn: Bool?
  /// Nil where it was given no other noise.
  public let donors: Donors?

  public init(
    label: Int, answers: [String: [Double]], seen: Seen?, isTrainedOn: Bool?, donors: Donors? = nil
  ) {
    (self.label, self.answers, self.seen, self.isTrainedOn) = (label, answers, seen, isTrainedOn)
    self.donors = donors
  }

  /// - Parameters:
  ///   - samples: The whole sound at the model's rate, not trimmed.
  ///   - label: Its class.
  ///   - path: The file's path, for errors.
  ///   - given: The steady noises of other clips; nil where there are none.
  ///   - progress: Called with the share of the questions that are answered.
  /// - Throws: ``EditError/silent(path:)`` or ``ExplanationError``.
  public init(
    _ samples: [Float], label: Int, path: String, model: TrainedModel, given: NoiseExchange.Given? = nil,
    progress: (Double) -> Void = { _ in }
  ) throws {
    let frontEnd = model.configuration.frontEnd
    let rate = frontEnd.sampleRate
    guard samples.allSatisfy(\.isFinite) else { throw ExplanationError.noPrediction(path: path, model: model.name) }
    guard let own = try EditedClip.answer(to: samples, path: path, model: model),
      let speech = AudioClip(samples: samples, sampleRate: rate).trimmed(model.configuration.trimming)
    else { throw EditError.silent(path: path) }
    let phrases = SpeechSegmentation(samples, sampleRate: rate).phrases
    let changes = AuditIntervention.changes
    let sounds = concurrentMap(count: changes.count) {
      changes[$0].sound(of: samples, phrases: phrases, sampleRate: rate, given: given)
    }
    var answers = [AuditIntervention.asItIs.rawValue: own.probabilities]
    for (place, (change, sound)) in zip(changes, sounds).enumerated() {
      progress(Double(place) / Double(changes.count))
      guard let sound else { continue }
      answers[change.rawValue] = try EditedClip.answer(to: sound, path: path, model: model)?.probabilities
    }
    let clip = Clip(speech, model: model)
    let found = try Explainer(model: model, method: Saliency(), spaces: [.mel]).explain(clip, path: path).inputs[0]
    let frames = min(found.values.shape[1], 1 + speech.samples.count / frontEnd.hopSamples)
    func rows(_ tensor: Tensor) -> [[Double]] {
      let (values, width) = (tensor.floats, tensor.shape[1])
      return (0..<tensor.shape[0]).map { row in
        values[(row * width)..<(row * width + frames)].map { Double($0) }
      }
    }
    let saliency = rows(found.attribution).map { $0.map(abs) }
    let seen = Seen(saliency, logMel: rows(found.values), centres: frontEnd.melCentres)
    let isGiven = [AuditIntervention.sameNoise, .otherNoise].allSatisfy { answers[$0.rawValue] != nil }
    self.init(
      label: label, answers: answers, seen: seen, isTrainedOn: clip.resemblance?.isTrainedOn,
      donors: isGiven ? given.map { Donors(same: Donor($0.same), other: Donor($0.other)) } : nil)
  }

  public func answer(_ intervention: AuditIntervention) -> [Double]? { answers[intervention.rawValue] }

  /// Whether a saved clip can be that of a model of so many classes.
  public func isPossible(classes: Int) -> Bool {
    let names = Set(AuditIntervention.allCases.map(\.rawValue))
    let cells = Seen.side * Seen.side
    let isSeen = seen.map { seen in
      seen.grid.count == cells && (seen.grid + [seen.silent, seen.centroid]).allSatisfy { $0 >= 0 && $0.isFinite }
    }
    let isGiven = [AuditIntervention.sameNoise, .otherNoise].allSatisfy { answers[$0.rawValue] != nil }
    let areDonors = donors.map { donors in
      isGiven && donors.same.label == label && donors.other.label != label
        && (0..<classes).contains(donors.other.label)
    }
    return (0..<classes).contains(label) && isSeen ?? true && areDonors ?? true
      && answers[AuditIntervention.asItIs.rawValue] != nil
      && answers.allSatisfy { name, own in
        names.contains(name) && own.count == classes && own.allSatisfy { (0...1.001).contains($0) }
      }
  }
}
