import Foundation
import Layers
import Models
import Tensors
import TestSupport
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
    stored = try JSONDecoder().decode(
      Stored.self, from: Data(contentsOf: Checkout.fixture("measures.json")))
  }

  @Test("Infidelity and maximum sensitivity with the same draws are Captum's", arguments: Architecture.allCases)
  func captum(_ architecture: Architecture) throws {
    let clip = makeSampledClip(architecture)
    let space = architecture.inputSpace
    let expected = stored[architecture]
    #expect(expected.logits.count == 7)
    #expect(zip(clip.logits.floats, expected.logits).allSatisfy { abs(Double($0) - $1) < 1e-4 * max(1, abs($1)) })

    let shape = clip.shape(at: space)
    let replacement = Replacement(of: clip, at: space)
    let parts = (0..<24).map { part in
      sampled("\(architecture.rawValue) part \(part)", shape).floats.enumerated().filter { $0.element > 0.5 }
        .map(\.offset)
    }
    let removals = Removals(parts, target: Target(2), replacement: replacement)
    let floats = clip[space].floats
    let bound = 0.02 * (floats.max()! - floats.min()!)
    let offsets = (0..<6).map { sampled("\(architecture.rawValue) offset \($0)", shape) * bound }
    let methods: [(any AttributionMethod, Stored.OfMethod)] = [
      (Saliency(), expected.saliency), (InputXGradient(), expected.inputTimesGradient),
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
      sampled("measures \(name)", [500]).floats.map { (Double($0) * 20).rounded(.toNearestOrEven) / 20 }
    }
    let (a, b) = (values("a"), zip(values("b"), values("a")).map { $0 + $1 / 2 })
    let sizes = a.map(abs)
    #expect(abs(try #require(Concentration.gini(sizes)) - stored.numbers["gini"]!) < 1e-9)
    #expect(abs(try #require(Concentration.entropy(sizes)) - stored.numbers["entropy"]!) < 1e-9)
    #expect(abs(try #require(Ranking(a).correlation(with: Ranking(b))) - stored.numbers["spearman"]!) < 1e-9)
  }
}
