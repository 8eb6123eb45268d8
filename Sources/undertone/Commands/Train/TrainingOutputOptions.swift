import ArgumentParser
import Training

/// Where a training writes, what, and what it keeps for the next one.
struct TrainingOutputOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      Keep computed features in this folder for the next run. (default: not kept, but a frozen encoder's states in \
      \(statesFolder))
      """, valueName: "folder"))
  var cache: String?

  @Option(
    help: ArgumentHelp(
      """
      The number of gigabytes that a frozen encoder's states may take on the disk, above 0; those of other encoders \
      make room, the oldest first. (default: \(EncodedStates.standardLimit / 1_000_000_000))
      """, valueName: "GB"))
  var cacheLimit: Double?

  @Option(help: ArgumentHelp("The model folder. (default: output/train/ARCHITECTURE)", valueName: "folder"))
  var output: String?

  @OptionGroup var drawing: FigureOption

  @Flag(help: "Also write a self-contained HTML page: the curves, with their numbers as tables.")
  var html = false

  @Flag(help: "Also write events for TensorBoard into the model folder: losses, scores and rate by epoch.")
  var tensorboard = false

  @OptionGroup var threads: ThreadOption

  @Flag(help: "Train even if the output folder holds a model; it is replaced.")
  var overwrite = false

  @Flag(help: "Print one JSON object per epoch.")
  var json = false

  /// Where a frozen encoder's states are kept without --cache.
  static let statesFolder = "output/states"

  func validate() throws {
    if let cacheLimit, !(cacheLimit > 0 && cacheLimit <= 1_000_000) {
      throw ValidationError("--cache-limit must lie above 0 and at most 1000000")
    }
  }

  /// The options that a resumed training does not take, and whether they are given.
  var fixed: [(String, Bool)] { [("--output", output != nil), ("--overwrite", overwrite)] }
}
