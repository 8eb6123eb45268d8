import Basics
import Models
import Tensors

/// A control: uniform random numbers from 0..<1, different for each clip, target and model.
struct RandomAttribution: AttributionMethod {
  static let description = MethodDescription(
    "random", .control, source: "a control",
    summary: "uniform random numbers",
    cost: "1 prediction", isSigned: false)

  private let seed: UInt64

  init(_ options: MethodOptions = MethodOptions()) { seed = options.seed }

  func attribute(_ clip: Clip, at space: InputSpace, target: Target) -> AttributionResult {
    // The logits make the seed differ between clips and models.
    var print = Fingerprint()
    print.add(seed)
    print.add(clip.logits(clip[space], at: space).floats)
    for number in [target.emotion, target.versus ?? -1] { print.add(UInt64(bitPattern: Int64(number))) }
    var generator = SeededGenerator(seed: print.value)
    return AttributionResult(.uniform(clip.shape(at: space), bound: 0.5, using: &generator) + 0.5)
  }
}
