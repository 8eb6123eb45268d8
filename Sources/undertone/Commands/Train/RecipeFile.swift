import AudioFeatures
import Corpora
import Foundation
import Models
import TOMLKit
import Tensors

/// `recipe.toml`: a ``TrainingPlan`` that a training writes beside its model, and that another one follows.
extension TrainingPlan {
  static let file = "recipe.toml"

  /// A plan as its file has it. What the file leaves out is as in the recipe that it names, or in the architecture's own.
  /// - Parameter given: The architecture in place of the file's.
  /// - Throws: `TOMLFileError`
  init(reading path: String, as given: (any EmotionModel.Type)?) throws {
    let file = try TOMLSection(file: path)
    let architecture = try file.text("architecture")
    guard let kind = given ?? architecture.flatMap(EmotionModels.named) else {
      let names = EmotionModels.names.joined(separator: ", ")
      throw file.wrong(
        "architecture", architecture.map { "there is no \"\($0)\"; there are \(names)" } ?? "it has none: \(names)")
    }
    self.init(kind, recipe: try Self.recipe(file, kind))
    seed = try file.seed() ?? 0
    validation = try Self.validation(file) ?? validation
    classes = try file.texts("classes")
    dimensions = try file.texts("dimensions") ?? []
    trimming = try file.trimming() ?? .standard
    trainLayers = try file.count("train_layers", in: 0...Int.max)
    if let settings = try file.section("front_end") {
      for (key, place) in FrontEnd.settings {
        if let value = try settings.count(key) { frontEnd[keyPath: place] = value }
      }
      if let problem = frontEnd.problem { throw file.wrong("front_end", problem) }
    }
    if let sizes = try file.json("network") {
      do {
        network = try kind.configuration(decoding: sizes)
      } catch {
        throw file.wrong("network", "it does not have the sizes of \(kind.name)")
      }
    }
    try file.checkKeys()
  }

  private static func recipe(_ file: TOMLSection, _ kind: any EmotionModel.Type) throws -> Recipe {
    guard let section = try file.section("recipe") else { return kind.standardRecipe }
    let name = try section.text("name")
    var recipe = name.flatMap { Recipe.Name(rawValue: $0) }.flatMap { kind.recipes[$0] } ?? kind.standardRecipe
    if let name { recipe.name = name }
    if let optimizer: Recipe.Optimizer = try section.choice("optimizer") { recipe.optimizer = optimizer }
    if let rate = try section.number("rate") { recipe.rate = rate }
    if let epochs = try section.count("epochs") { recipe.epochs = epochs }
    if let batch = try section.count("batch") { recipe.batch = batch }
    if let batches = try section.count("accumulate") { recipe.accumulatedBatches = batches }
    if let norm = try section.number("clip_norm") { recipe.gradientNorm = norm }
    if let precision: Precision = try section.choice("precision") { recipe.precision = precision }
    if let text = try section.text("augment") {
      do {
        recipe.augmentation = try Augmentation(text: text)
      } catch {
        throw section.wrong("augment", "\(error)")
      }
    }
    if let weights: Recipe.ClassWeights = try section.choice("class_weights") { recipe.classWeights = weights }
    if let smoothing = try section.number("label_smoothing") { recipe.labelSmoothing = smoothing }
    if let isSoft = try section.flag("soft_labels") { recipe.softLabels = isSoft }
    if let share = try section.number("average") { recipe.averaging = share }
    if let patience = try section.count("patience") { recipe.patience = patience }
    if let schedule = try section.section("schedule") { recipe.schedule = try Self.schedule(schedule) }
    if let parts = try section.sections("parts") {
      recipe.parts = try parts.map { part in
        Recipe.Part(
          try part.text("prefix") ?? "", rateFactor: try part.number("rate_factor") ?? 1,
          weightDecay: try part.number("weight_decay") ?? 0)
      }
    }
    if let (key, reason) = recipe.problem { throw section.wrong(key, reason) }
    return recipe
  }

  private enum ScheduleKind: String, CaseIterable { case plateau, milestones, cosine }

  private static func schedule(_ section: TOMLSection) throws -> Recipe.Schedule {
    func needed<Value>(_ key: String, _ value: Value?) throws -> Value {
      guard let value else { throw section.wrong(key, "it is missing") }
      return value
    }
    let kind: ScheduleKind = try needed("kind", section.choice("kind"))
    switch kind {
    case .plateau:
      return .plateau(
        factor: try needed("factor", section.number("factor")),
        patience: try needed("patience", section.count("patience")))
    case .milestones:
      return .milestones(
        factor: try needed("factor", section.number("factor")), epochs: try needed("epochs", section.counts("epochs")))
    case .cosine: return .cosine(warmup: try section.count("warmup") ?? 0)
    }
  }

  private enum ValidationKind: String, CaseIterable { case split, file, none }

  private static func validation(_ file: TOMLSection) throws -> Validation? {
    guard let section = try file.section("validation") else { return nil }
    let kind: ValidationKind? = try section.choice("from")
    switch kind ?? .split {
    case .file: return .file
    case .none: return .absent
    case .split:
      let share = try section.number("share") ?? share
      guard share > 0, share < 1 else { throw section.wrong("share", "must lie between 0 and 1, not be \(share)") }
      return .split(share: share, by: try section.choice("by"))
    }
  }
}

extension TOMLSection {
  /// A whole number, or its digits as text: TOML's numbers end at 2⁶³ − 1.
  fileprivate func seed() throws(TOMLFileError) -> UInt64? {
    try value("seed", "a whole number, 0 or more") { value in
      value.int.flatMap { UInt64(exactly: $0) } ?? value.string.flatMap { UInt64($0) }
    }
  }

  fileprivate func trimming() throws(TOMLFileError) -> Trimming? {
    try value("trim", "decibels above 0, or \"off\"") { value in
      Trimming(argument: value.string == "off" ? "off" : value.number.map { "\($0)" } ?? "")
    }
  }
}

extension TrainingPlan {
  /// The plan as a file.
  var text: String {
    get throws {
      let parts = kind.pretrainedParts.map { " \($0.option) FOLDER" }.joined()
      let manifests = validation == .file ? "--data MANIFEST --validation MANIFEST" : "--data MANIFEST"
      var lines = [
        "# What made this model. The same clips and this file give the same weights, to the bit:",
        "#   undertone train --recipe \(Self.file) \(manifests)\(parts)",
        "# Options beside --recipe replace values. A key that is left out is as in the recipe that is named.",
        "",
      ]
      func add(_ key: String, _ value: String?, _ comment: String? = nil) {
        if let value { lines.append("\(key) = \(value)" + (comment.map { "  # \($0)" } ?? "")) }
      }
      func start(_ header: String) { lines += ["", header] }
      func list(_ values: [String]) -> String { "[\(values.joined(separator: ", "))]" }

      add("architecture", quoted(kind.name))
      add("seed", seed > UInt64(Int64.max) ? quoted("\(seed)") : "\(seed)", "of first weights, order of clips, dropout")
      add("classes", classes.map { list($0.map(quoted)) }, "the outputs, in this order")
      if !dimensions.isEmpty { add("dimensions", list(dimensions.map(quoted))) }
      switch trimming {
      case .off: add("trim", quoted("off"))
      case .decibels(let decibels): add("trim", "\(decibels)", "dB below the loudest frame, where clips begin and end")
      }
      add("train_layers", trainLayers.map { "\($0)" }, "the encoder's last ones")

      if frontEnd != FrontEnd() {
        start("[front_end]")
        for (key, place) in FrontEnd.settings { add(key, "\(frontEnd[keyPath: place])") }
      }

      start("[validation]")
      switch validation {
      case .split(let share, let by):
        add("from", quoted("split"), "a part of --data")
        add("share", "\(share)", "of the clips, for training")
        add("by", by.map { quoted($0.rawValue) }, "what stays on one side")
      case .file: add("from", quoted("file"), "--validation")
      case .absent: add("from", quoted("none"), "all clips are for training")
      }

      start("[recipe]")
      add("name", quoted(recipe.name))
      add("optimizer", quoted(recipe.optimizer.rawValue))
      add("rate", "\(recipe.rate)", "of the first epoch")
      add("epochs", "\(recipe.epochs)", "at most")
      add("batch", "\(recipe.batch)", "clips")
      add("accumulate", "\(recipe.accumulatedBatches)", "batches a step")
      add("clip_norm", recipe.gradientNorm.map { "\($0)" }, "the most that the gradients' norm may be")
      add("precision", quoted(recipe.precision.rawValue))
      add("augment", quoted(recipe.augmentation.text))
      add("class_weights", quoted(recipe.classWeights.rawValue))
      add("label_smoothing", "\(recipe.labelSmoothing)", "share of a label that is spread over all classes")
      add("soft_labels", "\(recipe.softLabels)", "whether the raters' votes are the targets")
      add("average", recipe.averaging.map { "\($0)" }, "share of the mean of the weights that a step keeps")
      add("patience", recipe.patience.map { "\($0)" }, "epochs without a better validation loss, after which it ends")

      start("[recipe.schedule]")
      switch recipe.schedule {
      case .plateau(let factor, let patience):
        add("kind", quoted("plateau"))
        add("factor", "\(factor)", "on the rate")
        add("patience", "\(patience)", "epochs without a better validation loss; it falls after more")
      case .milestones(let factor, let epochs):
        add("kind", quoted("milestones"))
        add("factor", "\(factor)", "on the rate")
        add("epochs", list(epochs.map(String.init)), "after which it falls")
      case .cosine(let warmup):
        add("kind", quoted("cosine"))
        add("warmup", "\(warmup)", "epochs in which the rate rises")
      }
      for part in recipe.parts {
        start("[[recipe.parts]]")
        add("prefix", quoted(part.prefix), part.prefix.isEmpty ? "all parameters" : "of the parameters' names")
        add("rate_factor", "\(part.rateFactor)", "on the rate; 0 leaves them as they are")
        add("weight_decay", "\(part.weightDecay)")
      }
      if let network { lines += ["", try TOMLEncoder().encode(Sizes(network: network))] }
      return lines.joined(separator: "\n") + "\n"
    }
  }

  private struct Sizes: Encodable {
    let network: any NetworkConfiguration

    enum CodingKeys: CodingKey { case network }

    func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      try container.encode(network, forKey: .network)
    }
  }
}

/// A text as TOML's basic string.
private func quoted(_ text: String) -> String {
  let inner = text.unicodeScalars.map { scalar in
    switch scalar {
    case "\"", "\\": "\\\(scalar)"
    case _ where scalar.value < 0x20 || scalar.value == 0x7F: String(format: "\\u%04X", scalar.value)
    default: String(scalar)
    }
  }
  return "\"\(inner.joined())\""
}
