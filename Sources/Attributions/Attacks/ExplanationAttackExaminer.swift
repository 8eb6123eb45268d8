import Basics
import Models
import Tensors

/// Attacks the explanations of clips within rising budgets, and compares the maps of several methods before and after: beside
/// random noise as large, and another clip's maps.
///
/// Compared are the sizes of cells while there is speech, as by ``StabilityExaminer``. Each method is measured after the attack on
/// its own map where that has a formula, else after that on the one that stands for it (``AttackedMap``): what an attack on
/// the method itself would do, this does not say.
public struct ExplanationAttackExaminer {
  /// A clip to attack.
  public struct Item {
    public let clip: Clip
    /// The file's path, for errors and to find others.
    public let path: String
    /// What its noise depends on besides the seed: the path that a manifest has, wherever the folder lies.
    public let name: String

    public init(_ clip: Clip, path: String, name: String) {
      (self.clip, self.path, self.name) = (clip, path, name)
    }
  }

  /// What is found of a clip, and the changed values, [map][budget].
  public struct Found {
    public var row: ClipExplanationAttacks
    public let values: [[[Float]]]
  }

  public let model: TrainedModel
  /// Where the maps are: the mel, or the waveform of a model without one.
  public let space: InputSpace
  public private(set) var methods: [any AttributionMethod]
  /// The smallest first.
  public let budgets: [AttackBudget]
  public let aim: ExplanationAim
  public let settings: AttackSettings

  /// How many draws of noise a clip has for each budget.
  public static let draws = 3

  /// - Parameters:
  ///   - model: With classes.
  ///   - budgets: At least one, all of one kind.
  ///   - settings: But for the budget.
  /// - Throws: Settings that no attack can have.
  public init(
    model: TrainedModel, methods: [any AttributionMethod], budgets: [AttackBudget], aim: ExplanationAim,
    settings: AttackSettings
  ) throws(AttackError) {
    demand(!budgets.isEmpty, "an attack without a budget")
    guard !model.classes.isEmpty else { throw .noClasses(model: model.name) }
    (self.model, self.methods, self.aim, self.settings) = (model, methods, aim, settings)
    self.budgets = budgets.sorted { $0.isSmaller(than: $1) }
    space = model.kind.inputs.contains { [.mel, .mfcc].contains($0) } ? .mel : .waveform
    for budget in budgets { try settings.with(budget).check() }
  }

  /// Removes the methods that cannot explain this model, and returns the reasons.
  public mutating func leaveOutInapplicable() -> [MethodError] {
    var generator = SeededGenerator(seed: settings.seed)
    let second = generator.normals(model.configuration.frontEnd.sampleRate, deviation: 0.1)
    return methods.leaveOutInapplicable(to: Clip(second, model: model), at: space)
  }

  /// The maps that are attacked: those of the methods, each once.
  public var maps: [AttackedMap] {
    let needed = Set(methods.map { AttackedMap(for: $0, at: space) })
    return AttackedMap.allCases.filter(needed.contains)
  }

  /// Attacks clips together, those of one length at once.
  /// - Parameters:
  ///   - another: Finds another clip than that of a path of which the predicted class is wanted; nil where there is none.
  ///   - progress: Called with the part that is done, 0 to 1.
  /// - Returns: What is found of each clip, or why nothing is: an `ExplanationError` or an `AttackError`.
  /// - Throws: `ExplanationError` of a method, as all clips would fail.
  public func examine(
    _ items: [Item], another: (_ path: String, _ isWanted: (Int) -> Bool) -> Clip?,
    progress: (Double) -> Void = { _ in }
  ) throws -> [Result<Found, any Error>] {
    var found: [Result<Found, any Error>?] = items.map { _ in nil }
    var searches: [Int: Search] = [:]
    func attempt(_ place: Int, _ body: () throws -> Void) throws {
      do {
        try body()
      } catch let error as ExplanationError where error.isOfTheMethod {
        throw error
      } catch {
        found[place] = .failure(error)
      }
    }
    for (place, item) in items.enumerated() {
      try attempt(place) { searches[place] = try search(item, another) }
    }
    let groups = Dictionary(grouping: searches.keys.sorted()) { items[$0].clip.waveform.count }
      .values.sorted { $0[0] < $1[0] }
    for (number, group) in groups.enumerated() {
      for (order, map) in maps.enumerated() {
        let (start, all) = (Double(number * maps.count + order), Double(groups.count * maps.count))
        let open = group.filter { found[$0] == nil }
        guard !open.isEmpty else { break }
        // Half of the time is for what is measured afterwards.
        let attacked = attacked(map, open.map { searches[$0]! }) { progress(0.5 * (start + $0) / all) }
        for (place, changes) in zip(open, attacked) {
          try attempt(place) { searches[place]!.changes.append(try changes.get()) }
        }
      }
    }
    for (done, place) in items.indices.enumerated() where found[place] == nil {
      progress(0.5 + 0.5 * Double(done) / Double(items.count))
      try attempt(place) { found[place] = .success(try measured(searches[place]!, another)) }
    }
    progress(1)
    return found.map { $0! }
  }

  /// A clip while it is attacked.
  private struct Search {
    let item: Item
    let predicted: Int
    let probability: Double
    /// By map.
    let losses: [MapLoss]
    /// [map][budget].
    var changes: [[ExplanationAttack.Found]] = []
  }

  private func search(
    _ item: Item, _ another: (_ path: String, _ isWanted: (Int) -> Bool) -> Clip?
  ) throws -> Search {
    let probabilities = try item.clip.probabilities(path: item.path)
    let predicted = probabilities.likeliestClass
    // What cannot be changed is known before the search.
    do throws(AttackError) {
      _ = try RandomChange(item.clip, at: .waveform, settings.with(budgets[0]))
    } catch {
      throw AttackError.of(path: item.path, error)
    }
    let other = aim == .map ? another(item.path) { $0 != predicted } : nil
    return Search(
      item: item, predicted: predicted, probability: probabilities[predicted],
      losses: try maps.map { try loss(of: $0, item, predicted, other) })
  }

  /// - Parameter other: The clip whose map is the aim; where there is none, it is the clip's own, played backwards.
  private func loss(
    of map: AttackedMap, _ item: Item, _ predicted: Int, _ other: Clip?
  ) throws(ExplanationError) -> MapLoss {
    let method: any AttributionMethod = map == .saliency ? Saliency() : InputXGradient()
    let own = try method.speechSizes(of: item.clip, at: space, target: Target(predicted), path: item.path)
    switch aim {
    case .top: return .top(of: own.fitted(frames: own.frames))
    case .map:
      guard let other else { return .map(own.reversed.fitted(frames: own.frames)) }
      let said = try other.probabilities(path: item.path).likeliestClass
      let sizes = try method.speechSizes(of: other, at: space, target: Target(said), path: item.path)
      return .map(sizes.fitted(frames: own.frames))
    }
  }

  /// What an attack on a map finds of clips of one length at once; of each by itself where that fails, so that one clip's
  /// error is not the others'.
  private func attacked(
    _ map: AttackedMap, _ searches: [Search], progress: (Double) -> Void
  ) -> [Result<[ExplanationAttack.Found], AttackError>] {
    let place = maps.firstIndex(of: map)!
    do throws(AttackError) {
      return try ExplanationAttack(map, at: space, settings).run(
        AttackedClips(searches.map(\.item.clip), at: .waveform), within: budgets,
        losses: searches.map { $0.losses[place] }, progress: progress
      ).map { .success($0) }
    } catch {
      guard searches.count > 1 else { return [.failure(.of(path: searches[0].item.path, error))] }
      return searches.map { attacked(map, [$0]) { _ in }[0] }
    }
  }

  // MARK: Measures

  private func measured(
    _ search: Search, _ another: (_ path: String, _ isWanted: (Int) -> Bool) -> Clip?
  ) throws -> Found {
    let (clip, path, target) = (search.item.clip, search.item.path, Target(search.predicted))
    func changed(_ values: [Float]) -> Clip { clip.with(Tensor(values, shape: clip.waveform.shape), at: .waveform) }
    let after = search.changes.map { $0.map { changed($0.clip.values) } }
    let noisy = try budgets.map { budget in try draws(budget, search.item).map(changed) }
    let probabilities = try noisy.map { try $0.map { try $0.probabilities(path: path) } }
    let other = another(path) { $0 == search.predicted }
    var attacked: [[ClipStability.Similarity?]] = []
    var noise = budgets.map { _ in [ClipStability.Similarity?]() }
    var others: [ClipStability.Similarity?] = []
    for method in methods {
      let own = try method.speechSizes(of: clip, at: space, target: target, path: path)
      func similarity(to other: Clip) throws -> ClipStability.Similarity? {
        own.similarity(to: try method.speechSizes(of: other, at: space, target: target, path: path))
      }
      let map = maps.firstIndex(of: AttackedMap(for: method, at: space))!
      attacked.append(try after[map].map(similarity))
      for (budget, clips) in noisy.enumerated() { noise[budget].append(.mean(of: try clips.map(similarity))) }
      if let other { others.append(try similarity(to: other)) }
    }
    let row = ClipExplanationAttacks(
      predicted: search.predicted, probability: search.probability,
      maps: zip(maps, search.changes).map { map, changes in
        .init(map: map, loss: changes[0].before, changes: changes.map { .init($0, of: search.predicted) })
      }, attacked: attacked,
      noise: zip(probabilities, noise).map { draws, methods in
        .init(
          probability: draws.reduce(0) { $0 + $1[search.predicted] } / Double(Self.draws),
          holds: Double(draws.count { $0.likeliestClass == search.predicted }) / Double(Self.draws), methods: methods)
      }, another: other.map { _ in others })
    return Found(row: row, values: search.changes.map { $0.map(\.clip.values) })
  }

  /// The values of a clip with random changes as large as a budget allows.
  private func draws(_ budget: AttackBudget, _ item: Item) throws(AttackError) -> [[Float]] {
    var generator = SeededGenerator(seed: settings.seed, of: item.name)
    let change: RandomChange
    do {
      change = try RandomChange(item.clip, at: .waveform, settings.with(budget))
    } catch {
      throw .of(path: item.path, error)
    }
    return (0..<Self.draws).map { _ in change.values(using: &generator) }
  }
}

extension ClipExplanationAttacks.Change {
  fileprivate init(_ found: ExplanationAttack.Found, of predicted: Int) {
    let clip = found.clip
    self.init(
      loss: found.after, probability: clip.probabilities[predicted],
      ratio: clip.ratio.flatMap { $0.isFinite ? $0 : nil },
      largest: clip.largest, gradients: clip.gradients, predictions: clip.predictions)
  }
}

extension ClipStability.Similarity {
  /// The mean of those that there are.
  fileprivate static func mean(of found: [Self?]) -> Self? {
    let found = found.compactMap(\.self)
    guard !found.isEmpty else { return nil }
    func mean(_ value: (Self) -> Double) -> Double { found.reduce(0) { $0 + value($1) } / Double(found.count) }
    return Self(correlation: mean(\.correlation), overlap: mean(\.overlap))
  }
}
