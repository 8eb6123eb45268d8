import Basics
import Models
import Tensors

/// A method that states a moment of another method's attributions over noisy copies of the clip.
protocol NoisyMethod: AttributionMethod {
  var tunnel: NoiseTunnel { get }
  /// The moment that is stated, from the means of the attributions and of their squares.
  static func moment(mean: Tensor, square: Tensor) -> Tensor
}

extension NoisyMethod {
  public var quantity: Quantity { .squared(tunnel.around.quantity) }
  public var parameters: [String: String] { tunnel.parameters }

  public func checkApplies(to clip: Clip, at space: InputSpace) throws(MethodError) {
    try tunnel.around.checkApplies(to: clip, at: space)
  }

  public func attribute(
    _ clip: Clip, at space: InputSpace, target: Target
  ) throws(MethodError) -> AttributionResult {
    let (mean, square) = try tunnel.moments(clip, at: space, target: target)
    return AttributionResult(Self.moment(mean: mean, square: square))
  }
}

/// Moments of another method's attributions over noisy copies of the clip. The noise's standard deviation is a share of
/// the input's range, from its least to its greatest value.
struct NoiseTunnel: Sendable {
  let draws: Int
  /// The noise's standard deviation, as a share of the input's range.
  let noise: Double
  let seed: UInt64
  let around: any AttributionMethod

  static let defaultDraws = 50
  private static let defaultNoise = 0.1

  static let defaults: [MethodOptions.Name: String] = [
    .draws: "\(defaultDraws)", .noise: "\(defaultNoise)", .around: Gradient.name,
  ]

  init(_ options: MethodOptions) throws(MethodError) {
    draws = try options.draws(default: Self.defaultDraws)
    noise = options[.noise] ?? Self.defaultNoise
    guard noise.isFinite, noise >= 0 else { throw .value(option: "noise", reason: "\(noise) is no share of a range") }
    seed = options.seed
    let name = options[.around] ?? Gradient.name
    guard !Self.names.contains(name) else { throw .value(option: "around", reason: "\(name) adds noise itself") }
    around = try AttributionMethods.make(name)
  }

  static let names = [SmoothGrad.name, SmoothGradSquared.name, VarGrad.name]

  var parameters: [String: String] {
    ["draws": String(draws), "noise": String(noise), "around": around.name, "seed": String(seed)]
  }

  /// The means over noisy copies of the attributions and of their squares.
  func moments(
    _ clip: Clip, at space: InputSpace, target: Target
  ) throws(MethodError) -> (mean: Tensor, square: Tensor) {
    let input = clip[space]
    let values = input.floats
    let deviation = noise * Double(values.max()! - values.min()!)
    // Drawn before for another target or model, or else now.
    let normals = clip.normals.first(draws * values.count, seed: seed)
    var generator = SeededGenerator(seed: seed)
    var (sum, squares) = (Tensor.zeros(input.shape), Tensor.zeros(input.shape))
    for first in stride(from: 0, to: draws, by: clip.batch) {
      try clip.progress?(first, draws)
      let count = min(clip.batch, draws - first)
      let places = (first * values.count)..<((first + count) * values.count)
      let noises =
        normals.map { $0[places].map { Float(deviation * $0) } }
        ?? generator.normals(places.count, deviation: deviation)
      let noisy = input + Tensor(noises, shape: [count] + input.shape.dropFirst())
      let found = try around.attribute(noisy, of: clip, at: space, target: target)
      sum = sum + found.sum(axes: [0])
      squares = squares + found.squared().sum(axes: [0])
    }
    return (sum / Float(draws), squares / Float(draws))
  }
}
