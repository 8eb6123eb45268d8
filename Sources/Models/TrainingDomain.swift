import AudioFeatures
import Basics
import Foundation
import Tensors

/// The sound of the clips that a model was trained on, and how far from them a clip is. A model is as sure of itself far from
/// its training as near it; this says where a clip lies.
///
/// The distance is that to the fifth nearest training clip, the root mean square of the differences of the
/// ``AudioFeatures/SoundStatistics`` in units of their standard deviation over the training clips (deep nearest neighbours, Sun et
/// al. 2022, on what a clip sounds like instead of on a network's features). The limit is the distance within which 98 % of
/// the validation clips lie, whose speakers are new to the model where they are known; without validation, 98 % of the
/// training clips, each beside the others.
public struct TrainingDomain: Sendable, Equatable {
  private let clips: [SoundStatistics]
  /// The distance beyond which a clip lies outside.
  public let limit: Double
  private let means, deviations: [Float]
  /// What the statistics were measured through.
  private let frontEnd: FrontEnd

  /// Of unseen clips like the training's, the share that lies outside.
  public static let outsideShare = 0.02
  private static let neighbours = 5
  /// No statistic counts for more than if its deviation were this, in dB or bands.
  private static let leastDeviation: Float = 0.5
  /// A clip so near to one of the training's is the same sound: itself is at 0, a copy resampled by other means at 0.05 to 0.2,
  /// a new clip of RAVDESS at 0.4 or more.
  static let sameSound = 0.25
  /// dB outside of the training's levels from which the level alone puts a clip outside.
  private static let levelMargin: Float = 3
  /// Enough validation clips for the limit.
  private static let most = 500

  private init(clips: [SoundStatistics], limit: Double, _ frontEnd: FrontEnd) {
    (self.clips, self.limit, self.frontEnd) = (clips, limit, frontEnd)
    let count = Float(clips.count)
    var (means, deviations): ([Float], [Float]) = ([], [])
    for index in 0..<SoundStatistics.count {
      let mean = clips.reduce(0) { $0 + $1.values[index] } / count
      let variance = clips.reduce(0) { $0 + ($1.values[index] - mean) * ($1.values[index] - mean) } / count
      means.append(mean)
      deviations.append(max(Self.leastDeviation, variance.squareRoot()))
    }
    (self.means, self.deviations) = (means, deviations)
  }

  /// - Parameters:
  ///   - clips: Those that a model is trained on; at least one, without `unseen` two.
  ///   - unseen: Clips like those, of which ``outsideShare`` is to lie outside; at least one. Nil where there are none: then
  ///     it is the training clips, each by its distance to the others. As these have its speaker among them, the limit is lower.
  ///   - frontEnd: What the statistics were measured through.
  public init(clips: [SoundStatistics], unseen: [SoundStatistics]?, frontEnd: FrontEnd = FrontEnd()) {
    demand(clips.count > (unseen == nil ? 1 : 0) && unseen?.isEmpty != true, "a domain of too few clips")
    let open = TrainingDomain(clips: clips, limit: .infinity, frontEnd)
    let tried = unseen ?? clips
    let places = Array(stride(from: 0, to: tried.count, by: max(1, tried.count / Self.most)))
    let distances = concurrentMap(count: places.count) { index in
      let place = places[index]
      return Double(open.nearest(to: tried[place], leavingOut: unseen == nil ? place : nil).distance)
    }.sorted()
    let rank = Int((Double(distances.count + 1) * (1 - Self.outsideShare)).rounded(.up))
    self.init(clips: clips, limit: max(distances[min(rank, distances.count) - 1], Self.sameSound), frontEnd)
  }

  /// Where a clip lies.
  public func resemblance(of clip: SoundStatistics) -> Resemblance {
    let (distance, closest, neighbours) = nearest(to: clip)
    let level = clip.values[SoundStatistics.level]
    let levels = range(of: SoundStatistics.level)
    let isOutside =
      Double(distance) > limit || level < levels.lowerBound - Self.levelMargin
      || level > levels.upperBound + Self.levelMargin
    return Resemblance(
      distance: Double(distance) / limit, isOutside: isOutside, isTrainedOn: Double(closest) < Self.sameSound,
      reasons: isOutside ? reasons(clip, neighbours) : [])
  }

  /// The distance to the fifth nearest clip and to the nearest one, and the places of those five.
  /// - Parameter own: The place of a clip that is none of them.
  private func nearest(
    to clip: SoundStatistics, leavingOut own: Int? = nil
  ) -> (distance: Float, closest: Float, neighbours: [Int]) {
    let squares = clips.map { other in
      var sum: Float = 0
      for index in 0..<SoundStatistics.count {
        let difference = (clip.values[index] - other.values[index]) / deviations[index]
        sum += difference * difference
      }
      return sum / Float(SoundStatistics.count)
    }
    var near: [Int] = []
    for index in squares.indices
    where index != own && (near.count < Self.neighbours || squares[index] < squares[near.last!]) {
      near.insert(index, at: near.firstIndex { squares[index] < squares[$0] } ?? near.count)
      if near.count > Self.neighbours { near.removeLast() }
    }
    return (squares[near.last!].squareRoot(), squares[near[0]].squareRoot(), near)
  }

  private func range(of statistic: Int) -> ClosedRange<Float> {
    let values = clips.map { $0.values[statistic] }
    return values.min()!...values.max()!
  }

  /// What is unlike the training, in words: level and bandwidth where they are beyond its own, and what differs most from
  /// the nearest clips.
  private func reasons(_ clip: SoundStatistics, _ neighbours: [Int]) -> [String] {
    var found: [String] = []
    let (level, levels) = (clip.values[SoundStatistics.level], range(of: SoundStatistics.level))
    if !levels.contains(level) {
      found.append(
        String(format: "level %.0f dBFS (training %.0f to %.0f)", level, levels.lowerBound, levels.upperBound)
          .replacing("-", with: "−"))
    }
    let (highest, all) = (clip.values[SoundStatistics.highestBand], range(of: SoundStatistics.highestBand))
    if highest < all.lowerBound {
      found.append(
        "hardly anything above \(top(of: highest)) (training to \(top(of: all.lowerBound)) at least)")
    }
    let groups = [
      ("the background", SoundStatistics.background, "louder", "softer"),
      ("the bands of the speech", SoundStatistics.speech, "louder", "softer"),
      ("changes from frame to frame", SoundStatistics.change, "larger", "smaller"),
    ].map { name, group, more, less in
      let differences = group.map { index in
        neighbours.reduce(0) { $0 + clip.values[index] - clips[$1].values[index] } / Float(neighbours.count)
      }
      let size = zip(group, differences).reduce(0) { $0 + ($1.1 / deviations[$1.0]) * ($1.1 / deviations[$1.0]) }
      let mean = differences.reduce(0, +) / Float(differences.count)
      let amount = differences.reduce(0) { $0 + abs($1) } / Float(differences.count)
      // Where some bands have more and some less, there is no one direction.
      let direction = abs(mean) > amount / 2 ? mean > 0 ? more : less : "other"
      return (size: size, words: "\(name) \(direction) by \(String(format: "%.1f", amount)) dB")
    }
    return found + [groups.max { $0.size < $1.size }!.words]
  }

  /// "3.4 kHz": the top of a band of mels.
  private func top(of band: Float) -> String {
    let rows = SoundStatistics.rows(ofBand: Int(band), of: frontEnd.mels)
    return String(format: "%.1f kHz", frontEnd.melCentres[rows.upperBound - 1] / 1000)
  }
}

extension TrainingDomain {
  static let file = "domain.safetensors"

  /// Reads a model folder's; nil where it has none, as those of earlier versions.
  static func read(_ folder: String, _ frontEnd: FrontEnd) throws -> TrainingDomain? {
    let path = URL(fileURLWithPath: folder).appendingPathComponent(file).path
    guard FileManager.default.fileExists(atPath: path) else { return nil }
    let stored = try Safetensors.read(path)
    guard let clips = stored["clips"]?.tensor, let limit = stored["limit"]?.tensor.floats, clips.shape.count == 2,
      clips.shape[0] > 0, clips.shape[1] == SoundStatistics.count, clips.isFinite, limit.count == 1, limit[0].isFinite,
      limit[0] > 0
    else { throw CheckpointError.configuration(path: path, reason: "it does not describe the sound of clips") }
    let values = clips.floats
    return TrainingDomain(
      clips: (0..<clips.shape[0]).map {
        SoundStatistics(values: Array(values[($0 * SoundStatistics.count)..<(($0 + 1) * SoundStatistics.count)]))
      }, limit: Double(limit[0]), frontEnd)
  }

  func write(to file: inout WholeFile) throws(FileError) {
    try Safetensors.write(
      [
        "clips": StoredTensor(Tensor(clips.flatMap(\.values), shape: [clips.count, SoundStatistics.count])),
        "limit": StoredTensor(Tensor([Float(limit)], shape: [1])),
      ], to: &file)
  }
}

extension SignalPath {
  /// The statistics of the clip without its padding.
  /// - Parameter samples: The number of its samples before it was fitted to a model's length.
  public func statistics(samples: Int) -> SoundStatistics {
    let count = min(samples, waveform.shape[1])
    let logMel = self[.mel]
    let frames = min(logMel.shape[3], 1 + count / features.frontEnd.hopSamples)
    return SoundStatistics(logMel: logMel, frames: frames, samples: waveform.floats[..<count])
  }
}
