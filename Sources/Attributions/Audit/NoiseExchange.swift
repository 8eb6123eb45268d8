import AudioFeatures
import Basics

/// Whose steady noise each clip is given: that of a clip of its own emotion and that of a clip of another, both of other
/// speakers where there are some, so that a room is not exchanged with itself.
///
/// What the exchange itself does to a clip is the same with both. Each clip gives about as often as any other of its emotion.
public struct NoiseExchange: Sendable {
  /// A clip that takes part.
  public struct Member: Sendable {
    public let path: String
    /// Its class.
    public let label: Int
    public let speaker: String?
    public let noise: SteadyNoise

    public init(path: String, label: Int, speaker: String?, noise: SteadyNoise) {
      (self.path, self.label, self.speaker, self.noise) = (path, label, speaker, noise)
    }
  }

  /// What a clip is given.
  public struct Given: Sendable {
    public let same, other: Member
    /// The seed of the noises' random numbers.
    public let seed: UInt64

    public init(same: Member, other: Member, seed: UInt64) {
      (self.same, self.other, self.seed) = (same, other, seed)
    }
  }

  private let given: [String: Given]

  /// - Parameters:
  ///   - all: Of clips that are listed twice the first counts.
  ///   - seed: Of who gives to whom, and of the noises.
  public init(_ all: [Member], seed: UInt64) {
    var known: Set<String> = []
    let members = all.filter { known.insert($0.path).inserted }
    let labels = Set(members.map(\.label)).sorted()
    var generator = SeededGenerator(seed: seed)
    // How often each has given to its own emotion and to others, and how often an emotion's clips were given each other's.
    var uses = [[Int]](repeating: .init(repeating: 0, count: members.count), count: 2)
    var turns: [Int: [Int: Int]] = [:]
    /// One of those that have been taken least.
    func drawn(_ candidates: [Int], least count: (Int) -> Int) -> Int? {
      let least = candidates.map(count).min()
      let rarest = candidates.filter { count($0) == least }
      return rarest.isEmpty ? nil : rarest[generator.index(below: rarest.count)]
    }
    func donor(of label: Int, to taker: Int) -> Int? {
      let all = members.indices.filter { $0 != taker && members[$0].label == label }
      let others = all.filter { members[$0].speaker == nil || members[$0].speaker != members[taker].speaker }
      let role = label == members[taker].label ? 0 : 1
      guard let found = drawn(others.isEmpty ? all : others, least: { uses[role][$0] }) else { return nil }
      uses[role][found] += 1
      return found
    }
    var given: [String: Given] = [:]
    for taker in generator.shuffled(members.indices) {
      let own = members[taker].label
      let seed = generator.next()
      guard let other = drawn(labels.filter { $0 != own }, least: { turns[own]?[$0] ?? 0 }),
        let same = donor(of: own, to: taker), let another = donor(of: other, to: taker)
      else { continue }
      turns[own, default: [:]][other, default: 0] += 1
      given[members[taker].path] = Given(same: members[same], other: members[another], seed: seed)
    }
    self.given = given
  }

  /// What the clip of a path is given; nil of a clip without a known noise, or where no other clip has one.
  public func given(to path: String) -> Given? { given[path] }
}
