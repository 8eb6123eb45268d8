import Tensors

/// The settings of a model's training: Table 3 of the report.
public struct Recipe: Codable, Equatable, Sendable {
  public enum Optimizer: String, Codable, Sendable {
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

  /// The name, with the values that differ from the recipe of that name: "published, rate 0.5, batch 4".
  public func title(for model: any EmotionModel.Type) -> String {
    guard let named = Name(rawValue: name).flatMap({ model.recipes[$0] }) else { return name }
    var parts = [name]
    if rate != named.rate { parts.append("rate \(rate)") }
    if batch != named.batch { parts.append("batch \(batch)") }
    if epochs != named.epochs { parts.append("epochs \(epochs)") }
    if schedule != named.schedule { parts.append("rate \(schedule.title)") }
    if accumulatedBatches > 1 { parts.append("\(accumulatedBatches) batches a step") }
    if let gradientNorm { parts.append("gradient norm ≤ \(gradientNorm)") }
    if precision != named.precision { parts.append(precision.rawValue) }
    if augmentation != .none { parts.append("augmented (\(augmentation.text))") }
    if classWeights != named.classWeights { parts.append("\(classWeights.rawValue) classes") }
    if labelSmoothing != named.labelSmoothing { parts.append("label smoothing \(labelSmoothing)") }
    if let averaging { parts.append("averaged weights (\(averaging))") }
    if let patience { parts.append("ends after \(patience) epochs without a better loss") }
    return parts.joined(separator: ", ")
  }
}
