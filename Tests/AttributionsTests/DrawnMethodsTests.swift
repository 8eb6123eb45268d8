import AudioFeatures
import Basics
import Foundation
import Layers
import Models
import TestSupport
import Tensors
import Testing

@testable import Attributions

/// Methods that draw, beside slow twins that draw the same.
@Suite("Drawn methods beside their formulas")
struct DrawnMethodsTests {
  private let target = Target(2, versus: 1)

  /// Where the rows and columns of an input stand, in tiles of 0.4 s × 3000 Hz.
  private func places(_ clip: Clip, _ space: InputSpace) -> (rows: [Double], columns: [Double]) {
    let shape = clip[space].shape
    let seconds = space == .waveform ? 1.0 / 16_000 : 0.016
    let hertz: [Double] =
      switch space {
      case .waveform: [0]
      case .spectrogram: (0...512).map { Double($0) * 15.625 }
      case .mel: FrontEnd().melCentres
      case .mfcc: (0..<40).map { 100 + 200 * Double($0) }
      }
    return (hertz.map { $0 / 3000 }, (0..<shape[shape.count - 1]).map { Double($0) * seconds / 0.4 })
  }

  @Test(
    "RISE is Σ score · mask / Σ mask less the mean score, over masks of coin tosses enlarged and moved",
    arguments: [InputSpace.mel, .mfcc, .waveform])
  func rise(_ space: InputSpace) throws {
    let clip = makeSampledClip(.cnnatt)
    let draws = 40  // More than a batch.
    var options = MethodOptions()
    (options[.draws], options.seed, options[.tile]) = (draws, 7, TileSize(seconds: 0.4, hertz: 3000))
    let found = try RISE(options).attribute(clip, at: space, target: target).values

    let (rows, columns) = places(clip, space)
    let (x, silence) = (clip[space].floats.map(Double.init), clip.silence(at: space).floats.map(Double.init))
    var generator = SeededGenerator(seed: 7)
    var (masks, scores): ([[Double]], [Double]) = ([], [])
    for _ in 0..<draws {
      let (down, across) = (generator.uniform(in: 0..<1), generator.uniform(in: 0..<1))
      let (height, width) = (Int(rows.last!) + 3, Int(columns.last!) + 3)
      let tosses = (0..<height).map { _ in (0..<width).map { _ in generator.uniform(in: 0..<1) < 0.5 ? 1.0 : 0 } }
      /// A place has the tosses around it, each by how near it is.
      let mask = rows.flatMap { row in
        columns.map { column in
          var sum = 0.0
          for i in 0..<height where abs(row + down - Double(i)) < 1 {
            for j in 0..<width where abs(column + across - Double(j)) < 1 {
              sum += (1 - abs(row + down - Double(i))) * (1 - abs(column + across - Double(j))) * tosses[i][j]
            }
          }
          return sum
        }
      }
      let heard = mask.indices.map { Float(mask[$0] * x[$0] + (1 - mask[$0]) * silence[$0]) }
      let logits = clip.logits(Tensor(heard, shape: clip[space].shape), at: space).floats
      masks.append(mask)
      scores.append(Double(logits[2]) - Double(logits[1]))
    }
    let mean = scores.reduce(0, +) / Double(draws)
    let expected = x.indices.map { place in
      var (weighted, total) = (0.0, 0.0)
      for (mask, score) in zip(masks, scores) {
        weighted += score * mask[place]
        total += mask[place]
      }
      return total > 0 ? weighted / total - mean : 0
    }
    #expect(relativeDistance(found, expected) < 1e-4)
  }

  @Test(
    "SmoothGrad, its square and VarGrad are the mean, mean square and variance of the gradients of the same noisy copies",
    arguments: [InputSpace.mel, .mfcc])
  func noise(_ space: InputSpace) throws {
    let clip = makeSampledClip(.cnnatt)
    let draws = 40  // More than a batch.
    var options = MethodOptions()
    (options[.draws], options.seed, options[.noise]) = (draws, 11, 0.05)
    let x = clip[space].floats
    let deviation = 0.05 * Double(x.max()! - x.min()!)
    var generator = SeededGenerator(seed: 11)
    let gradients = (0..<draws).map { _ in
      let noisy = x.map { $0 + Float(deviation * generator.normal()) }
      return clip.gradient(Tensor(noisy, shape: clip[space].shape), at: space, target: target).floats.map(Double.init)
    }
    let mean = x.indices.map { place in gradients.reduce(0) { $0 + $1[place] } / Double(draws) }
    let square = x.indices.map { place in gradients.reduce(0) { $0 + $1[place] * $1[place] } / Double(draws) }
    let variance = x.indices.map { place in
      gradients.reduce(0) { $0 + ($1[place] - mean[place]) * ($1[place] - mean[place]) } / Double(draws)
    }
    for (name, expected) in [("smoothgrad", mean), ("smoothgrad-squared", square), ("vargrad", variance)] {
      let found = try AttributionMethods.make(name, options).attribute(clip, at: space, target: target).values
      #expect(relativeDistance(found, expected) < 2e-4, "\(name)")
    }
  }
}
