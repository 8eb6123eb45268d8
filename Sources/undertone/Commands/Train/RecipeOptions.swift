import ArgumentParser
import Foundation
import Models
import Tensors

/// The settings of a training, in place of those of its recipe.
struct RecipeOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The number of epochs: \(words(Recipe.epochRange)). (default: \(ofRecipes { String($0.epochs) }))",
      valueName: "count"))
  var epochs: Int?

  @Option(
    help: ArgumentHelp(
      "The number of clips in a batch: \(words(Recipe.batchRange)). (default: \(ofRecipes { String($0.batch) }))",
      valueName: "count"))
  var batch: Int?

  @Option(
    help: ArgumentHelp(
      """
      The first epoch's learning rate: above 0, at most 1. (default: \(ofRecipes { String($0.rate) }); a tenth with \
      --recipe report)
      """, valueName: "number"))
  var rate: Double?

  @Option(
    help: ArgumentHelp(
      """
      Epochs after which the rate falls, rising, from 1 on, separated by commas, in place of falling at a plateau of the \
      validation loss. A resumed training keeps them. (default: none; with --final a half and five sixths of the epochs)
      """, valueName: "epochs"))
  var milestones: String?

  @Option(
    help: ArgumentHelp(
      "The number of batches whose gradients make one step: \(words(Recipe.accumulationRange)). (default: 1)",
      valueName: "count"))
  var accumulate: Int?

  @Option(
    help: ArgumentHelp(
      "The most that the norm of a step's gradients, over all weights that learn, may be: above 0. (default: any)",
      valueName: "number"))
  var clipNorm: Double?

  @Option(
    help: ArgumentHelp(
      """
      For hubertft, mmfusion and probe, how exactly the products of what learns read their factors: float32, or bfloat16 \
      (eight significant bits; sums and weights stay float32, and so do what is frozen and validation), which saves time \
      on processors that multiply such numbers (AVX-512 BF16). (default: float32)
      """, valueName: "name"))
  var precision: Precision?

  @Flag(
    help: """
      For hubertft, mmfusion and probe: keep only the inputs of the transformer layers and ConvNeXt blocks that learn, and \
      compute them again for the gradients: less memory, more time, the same weights (activation checkpointing).
      """)
  var recompute = false

  @Flag(
    help: """
      Let the rate fall along half a cosine to the last epoch, in place of at a plateau of the validation loss. A resumed \
      training keeps it, and its number of epochs.
      """)
  var cosine = false

  @Option(
    help: ArgumentHelp(
      "With --cosine: the number of epochs before it in which the rate rises: 0 or more. (default: 0)",
      valueName: "count"
    ))
  var warmup: Int?

  @Option(
    help: ArgumentHelp(
      """
      Changes of the training clips, drawn anew in every epoch, separated by commas; with a number n, as in stretch:0.1, \
      their size: \(augmentations). "none" is for the clips as they are. For models without a pretrained encoder. \
      (default: none, as in the report)
      """, valueName: "kinds"), transform: { try Augmentation(text: $0) })
  var augment: Augmentation?

  @Option(
    help: ArgumentHelp(
      "How much a class counts in the loss: equal (by its clips) or balanced (as much as any other). (default: equal)",
      valueName: "name"))
  var classWeights: Recipe.ClassWeights?

  @Option(
    help: ArgumentHelp(
      "The share of each label that is spread over all classes: 0 or more, below 1. (default: 0)", valueName: "share"))
  var labelSmoothing: Double?

  @Option(
    help: ArgumentHelp(
      """
      Validate and keep means of the weights over the steps, by this share of the mean a step: above 0, below 1, such as \
      0.999. (default: the weights themselves)
      """, valueName: "share"))
  var average: Double?

  @Option(
    help: ArgumentHelp(
      "End the training after this number of epochs without a better validation loss: 1 or more. (default: never)",
      valueName: "count"))
  var patience: Int?

  @Option(
    help: ArgumentHelp(
      "The seed of initial weights, clip order and dropout: 0 or more. (default: 0)", valueName: "number"))
  var seed: UInt64?

  func validate() throws {
    if cosine, milestones != nil {
      throw ValidationError("--cosine and --milestones are two ways for the rate to fall")
    }
    if warmup != nil, !cosine { throw ValidationError("--warmup needs --cosine") }
    // A recipe that any number of epochs and milestones goes with, to check the options alone.
    var recipe = Recipe(
      name: "", optimizer: .adam, rate: 1, parts: [], schedule: .plateau(factor: 0.5, patience: 0),
      epochs: Recipe.epochRange.upperBound, batch: Recipe.batchRange.lowerBound)
    try apply(to: &recipe)
  }

  /// The options that a resumed training does not take, and whether they are given.
  var fixed: [(String, Bool)] {
    [
      ("--batch", batch != nil), ("--rate", rate != nil), ("--seed", seed != nil), ("--milestones", milestones != nil),
      ("--accumulate", accumulate != nil), ("--clip-norm", clipNorm != nil), ("--precision", precision != nil),
      ("--cosine", cosine), ("--augment", augment != nil), ("--class-weights", classWeights != nil),
      ("--label-smoothing", labelSmoothing != nil), ("--average", average != nil), ("--patience", patience != nil),
    ]
  }

  /// The options that have no effect on a kind of model, and whether they are given.
  func unused(by kind: any EmotionModel.Type) -> [(String, Bool)] {
    let isPlain = kind.pretrainedParts.isEmpty
    return [
      ("--recompute", recompute && isPlain), ("--precision", precision != nil && isPlain),
      ("--augment", augment != nil && !isPlain),
    ]
  }

  /// Throws a usage error where an option, or one beside the recipe's own values, cannot be followed.
  func apply(to recipe: inout Recipe) throws {
    if let epochs { recipe.epochs = epochs }
    if let batch { recipe.batch = batch }
    if let rate { recipe.rate = rate }
    if let accumulate { recipe.accumulatedBatches = accumulate }
    if let clipNorm { recipe.gradientNorm = clipNorm }
    if let precision { recipe.precision = precision }
    if let augment { recipe.augmentation = augment }
    if let classWeights { recipe.classWeights = classWeights }
    if let labelSmoothing { recipe.labelSmoothing = labelSmoothing }
    if let average { recipe.averaging = average }
    if let patience { recipe.patience = patience }
    if cosine {
      recipe.schedule = .cosine(warmup: warmup ?? 0)
    } else if let milestones {
      recipe.schedule = .milestones(
        factor: recipe.schedule.factor ?? 0.1, epochs: try Self.epochs(milestones, of: recipe.epochs))
    }
    if let (key, reason) = recipe.problem {
      let name = key.split(separator: ".").last!.replacing("_", with: "-")
      throw ValidationError("--\(name) \(reason)")
    }
  }

  /// The numbers of --milestones.
  /// - Parameter count: The training's epochs, before whose last one the rate has to fall.
  private static func epochs(_ milestones: String, of count: Int) throws -> [Int] {
    let found = milestones.split(separator: ",", omittingEmptySubsequences: false).map {
      Int($0.trimmingCharacters(in: .whitespaces)) ?? 0
    }
    guard zip([0] + found, found).allSatisfy(<) else {
      throw ValidationError("--milestones \(milestones): epochs must be whole numbers that rise, from 1 on")
    }
    guard found.last! < count else {
      throw ValidationError(
        "--milestones \(milestones): the training has \(count) epochs, and the rate falls after one")
    }
    return found
  }

  private static let augmentations = Augmentation.Kind.allCases.map { kind in
    kind.rawValue + (kind.standard.map { ":\(String(format: "%g", $0))" } ?? "") + " (\(kind.words))"
  }.joined(separator: ", ")

  private static func words(_ range: ClosedRange<Int>) -> String { "\(range.lowerBound) to \(range.upperBound)" }

  /// A setting of the architectures' standard recipes: "100 for cnnlstm, 150 for fcmfcc", or one where all are equal.
  private static func ofRecipes(_ setting: (Recipe) -> String) -> String {
    let found = EmotionModels.all.map { (name: $0.name, value: setting($0.standardRecipe)) }
    if Set(found.map(\.value)).count == 1 { return found[0].value }
    return found.map { "\($0.value) for \($0.name)" }.joined(separator: ", ")
  }
}

/// A recipe by its name, or the file of one.
enum RecipeChoice: ExpressibleByArgument {
  case named(Recipe.Name)
  case file(String)

  init(argument: String) { self = Recipe.Name(rawValue: argument).map { .named($0) } ?? .file(argument) }

  /// The path of a file; nil of a name.
  var file: String? { if case .file(let path) = self { path } else { nil } }

  static let standard = Recipe.Name.published
}

extension EmotionModel {
  /// The recipe of a training that names none.
  static var standardRecipe: Recipe { recipes[RecipeChoice.standard] ?? recipes[.report]! }
}

extension Recipe.ClassWeights: ExpressibleByArgument {}
