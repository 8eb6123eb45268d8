import ArgumentParser
import Tensors

/// The precision of the products of models that answer.
struct PrecisionOption: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      How exactly the products of encoders and linear maps read their factors: float32, or bfloat16 (eight significant bits), \
      in half the time on processors that multiply such numbers (AVX-512 BF16). (default: float32)
      """, valueName: "name"))
  var precision: Precision?

  var value: Precision { precision ?? .float32 }
}

extension Precision: ExpressibleByArgument {}
