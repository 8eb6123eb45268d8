import Tensors

/// The settings of a model's training: Table 3 of the report.
public struct Recipe: Codable, Equatable, Sendable {
  public enum Optimizer: String, CaseIterable, Codable, Sendable {
    /// Weight decay as a part of the gradient (Kingma and Ba 2015).
    case adam
    /// Weight decay beside the gradient (Loshchilov and Hutter 2019).
    case adamw
  }

  /// Parameters that are treated alike: those whose name starts with `prefix`.
  public struct Part: Codable, Equatable, Sendable {
    /// The start of the names; "" takes all.
    public var prefix: String
    /// The factor on the recipe's rate; 0 freezes the part.
    public var rateFactor: Double
    public var weightDecay: Double

    public init(_ prefix: String, rateFactor: Double = 1, weightDecay: Double) {
      (self.prefix, self.rateFactor, self.weightDecay) = (prefix, rateFactor, weightDecay)
    }
  }

  /// When the rate falls.
  public enum Schedule: Codable, Equatable, Sendable {
    /// By `factor`, 1/ρ, after more than `patience`, k, epochs without a better validation loss.
    case plateau(factor: Double, patience: Int)
    /// By `factor` after each of these epochs, counted from 1 and rising.
    case milestones(factor: Double, epochs: [Int])
    /// Along half a cosine from the rate to nearly 0 at the last epoch (Loshchilov and Hutter 2017), after `warmup` epochs in
    /// which it rises to it in equal steps.
    case cosine(warmup: Int)

    /// What the rate is multiplied by when it falls; nil where it does not fall in steps.
    public var factor: Double? {
      switch self {
      case .plateau(let factor, _), .milestones(let factor, _): factor
      case .cosine: nil
      }
    }

    /// In words: "× 0.1 after epoch 15 and 25".
    public var title: String {
      switch self {
      case .plateau(let factor, let patience):
        "× \(factor) after more than \(patience) epochs without a better validation loss"
      case .milestones(let factor, let epochs):
        epochs.isEmpty
          ? "constant" : "× \(factor) after epoch \(epochs.map(String.init).joined(separator: " and "))"
      case .cosine(let warmup): "cosine" + (warmup > 0 ? " after \(warmup) epochs of warm-up" : "")
      }
    }
  }

  /// How much the clips of a class count in the loss.
  public enum ClassWeights: String, CaseIterable, Codable, Sendable {
    case equal
    /// Clips / (classes · clips of the class): all classes count the same, as scikit-learn's "balanced".
    case balanced
  }

  /// The recipes that have a name.
  public enum Name: String, CaseIterable, Codable, Sendable {
    /// The rates of the report's Table 3.
    case report
    /// Ten times the report's rates, as in its published code (`10e-4`).
    case published
  }

  /// The name: "report" or "published", or another of the caller's.
  public var name: String
  public var optimizer: Optimizer
  /// The rate of the first epoch.
  public var rate: Double
  /// Parts of the network. A parameter takes the first that fits its name, or else the rate and no decay.
  public var parts: [Part]
  public var schedule: Schedule
  public var epochs: Int
  /// Clips in a batch.
  public var batch: Int
  /// Batches whose gradients together make one step.
  public var accumulatedBatches = 1
  /// The most that the norm of a step's gradients, over all that learns, may be; nil for any.
  public var gradientNorm: Double?
  /// How exactly the products of what learns read their factors, in a model with an encoder; the weights are float32.
  public var precision = Precision.float32
  /// Changes of the training clips.
  public var augmentation = Augmentation.none
  public var classWeights = ClassWeights.equal
  /// ε: targets are 1 − ε for the label plus ε / classes for each class (Szegedy et al. 2016).
  public var labelSmoothing = 0.0
  /// Whether the targets are the shares of the raters' votes for each class, in place of the label.
  public var softLabels = false
  /// d: what is validated and kept are means of the weights over the steps, each mean ← d · mean + (1 − d) · weight (Polyak and
  /// Juditsky 1992), with a smaller d in the first steps; nil for the weights themselves.
  public var averaging: Double?
  /// The training ends after so many epochs without a better validation loss; nil for never.
  public var patience: Int?

  /// The accepted ranges, within which sizes and counts never overflow. Batch norm needs two clips.
  public static let epochRange = 1...1_000_000, batchRange = 2...1_000_000, accumulationRange = 1...1_000_000

  public init(
    name: String, optimizer: Optimizer, rate: Double, parts: [Part], schedule: Schedule, epochs: Int, batch: Int
  ) {
    (self.name, self.optimizer, self.rate, self.parts) = (name, optimizer, rate, parts)
    (self.schedule, self.epochs, self.batch) = (schedule, epochs, batch)
  }

  /// Milestones of so many epochs in place of a plateau that cannot be seen without validation: after a half and five
  /// sixths of them, which of the report's 30 epochs for MMFUSION are its 15 and 25.
  public static func finalMilestones(of epochs: Int) -> [Int] {
    let (half, late) = (epochs / 2, epochs * 5 / 6)
    return (half < late ? [half, late] : [half]).filter { $0 > 0 }
  }

  /// The report's recipe of a model, and its published code's, which is the default: on RAVDESS (random split, 45 epochs)
  /// FCMFCC reached accuracies of 0.80, 0.81 and 0.84 with it (three seeds), and 0.79 with the report's rates (one).
  static func ofTheReport(
    _ optimizer: Optimizer, parts: [Part], schedule: Schedule, epochs: Int, batch: Int
  ) -> [Name: Recipe] {
    func recipe(_ name: Name, rate: Double) -> Recipe {
      Recipe(
        name: name.rawValue, optimizer: optimizer, rate: rate, parts: parts, schedule: schedule, epochs: epochs,
        batch: batch)
    }
    return [.report: recipe(.report, rate: 1e-4), .published: recipe(.published, rate: 1e-3)]
  }

  /// The settings by the names that they have in `config.json` and in recipes' files; those that are off are left out.
  public var facts: [String: String] {
    var facts = [
      "recipe": name, "optimizer": optimizer.rawValue, "rate": "\(rate)", "batch": "\(batch)", "epochs": "\(epochs)",
      "schedule": schedule.title,
    ]
    if accumulatedBatches > 1 { facts["accumulate"] = "\(accumulatedBatches)" }
    if precision != .float32 { facts["precision"] = precision.rawValue }
    if augmentation != .none { facts["augment"] = augmentation.text }
    if classWeights != .equal { facts["class_weights"] = classWeights.rawValue }
    if labelSmoothing > 0 { facts["label_smoothing"] = "\(labelSmoothing)" }
    if softLabels { facts["soft_labels"] = "true" }
    facts["average"] = averaging.map { "\($0)" }
    facts["patience"] = patience.map { "\($0)" }
    facts["clip_norm"] = gradientNorm.map { "\($0)" }
    return facts
  }

  /// The name, with the values that differ from the recipe of that name: "published, rate 0.5, batch 4".
  public func title(for model: any EmotionModel.Type) -> String { Self.title(of: facts, for: model) }

  /// The title of a recipe by its ``facts``, as `config.json` has them.
  public static func title(of facts: [String: String], for model: any EmotionModel.Type) -> String {
    let name = facts["recipe"] ?? "unknown"
    guard let named = Name(rawValue: name).flatMap({ model.recipes[$0] })?.facts else { return name }
    let words: [(key: String, text: (String) -> String)] = [
      ("rate", { "rate \($0)" }), ("batch", { "batch \($0)" }), ("epochs", { "epochs \($0)" }),
      ("schedule", { "rate \($0)" }), ("accumulate", { "\($0) batches a step" }),
      ("clip_norm", { "gradient norm ≤ \($0)" }), ("precision", { $0 }), ("augment", { "augmented (\($0))" }),
      ("class_weights", { "\($0) classes" }), ("label_smoothing", { "label smoothing \($0)" }),
      ("soft_labels", { _ in "soft labels" }), ("average", { "averaged weights (\($0))" }),
      ("patience", { "ends after \($0) epochs without a better loss" }),
    ]
    let changes = words.compactMap { key, text in facts[key].flatMap { $0 == named[key] ? nil : text($0) } }
    return ([name] + changes).joined(separator: ", ")
  }

  /// The first setting that no training can follow, by its key in recipes' files, and the reason: "must lie between 2 and
  /// 1000000, not be 1". Nil where all can be followed.
  public var problem: (key: String, reason: String)? {
    func between(_ range: ClosedRange<Int>) -> String { "lie between \(range.lowerBound) and \(range.upperBound)" }
    var rules: [(key: String, holds: Bool, must: String, value: String)] = [
      ("rate", rate > 0 && rate <= 1, "lie above 0 and at most 1", "\(rate)"),
      ("epochs", Self.epochRange.contains(epochs), between(Self.epochRange), "\(epochs)"),
      ("batch", Self.batchRange.contains(batch), between(Self.batchRange), "\(batch)"),
      (
        "accumulate", Self.accumulationRange.contains(accumulatedBatches), between(Self.accumulationRange),
        "\(accumulatedBatches)"
      ),
      (
        "label_smoothing", (0..<1).contains(labelSmoothing), "be at least 0 and below 1", "\(labelSmoothing)"
      ),
    ]
    if let gradientNorm {
      rules.append(("clip_norm", gradientNorm > 0 && gradientNorm.isFinite, "be above 0", "\(gradientNorm)"))
    }
    if let averaging {
      rules.append(("average", averaging > 0 && averaging < 1, "lie between 0 and 1", "\(averaging)"))
    }
    if let patience { rules.append(("patience", patience >= 1, "be 1 or more", "\(patience)")) }
    if let factor = schedule.factor {
      rules.append(("schedule.factor", factor > 0 && factor < 1, "lie between 0 and 1", "\(factor)"))
    }
    switch schedule {
    case .plateau(_, let patience):
      rules.append(("schedule.patience", patience >= 0, "be 0 or more", "\(patience)"))
    case .milestones(_, let epochs):
      rules.append(("schedule.epochs", zip([0] + epochs, epochs).allSatisfy(<), "rise, from 1 on", "\(epochs)"))
    case .cosine(let warmup):
      rules.append(
        ("schedule.warmup", (0..<max(1, epochs)).contains(warmup), between(0...max(0, epochs - 1)), "\(warmup)"))
    }
    for part in parts {
      rules += [("rate_factor", part.rateFactor), ("weight_decay", part.weightDecay)].map { name, value in
        ("parts.\(name)", value >= 0 && value.isFinite, "be 0 or more", "\(value)")
      }
    }
    return rules.first { !$0.holds }.map { ($0.key, "must \($0.must), not be \($0.value)") }
  }
}
