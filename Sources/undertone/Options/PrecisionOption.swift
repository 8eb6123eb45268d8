import ArgumentParser
import Models
import Tensors

/// The precision of the products of models that answer.
struct PrecisionOption: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      How exactly the products of a model with an encoder read their factors: float32, or bfloat16 (eight significant bits), \
      in half the time on processors that multiply such numbers (AVX-512 BF16). Methods with backward rules of their own \
      read float32. (default: float32)
      """, valueName: "name"))
  var precision: Precision?

  /// The model in the precision that is asked for, where that has an effect.
  func applied(to model: TrainedModel) -> TrainedModel {
    guard let precision, !model.kind.pretrainedParts.isEmpty else { return model }
    return model.reading(in: precision)
  }

  /// Throws a usage error where a precision is asked for that has no effect on any of the models.
  func check(_ models: [TrainedModel]) throws {
    guard precision != nil, models.allSatisfy({ $0.kind.pretrainedParts.isEmpty }) else { return }
    throw ValidationError(
      "--precision has no effect on \(models.map(\.name).joined(separator: ", ")): it is of models with an encoder")
  }
}

extension Precision: ExpressibleByArgument {}
