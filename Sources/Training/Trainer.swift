import AudioFeatures
import Basics
import Foundation
import Layers
import Models
import Ranks
import Tensors

/// An event that a training reports while it runs.
public enum TrainingEvent: Sendable {
  case batch(TrainingProgress)
  /// The end of an epoch; `isBest` where its validation loss is the lowest so far.
  case epoch(EpochRecord, isBest: Bool)
}

/// The progress of a training within an epoch.
public struct TrainingProgress: Sendable, Equatable {
  /// The number of the epoch, from 1.
  public let epoch: Int
  public let epochs: Int
  /// The number of batches done in the epoch.
  public let batch: Int
  public let batches: Int
  /// The mean over those batches.
  public let loss: Double
  /// Seconds since the run began.
  public let elapsed: Double
  /// Estimated seconds until the end of the last epoch.
  public let remaining: Double
}

/// The outcome of a run.
public struct TrainingResult: Sendable {
  /// Whether the run reached the last epoch; false where it was stopped.
  public let isFinished: Bool
  public let history: [EpochRecord]
  /// The epoch whose weights the model has; nil where none was finished.
  public let kept: EpochRecord?
}

/// Trains a network epoch by epoch into a model folder: the weights of the best epoch (`model.safetensors`,
/// `config.json`, `domain.safetensors`), `history.csv`, and the state to resume from after an interruption (`resume.json`).
/// Without validation clips no epoch is known to be the best, and the last one's weights are kept.
///
/// All random numbers come from the seed and the number of the epoch. So the same seed gives the same weights, and an
/// epoch that was interrupted is repeated exactly.
///
/// Of several ranks, each has a trainer, and a share of every batch. All make the whole batch and draw the same random numbers,
/// take their own rows, and sum what the loss, a batch norm and the weights' gradients need of the whole. So all have the same
/// weights to the bit, and those that one rank alone would have within rounding. The first one writes the folder.
public final class Trainer {
  public let recipe: Recipe
  public let seed: UInt64
  public let folder: String
  /// Warnings about the data, for the user to read before the run.
  public let warnings: [String]
  /// The model in training; after a run, with the weights that are kept.
  public private(set) var model: TrainedModel
  public private(set) var history: [EpochRecord] = []
  /// The caller's entries about the training in `config.json`.
  public let provenance: [String: String]
  /// Those that train together, of which this trainer is one.
  public let ranks: any RankGroup

  private let manifests: [String: String]
  private let training: FeatureSet
  private let validation: FeatureSet?
  private let trainingData: String
  private let validationData: String?
  private let domain: TrainingDomain?
  private let optimizer: Adam
  /// The names of the weights that do not learn; they are in the model's file only, not in the state to resume from.
  private let frozen: Set<String>
  private var schedule: RateSchedule
  /// Nil where weights are kept as they are.
  private var averaged: AveragedWeights?
  /// What changes in training, as it was at the end of the epoch that is kept; empty before the first.
  private var kept: [String: StoredTensor] = [:]
  /// The predictions of the validation clips by the epoch that is kept; nil where this run has not computed them.
  private var keptEvaluation: Evaluation?
  private var hasRun = false
  /// Of the first rank.
  private let lock: FolderLock?

  /// A new training.
  /// - Parameters:
  ///   - model: The model whose weights the training starts from.
  ///   - validation: Clips to choose the best epoch by; nil keeps the last, and the recipe's schedule must then have
  ///     milestones.
  ///   - folder: The model folder, created where it is missing.
  ///   - provenance: Entries added to `training` in `config.json`: names of the data, versions.
  ///   - manifests: The files that the clips are from, by names that the caller chooses: kept for resuming the
  ///     training, so absolute where that can be from another folder.
  ///   - ranks: Those that train together, each with the same arguments.
  public init(
    _ model: TrainedModel, recipe: Recipe, seed: UInt64, training: FeatureSet, validation: FeatureSet?,
    folder: String, provenance: [String: String] = [:], manifests: [String: String] = [:],
    ranks: any RankGroup = SingleRank()
  ) throws(TrainingError) {
    try recipe.check()
    try Self.check(ranks, model.network, recipe)
    try training.checkVotes(for: recipe)
    if validation == nil, case .plateau = recipe.schedule {
      throw .recipe(reason: "without validation clips the rate cannot fall at a plateau; it needs milestones")
    }
    warnings = try Self.check(training, validation, classes: model.classes)
    (self.model, self.recipe, self.seed, self.folder) = (model, recipe, seed, folder)
    (self.training, self.validation) = (training, validation)
    (self.provenance, self.manifests, self.ranks) = (provenance, manifests, ranks)
    (trainingData, validationData) = (training.fingerprint, validation?.fingerprint)
    domain = Self.domain(training, validation, model.configuration.frontEnd)
    optimizer = Adam(recipe.optimizer, parts: recipe.parts, of: model.network)
    frozen = optimizer.frozen(in: model.network)
    schedule = RateSchedule(recipe)
    averaged = recipe.averaging.map { [frozen] in AveragedWeights($0, of: Self.changing(model.network, without: frozen))
    }
    guard ranks.isFirst else {
      lock = nil
      return
    }
    do {
      try makeFolder(folder)
      lock = try FolderLock(folder)
    } catch {
      throw .file(error)
    }
    try save()
    // That of a training whose place this one takes.
    History.remove(from: folder)
  }

  /// Resumes a training after its last whole epoch, with the same numbers as without the interruption.
  /// - Parameters:
  ///   - epochs: The number of epochs in all; nil keeps the recipe's.
  ///   - initial: The model that the training started from, for the weights that did not learn; needed where there are any.
  ///   - manifests: New paths of manifests that have moved, by name.
  ///   - ranks: Those that train together, as many as before or not. All of them read the folder.
  public init(
    resuming folder: String, epochs: Int? = nil, initial: TrainedModel? = nil, training: FeatureSet,
    validation: FeatureSet?, manifests: [String: String] = [:], ranks: any RankGroup = SingleRank()
  ) throws {
    self.ranks = ranks
    lock = ranks.isFirst ? try FolderLock(folder) : nil
    let saved = try SavedTraining.read(folder)
    var recipe = saved.recipe
    recipe.epochs = epochs ?? recipe.epochs
    try recipe.check()
    try training.checkVotes(for: recipe)
    warnings = try Self.check(training, validation, classes: saved.configuration.classes)
    (trainingData, validationData) = (training.fingerprint, validation?.fingerprint)
    guard (trainingData, validationData) == (saved.trainingData, saved.validationData) else {
      throw TrainingError.otherData(folder: folder)
    }
    domain = Self.domain(training, validation, saved.configuration.frontEnd)
    try saved.checkCounts(clips: training.clips.count, path: SavedTraining.path(folder))
    guard saved.history.count < recipe.epochs, !recipe.ends(after: saved.history) else {
      throw TrainingError.alreadyFinished(folder: folder, epochs: saved.history.count)
    }
    if case .cosine = recipe.schedule, recipe.epochs != saved.recipe.epochs {
      throw TrainingError.recipe(
        reason:
          "the rate falls along a cosine to epoch \(saved.recipe.epochs), so that there can be no other number of them")
    }
    let arrays = try saved.readArrays(folder)
    let path = saved.arraysPath(folder)
    var frozen: [String: StoredTensor] = [:]
    if let digest = saved.frozenDigest {
      frozen = Self.frozen(of: initial?.network, by: recipe)
      guard frozen.digest == digest else { throw TrainingError.otherEncoder(folder: folder) }
    }
    func network(_ name: String) throws(ParameterError) -> any EmotionModel {
      try Self.network(saved.configuration, Self.part(name, of: arrays).merging(frozen) { $1 }, path: path)
    }
    let model = TrainedModel(
      configuration: saved.configuration, network: try network("weights."), name: saved.configuration.model.name)
    try Self.check(ranks, model.network, recipe)
    self.frozen = Set(frozen.keys)
    (self.model, self.recipe, seed, self.folder) = (model, recipe, saved.seed, folder)
    (self.training, self.validation, provenance) = (training, validation, saved.provenance)
    self.manifests = saved.manifests.merging(manifests) { $1 }
    (history, schedule) = (saved.history, RateSchedule(recipe, after: saved.history))
    if !history.isEmpty {
      let prefix = saved.isValidated ? "best." : recipe.averaging == nil ? "weights." : "averaged."
      kept = Self.part(prefix, of: arrays)
      // The best weights become the model at the end if no later epoch is better, so they are checked now.
      if saved.isValidated { _ = try network(prefix) }
    }
    optimizer = Adam(recipe.optimizer, parts: recipe.parts, of: model.network)
    try optimizer.load(arrays, steps: saved.steps, path: path)
    if let decay = recipe.averaging {
      averaged = AveragedWeights(
        decay, of: Self.changing(model.network, without: self.frozen), stored: Self.part("averaged.", of: arrays))
      guard averaged != nil else {
        throw TrainingError.damagedState(path: path, reason: "the averaged weights are missing or of another shape")
      }
    }
  }

  /// Throws where ranks cannot share the batches of a recipe.
  private static func check(
    _ ranks: any RankGroup, _ network: any EmotionModel, _ recipe: Recipe
  ) throws(TrainingError) {
    guard ranks.count > 1 else { return }
    if ranks.count > recipe.batch { throw .tooManyRanks(count: ranks.count, batch: recipe.batch) }
    if let reason = network.reasonForWholeBatches { throw .wholeBatches(model: type(of: network).name, reason: reason) }
  }

  /// The weights of a network that do not learn by a recipe.
  private static func frozen(of network: (any EmotionModel)?, by recipe: Recipe) -> [String: StoredTensor] {
    guard let network else { return [:] }
    let names = Adam(recipe.optimizer, parts: recipe.parts, of: network).frozen(in: network)
    return network.storedTensors.filter { names.contains($0.key) }
  }

  /// The parameters that change in training.
  private static func changing(_ network: any EmotionModel, without frozen: Set<String>) -> [Parameter] {
    network.parameters.filter { !frozen.contains($0.name) }
  }

  /// The arrays that change in training.
  private var changing: [String: StoredTensor] {
    model.network.storedTensors.filter { !frozen.contains($0.key) }
  }

  /// Nil of features that come without statistics.
  private static func domain(
    _ training: FeatureSet, _ validation: FeatureSet?, _ frontEnd: FrontEnd
  ) -> TrainingDomain? {
    let (clips, unseen) = (training.clips.compactMap(\.statistics), validation?.clips.compactMap(\.statistics))
    return clips.count < 2 || unseen?.isEmpty == true
      ? nil : TrainingDomain(clips: clips, unseen: unseen, frontEnd: frontEnd)
  }

  private static func network(
    _ configuration: ModelConfiguration, _ arrays: [String: StoredTensor], path: String
  ) throws(ParameterError) -> any EmotionModel {
    let source = ParameterSource.stored(arrays, path: path)
    let network = try configuration.makeNetwork(from: source)
    try source.checkAllTaken()
    return network
  }

  private static func part(_ prefix: String, of arrays: [String: StoredTensor]) -> [String: StoredTensor] {
    Dictionary(
      uniqueKeysWithValues: arrays.filter { $0.key.hasPrefix(prefix) }
        .map { (String($0.key.dropFirst(prefix.count)), $0.value) })
  }

  /// Throws where training is impossible; returns warnings where its numbers would be doubtful.
  private static func check(
    _ training: FeatureSet, _ validation: FeatureSet?, classes: [String]
  ) throws(TrainingError) -> [String] {
    let present = Set(training.clips.compactMap(\.label))
    guard training.clips.count >= 2 else { throw .tooFewClips(found: training.clips.count) }
    if present.count == 1 { throw .oneClass(name: classes[present.first!]) }
    var warnings: [String] = []
    func warn(_ name: String, of set: Set<Int>) {
      let missing = classes.indices.filter { !set.contains($0) }.map { classes[$0] }
      if !missing.isEmpty { warnings.append("no \(name) clip is \(missing.joined(separator: " or "))") }
    }
    warn("training", of: present)
    guard let validation else { return warnings }
    guard !validation.clips.isEmpty else { throw .noValidationClips }
    warn("validation", of: Set(validation.clips.compactMap(\.label)))
    let shared = training.clipFingerprints.intersection(validation.clipFingerprints).count
    if shared > 0 {
      warnings.append("\(shared) clips are both in training and in validation, which flatters the results")
    }
    return warnings
  }

  // MARK: The run

  /// Trains until the recipe's last epoch. Runs once: at its end the network of the epoch that is kept replaces the one that
  /// the optimiser updates. To continue, resume from the folder.
  /// - Parameters:
  ///   - recomputes: Whether layers keep only their inputs, and are computed again for the gradients, which are the same.
  ///   - shouldStop: Called before each batch; once true on any rank, the run ends with the state of the last whole epoch.
  /// - Throws: ``TrainingError``, or the error of a model folder that cannot be written.
  public func run(
    recomputes: Bool = false, _ report: (TrainingEvent) -> Void = { _ in }, shouldStop: () -> Bool = { false }
  ) throws -> TrainingResult {
    demand(!hasRun, "a trainer runs once; \(folder) can be resumed by another")
    hasRun = true
    guard ranks.isShared(agreement) else { throw TrainingError.ranksDiffer }
    let start = ContinuousClock.now
    let first = history.count + 1
    for epoch in first...recipe.epochs {
      let epochStart = ContinuousClock.now
      share()
      let loss = try trainEpoch(epoch, recomputes: recomputes, shouldStop: shouldStop) { batch, batches, running in
        let elapsed = (ContinuousClock.now - start).seconds
        let share =
          (Double(epoch - first) + Double(batch) / Double(batches)) / Double(recipe.epochs - first + 1)
        report(
          .batch(
            TrainingProgress(
              epoch: epoch, epochs: recipe.epochs, batch: batch, batches: batches, loss: running,
              elapsed: elapsed,
              remaining: elapsed / share - elapsed)))
      }
      guard let loss else { return try end(isFinished: false) }

      // Until the state is saved, the network has the weights that are judged and kept.
      averaged?.exchange()
      let evaluation = validation.map { model.evaluate($0, over: ranks) }
      guard evaluation?.loss.isFinite ?? model.network.parameters.allSatisfy(\.value.isFinite) else {
        throw diverged(epoch)
      }
      let metrics = evaluation?.metrics
      history.append(
        EpochRecord(
          epoch: epoch, trainLoss: loss, validationLoss: evaluation?.loss, validationAccuracy: metrics?.accuracy,
          validationMacroF1: metrics?.macroF1, validationCCC: evaluation?.meanConcordance, rate: schedule.rate,
          seconds: (ContinuousClock.now - epochStart).seconds))
      schedule.follow(evaluation?.loss)
      if history.kept?.epoch == epoch {
        (kept, keptEvaluation) = (changing, evaluation)
        // Weights of gigabytes of which few learn are written at the start and at the end; the state to resume from has
        // the others.
        if ranks.isFirst, frozen.isEmpty || history.count == 1 { try described().write(to: folder) }
      }
      averaged?.exchange()
      if ranks.isFirst {
        try History.write(history, to: folder)
        try save()
      }
      report(.epoch(history.last!, isBest: history.best?.epoch == epoch))
      if recipe.ends(after: history) { break }
    }
    return try end(isFinished: true)
  }

  /// The predictions of the validation clips by the model that a run ends with; nil without validation.
  public var validated: Evaluation? { keptEvaluation ?? validation.map { model.evaluate($0) } }

  /// Whether the training has validation clips.
  public var isValidated: Bool { validation != nil }

  /// What all ranks must have alike. Not the clips' values, which may differ by rounding from one machine to another.
  private var agreement: UInt64 {
    var print = Fingerprint()
    print.add("\(seed) \(history.count) \(recipe.facts.sorted { $0.key < $1.key })")
    for clip in training.clips + (validation?.clips ?? []) {
      print.add("\(clip.path) \(clip.label ?? -1) \(clip.samples)")
    }
    return print.value
  }

  /// Gives all ranks the first one's weights and statistics: on machines of several kinds, each moves its own by rounding.
  private func share() {
    guard ranks.count > 1 else { return }
    for parameter in model.network.parameters where !frozen.contains(parameter.name) {
      parameter.update { ranks.broadcast($0) }
    }
  }

  /// The mean loss of the epoch's batches; nil where it was stopped.
  private func trainEpoch(
    _ epoch: Int, recomputes: Bool, shouldStop: () -> Bool,
    progress: (_ batch: Int, _ batches: Int, _ loss: Double) -> Void
  ) throws(TrainingError) -> Double? {
    // Each epoch has its own place in the generator's sequence, far from the one that drew the weights.
    var places = SeededGenerator(seed: seed ^ 0x5851_F42D_4C95_7F2D &* UInt64(epoch))
    var generator = SeededGenerator(seed: places.next())
    let batches = training.shuffledBatches(of: recipe.batch, using: &generator)
    let targets = TrainingTargets(recipe, classes: model.classes.count, of: training)
    let augmented =
      recipe.augmentation == .none ? nil : AugmentedBatches(recipe.augmentation, of: training, for: model)
    var sum = 0.0
    var step = StepGradients()
    for (index, rows) in batches.enumerated() {
      if ranks.any(shouldStop()) { return nil }
      let share = BatchShare(of: rows.count, among: ranks)
      let pass = ForwardPass(
        .training, learning: optimizer.parameters, precision: recipe.precision, seed: generator.next(),
        recomputes: recomputes, share: share)
      let (input, truth) = augmented?.batch(rows, using: &generator) ?? training.batch(rows)
      let logits = model.network(share.map { input.clips($0.rows) } ?? input, pass)
      let loss = model.loss(share.map { logits.gathered($0) } ?? logits, targets?.applied(to: truth) ?? truth)
      guard loss.scalar.isFinite else { throw diverged(epoch) }
      sum += Double(loss.scalar)
      let gradients = pass.gradients(of: loss, at: optimizer.parameters)
      let isCounted = share?.isCounted ?? true
      step.add(isCounted ? gradients : gradients.map { .zeros($0.shape) }, clips: rows.count)
      if step.batches == recipe.accumulatedBatches || index == batches.count - 1 {
        optimizer.step(step.taken(over: ranks, norm: recipe.gradientNorm), rate: schedule.rate)
        averaged?.follow(after: optimizer.steps)
      }
      progress(index + 1, batches.count, sum / Double(index + 1))
    }
    return sum / Double(batches.count)
  }

  private func diverged(_ epoch: Int) -> TrainingError {
    .diverged(epoch: epoch, rate: schedule.rate, keptEpoch: history.kept?.epoch, folder: folder)
  }

  private func end(isFinished: Bool) throws -> TrainingResult {
    if !kept.isEmpty {
      // Written again: an interruption between weights and state can have left those of an epoch that is to be repeated.
      for parameter in model.network.parameters where !frozen.contains(parameter.name) {
        parameter.value = kept[parameter.name]!.tensor
      }
      if ranks.isFirst {
        try described().write(to: folder)
        model = try TrainedModel(folder: folder)
      }
    }
    return TrainingResult(isFinished: isFinished, history: history, kept: history.kept)
  }

  /// The model with the facts of its training in its configuration.
  private func described() -> TrainedModel {
    var configuration = model.configuration
    configuration.training = provenance.merging(recipe.facts) { $1 }
    configuration.training["seed"] = "\(seed)"
    configuration.training["training_clips"] = "\(training.clips.count)"
    configuration.training["validation_clips"] = "\(validation?.clips.count ?? 0)"
    if validation == nil { configuration.training["validation"] = "none" }
    configuration.training["training_data"] = trainingData
    configuration.training["validation_data"] = validationData
    func write(_ name: String, _ value: Double?) { configuration.training[name] = value.map { "\($0)" } }
    if let best = history.best {
      configuration.training["best_epoch"] = "\(best.epoch)"
      write("validation_loss", best.validationLoss)
      if !model.classes.isEmpty {
        write("validation_accuracy", best.validationAccuracy)
        write("validation_macro_f1", best.validationMacroF1)
      }
      write("validation_ccc", best.validationCCC)
    } else {
      configuration.training["last_epoch"] = history.last.map { "\($0.epoch)" }
    }
    return TrainedModel(configuration: configuration, network: model.network, name: model.name, domain: domain)
  }

  /// The digest of the weights that do not learn; nil where all do.
  private lazy var frozenDigest: String? =
    frozen.isEmpty ? nil : model.network.storedTensors.filter { frozen.contains($0.key) }.digest

  private func save() throws(TrainingError) {
    var arrays = optimizer.storedMoments
    for (name, tensor) in changing { arrays["weights.\(name)"] = tensor }
    // Without validation, what is kept is what is trained on.
    if validation != nil { for (name, tensor) in kept { arrays["best.\(name)"] = tensor } }
    for (name, tensor) in averaged?.stored ?? [:] { arrays["averaged.\(name)"] = tensor }
    try SavedTraining(
      configuration: model.configuration, recipe: recipe, seed: seed, provenance: provenance,
      manifests: manifests, history: history, steps: optimizer.steps, trainingData: trainingData,
      validationData: validationData, frozenDigest: frozenDigest
    ).write(arrays, to: folder)
  }
}

extension Recipe {
  /// Whether a training with these epochs ends before the last one.
  func ends(after history: [EpochRecord]) -> Bool {
    guard let patience, let best = history.best else { return false }
    return history.count - best.epoch >= patience
  }
}

extension Duration {
  fileprivate var seconds: Double { self / .seconds(1) }
}
