import AudioFeatures
import Foundation
import Layers
import Models
import Tensors
import TestSupport
import Testing

@testable import Attributions

@Suite("Saliency")
struct SaliencyTests {
  struct Case: CustomTestStringConvertible {
    let architecture: Architecture
    let space: InputSpace

    var testDescription: String { "\(architecture) on \(space)" }

    static let all = Architecture.allCases.flatMap { architecture in
      InputSpace.allCases.map { Case(architecture: architecture, space: $0) }
    }
  }

  @Test("Is the size of difference quotients at sampled points", arguments: Case.all)
  func differences(_ test: Case) throws {
    // Five seconds of sound: in padding all cells are alike, and which of them a maximum takes is anyone's choice.
    let clip = Clip(makeSpeech(80_000), model: makeModel(test.architecture))
    let target = Target(2)
    var options = MethodOptions()
    options[.per] = "amplitude"
    let saliency = try Saliency(options).attribute(clip, at: test.space, target: target).values
    let input = clip[test.space]
    #expect(saliency.shape == input.shape)
    let (floats, sizes) = (input.floats, saliency.floats.map(Double.init))
    let signs = clip.gradient(clip[test.space], at: test.space, target: target).floats.map { $0 < 0 ? -1 : 1 as Float }
    let step: Float =
      switch test.space {
      case .waveform: 1e-4
      case .spectrogram: 0.005
      case .mel: 0.02
      case .mfcc: 0.04
      }
    // Fifty points at a time, each a step along its gradient's sign: together they move the score clear of rounding.
    var worst = 0.0
    for group in 0..<10 {
      let places = stride(from: group, to: sizes.count, by: sizes.count / 50 + 1)
      func score(_ step: Float) -> Double {
        var moved = floats
        for place in places { moved[place] += step * signs[place] }
        let logits = clip.logits(Tensor(moved, shape: input.shape), at: test.space)
        return Double(logits.floats[target.emotion])
      }
      let quotient = (score(step) - score(-step)) / (2 * Double(step))
      worst = max(worst, abs(quotient / places.reduce(0) { $0 + sizes[$1] } - 1))
    }
    #expect(worst < 0.05)
    if ProcessInfo.processInfo.environment["UNDERTONE_REPORT"] != nil {
      print(test.testDescription, worst, sizes.reduce(0, +) / Double(sizes.count), clip.logits.floats[2])
    }
  }

  @Test("A class against another is the difference of the two gradients", arguments: Case.all)
  func versus(_ test: Case) throws {
    let clip = Clip(makeSpeech(30_000), model: makeModel(test.architecture))
    let first = clip.gradient(clip[test.space], at: test.space, target: Target(0))
    let second = clip.gradient(clip[test.space], at: test.space, target: Target(3))
    let both = clip.gradient(clip[test.space], at: test.space, target: Target(0, versus: 3))
    #expect(relativeDistance(both, first - second) < 1e-4)
    var options = MethodOptions()
    options[.per] = "amplitude"
    let plain = try Saliency(options).attribute(clip, at: test.space, target: Target(0, versus: 3)).values
    // Of a clip itself the gradient is taken at its own samples, of other inputs at those that its spectrogram is brought back to:
    // rounding moves some units of a network of drawn weights over their corner.
    #expect(relativeDistance(plain, both.absolute()) < (test.space == .spectrogram ? 5e-3 : 1e-5))
    // Per dB: a gain of 1 dB changes an amplitude x by x · ln 10 / 20; the mel and the MFCC are in dB already.
    let saliency = try Saliency().attribute(clip, at: test.space, target: Target(0, versus: 3)).values
    let isLevel = [InputSpace.mel, .mfcc].contains(test.space)
    let expected = isLevel ? plain : plain * clip[test.space].absolute() * Float(log(10.0) / 20)
    #expect(relativeDistance(saliency, expected) < 1e-6)
    // Exchanging the two changes the sign only.
    let exchanged = try Saliency().attribute(clip, at: test.space, target: Target(3, versus: 0)).values
    #expect(relativeDistance(exchanged, saliency) < 1e-5)
  }

  @Test("The MFCC of a model that reads the mel: its gradient is C times the mel's")
  func virtualMFCC() {
    let clip = Clip(makeSpeech(30_000), model: makeModel(.cnnlstm))
    let mel = clip.gradient(clip[.mel], at: .mel, target: Target(1))
    let mfcc = clip.gradient(clip[.mfcc], at: .mfcc, target: Target(1))
    let cosines = clip.model.configuration.frontEnd.cosines.floats
    let melFloats = mel.floats
    let frames = mel.shape[3]
    var expected: [Float] = []
    for k in 0..<40 {
      for frame in 0..<frames {
        let sum = (0..<128).reduce(0.0) {
          $0 + Double(cosines[k * 128 + $1]) * Double(melFloats[$1 * frames + frame])
        }
        expected.append(Float(sum))
      }
    }
    #expect(relativeDistance(mfcc, Tensor(expected, shape: [1, 1, 40, frames])) < 1e-5)
  }

  @Test("Every place on the path leads to the same logits", arguments: Architecture.allCases)
  func path(_ architecture: Architecture) {
    let clip = Clip(makeSpeech(30_000), model: makeModel(architecture))
    for space in InputSpace.allCases {
      #expect(relativeDistance(clip.logits(clip[space], at: space), clip.logits) < 1e-4, "\(space)")
    }
  }

  @Test("In a batch, each clip's gradient is its own", arguments: InputSpace.allCases)
  func batch(_ space: InputSpace) {
    let clip = Clip(makeSpeech(20_000), model: makeModel(.cnnatt))
    let alone = clip.gradient(clip[space], at: space, target: Target(4))
    let other = clip[space] * 0.5
    let batch = Tensor.concatenated([other, clip[space], other], axis: 0).variable()
    let together = gradients(of: Target(4).score(clip.logits(batch, at: space)), at: [batch])[0]
    #expect(relativeDistance(together.slice(axis: 0, 1..<2), alone) < 1e-3)
  }

  @Test("A target is a logit, or the difference of two, for each clip")
  func target() {
    let logits = Tensor([1, 2, 4, 10, 20, 40], shape: [2, 3])
    #expect(Target(1).score(logits).floats == [2, 20])
    #expect(Target(2, versus: 0).score(logits).floats == [3, 30])
    #expect(Target(2, versus: 2).score(logits).floats == [0, 0])
    #expect(Target(1).score(logits).shape == [2])
    #expect(Target(1) != Target(1, versus: 0))
  }

  @Test("Methods are found by name")
  func names() throws {
    #expect(try AttributionMethods.make("saliency") is Saliency)
    #expect(throws: MethodError.unknown(name: "Saliency")) { try AttributionMethods.make("Saliency") }
    #expect(Set(AttributionMethods.all.map { $0.name }).count == AttributionMethods.all.count)
  }
}
