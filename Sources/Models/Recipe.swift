/// How a model is trained: Table 3 of the report.
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
    /// Times the recipe's rate; 0 freezes the part.
    public var rateFactor: Double
    public var weightDecay: Double

    public init(_ prefix: String, rateFactor: Double = 1, weightDecay: Double) {
      (self.prefix, self.rateFactor, self.weightDecay) = (prefix, rateFactor, weightDecay)
    }
  }

  /// The recipes that have a name.
  public enum Name: String, CaseIterable, Codable, Sendable {
    /// The rates of the report's Table 3.
    case report
    /// Ten times those: what the report's published code has (`10e-4`).
    case published
  }

  /// "report" or "published", or what the caller calls it.
  public var name: String
  public var optimizer: Optimizer
  /// The rate of the first epoch.
  public var rate: Double
  /// The first part that fits a parameter's name is its own; one that none fits has the rate and no decay.
  public var parts: [Part]
  /// What the rate is multiplied by on a plateau: 1/ρ.
  public var plateauFactor: Double
  /// Epochs without a better validation loss that are borne: k.
  public var patience: Int
  public var epochs: Int
  /// Clips in a batch.
  public var batch: Int

  /// What can be asked for: at most so much that sizes and counts never overflow. Batch norm needs two clips.
  public static let epochRange = 1...1_000_000, batchRange = 2...1_000_000

  /// The report's recipe of a model, and its published code's, which is the default: on RAVDESS (random split, 45 epochs)
  /// FCMFCC reached accuracies of 0.80, 0.81 and 0.84 with it (three seeds), and 0.79 with the report's rates (one).
  static func ofTheReport(
    _ optimizer: Optimizer, parts: [Part], plateauFactor: Double, patience: Int, epochs: Int, batch: Int
  ) -> [Name: Recipe] {
    func recipe(_ name: Name, rate: Double) -> Recipe {
      Recipe(
        name: name.rawValue, optimizer: optimizer, rate: rate, parts: parts, plateauFactor: plateauFactor,
        patience: patience, epochs: epochs, batch: batch)
    }
    return [.report: recipe(.report, rate: 1e-4), .published: recipe(.published, rate: 1e-3)]
  }

  /// "published"; "published, rate 0.5, batch 4" where some of it is not what the name stands for.
  public func title(for model: any EmotionModel.Type) -> String {
    guard let named = Name(rawValue: name).flatMap({ model.recipes[$0] }) else { return name }
    var parts = [name]
    if rate != named.rate { parts.append("rate \(rate)") }
    if batch != named.batch { parts.append("batch \(batch)") }
    if epochs != named.epochs { parts.append("epochs \(epochs)") }
    return parts.joined(separator: ", ")
  }
}
