import Foundation
import Layers
import Models
import Tensors
import Testing

@testable import Attributions

/// What Captum, SciPy and NumPy say of inputs made by the same formula: Tests/Fixtures/measures.py writes the file.
@Suite("Measures beside Captum and SciPy")
struct CaptumMeasuresTests {
  private struct Stored: Decodable {
    struct OfMethod: Decodable {
      let infidelity, scaledInfidelity, sensitivity: Double

      enum CodingKeys: String, CodingKey {
        case infidelity, sensitivity
        case scaledInfidelity = "scaled infidelity"
      }
    }
    struct OfModel: Decodable {
      let logits: [Double]
      let saliency, inputTimesGradient: OfMethod

      enum CodingKeys: String, CodingKey {
        case logits, saliency
        case inputTimesGradient = "input-x-gradient"
      }
    }
    let numbers: [String: Double]
    let cnnlstm, fcmfcc, cnnatt: OfModel

    subscript(architecture: Architecture) -> OfModel {
      switch architecture {
      case .cnnlstm: cnnlstm
      case .fcmfcc: fcmfcc
      case .cnnatt: cnnatt
      }
    }
  }

  private let stored: Stored

  init() throws {
    let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "Fixtures/measures.json")
    stored = try JSONDecoder().decode(Stored.self, from: Data(contentsOf: path))
  }

  /// As in measures.py, to the bit.
  private static func sampled(_ name: String, _ shape: [Int]) -> Tensor {
    let seed = name.utf8.reduce(0xcbf2_9ce4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    let values = (0..<UInt64(shape.reduce(1, *))).map { position in
      // SplitMix64's output function (Steele, Lea and Flood 2014).
      var z = (seed &+ position) &* 0x9e37_79b9_7f4a_7c15
      z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
      z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
      return Float((z ^ (z >> 31)) >> 40) / 8_388_608 - 1
    }
    return Tensor(values, shape: shape)
  }

  private static func model(_ architecture: Architecture) -> TrainedModel {
    let model = TrainedModel(untrained: .init(architecture: architecture), seed: 0)
    for (name, parameter) in model.network.namedParameters where parameter.role != .counter {
      let values = sampled(name, parameter.shape)
      if parameter.shape.count >= 2 {
        parameter.value = values * (6 / Float(parameter.shape.dropFirst().reduce(1, *))).squareRoot()
      } else if name.hasSuffix("running_var") || name.hasSuffix("norm.weight") {
        parameter.value = values * 0.5 + 1
      } else {
        parameter.value = values * 0.25
      }
    }
    return model
  }

  private struct InputTimesGradient: AttributionMethod {
    static let name = "test: input times gradient"
    static let family = MethodFamily.gradient
    static let source = "here"
    static let summary = "x ∂f/∂x"
    static let cost = "1 gradient"
    static let isSigned = true

    init(_ options: MethodOptions = MethodOptions()) {}

    func attribute(_ clip: ClipPath, at space: InputSpace, target: Target) -> AttributionResult {
      AttributionResult(clip.gradient(clip[space], at: space, target: target) * clip[space])
    }
  }

  @Test("Infidelity and maximum sensitivity with the same draws are Captum's", arguments: Architecture.allCases)
  func captum(_ architecture: Architecture) throws {
    let fall = Tensor((0..<20_000).map { 1 - 0.99 * Float($0) / 19_999 }, shape: [20_000])
    let samples = (Self.sampled("measures clip", [20_000]) * 0.25 * fall).floats
    let clip = ClipPath(samples, model: Self.model(architecture))
    let space = architecture.inputSpace
    let expected = stored[architecture]
    #expect(zip(clip.logits().floats, expected.logits).allSatisfy { abs(Double($0) - $1) < 1e-4 * max(1, abs($1)) })

    let shape = clip[space].shape
    let replacement = Replacement(of: clip, at: space)
    let parts = (0..<24).map { part in
      Self.sampled("\(architecture.rawValue) part \(part)", shape).floats.enumerated().filter { $0.element > 0.5 }
        .map(\.offset)
    }
    let removals = Removals(parts, target: Target(2), replacement: replacement)
    let floats = clip[space].floats
    let bound = 0.02 * (floats.max()! - floats.min()!)
    let offsets = (0..<6).map { Self.sampled("\(architecture.rawValue) offset \($0)", shape) * bound }
    let methods: [(any AttributionMethod, Stored.OfMethod)] = [
      (Saliency(), expected.saliency), (InputTimesGradient(), expected.inputTimesGradient),
    ]
    for (method, numbers) in methods {
      let attribution = try method.attribute(clip, at: space, target: Target(2)).values
      let infidelity = removals.infidelity(of: replacement.cells.sums(attribution))
      #expect(abs(infidelity.plain / numbers.infidelity - 1) < 1e-3, "\(method.name)")
      #expect(abs(infidelity.scaled / numbers.scaledInfidelity - 1) < 1e-3, "\(method.name)")
      let sensitivity = try #require(
        try method.maximumSensitivity(of: attribution, clip, at: space, target: Target(2), offsets: offsets))
      #expect(abs(sensitivity / numbers.sensitivity - 1) < 1e-3, "\(method.name)")
      if ProcessInfo.processInfo.environment["UNDERTONE_REPORT"] != nil {
        print(
          "Measures of \(architecture) differ by", infidelity.plain / numbers.infidelity - 1,
          infidelity.scaled / numbers.scaledInfidelity - 1, sensitivity / numbers.sensitivity - 1)
      }
    }
  }

  @Test("Sparseness, complexity and rank correlation are NumPy's and SciPy's")
  func numbers() throws {
    func values(_ name: String) -> [Double] {
      Self.sampled("measures \(name)", [500]).floats.map { (Double($0) * 20).rounded(.toNearestOrEven) / 20 }
    }
    let (a, b) = (values("a"), zip(values("b"), values("a")).map { $0 + $1 / 2 })
    let sizes = a.map(abs)
    #expect(abs(try #require(Concentration.gini(sizes)) - stored.numbers["gini"]!) < 1e-9)
    #expect(abs(try #require(Concentration.entropy(sizes)) - stored.numbers["entropy"]!) < 1e-9)
    #expect(abs(try #require(Ranking(a).correlation(with: Ranking(b))) - stored.numbers["spearman"]!) < 1e-9)
  }
}
