import Basics
import Foundation
import Layers
import Models
import Tensors
import TestSupport
import Testing

/// Against what PyTorch, librosa and Captum answer on a real clip: a folder that `peer/reference.py` wrote, named by
/// UNDERTONE_REFERENCE. The committed fixtures check the same on made input.
@Suite(
  .enabled(
    if: ProcessInfo.processInfo.environment["UNDERTONE_REFERENCE"] != nil,
    "UNDERTONE_REFERENCE names no folder written by reference.py"))
struct ReferenceTests {
  static var folder: String { ProcessInfo.processInfo.environment["UNDERTONE_REFERENCE"] ?? "" }

  @Test(
    "Logits within 1e-4, saliency within 1e-3 of PyTorch's and Captum's", arguments: Architecture.allCases)
  func agrees(_ architecture: Architecture) throws {
    let model = try TrainedModel(folder: "\(Self.folder)/\(architecture.rawValue)")
    let space = architecture.inputSpace
    let input = try NPY.read("\(Self.folder)/\(space.rawValue).npy")
    let x = input.reshaped([1, 1, input.shape[0], input.shape[1]]).variable()
    let logits = model.network(x, .inference)
    let expected = try NPY.read("\(Self.folder)/\(architecture.rawValue)/logits.npy")
    let scale = expected.floats.map(abs).max()!
    let difference = zip(logits.floats, expected.floats).map { abs($0 - $1) }.max()! / scale
    print("\(architecture.title): logits differ by \(difference) of their largest")
    #expect(difference < 1e-4)

    let target = logits.floats.indices.max { logits.floats[$0] < logits.floats[$1] }!
    func saliency(_ x: Tensor) -> Tensor {
      let x = x.variable()
      let logit = model.network(x, .inference).slice(axis: 1, target..<(target + 1))
      return gradients(of: logit, at: [x])[0].absolute()
    }
    let own = saliency(x)
    let captums = try NPY.read("\(Self.folder)/\(architecture.rawValue)/saliency.\(space.rawValue).npy")
    let distance = relativeDistance(own, captums)
    // A saliency jumps where two places of a maximum are nearly equal, or a ReLU's input is nearly zero: no two programs
    // need then agree. It is seen by the saliency's jumping as far when the input moves by float32's own rounding; the
    // filling behind the clip, all of one value, stays as it is, because all programs break its ties alike.
    var generator = SeededGenerator(seed: 0)
    let filling = x.floats.last!
    let jumps = (0..<8).map { _ in
      let moved = x.floats.map { $0 == filling ? $0 : $0 * (1 + 3e-7 * Float(generator.normal())) }
      return relativeDistance(saliency(Tensor(moved, shape: x.shape)), own)
    }
    print("\(architecture.title): saliency differs by \(distance) in the 2-norm; jumps by \(jumps.max()!) of itself")
    #expect(distance < max(1e-3, 1.1 * jumps.max()!))
  }

  @Test("log-mel within 0.02 dB and MFCC within 0.05 of librosa's and SciPy's, but at the floor")
  func frontEnd() throws {
    let model = TrainedModel(untrained: .init(architecture: .fcmfcc), seed: 0)
    let waveform = try NPY.read("\(Self.folder)/waveform.npy")
    let mel = model.features.logMel(waveform.reshaped([1, -1]))
    let expected = try NPY.read("\(Self.folder)/mel.npy").floats
    let floor = expected.min()!
    let differences = zip(mel.floats, expected).filter { $0.1 > floor + 0.01 }.map { abs($0.0 - $0.1) }
    print(
      "log-mel differs by \(differences.max()!) dB; cells on the floor \(expected.count - differences.count)")
    #expect(differences.max()! < 0.02)

    let mfcc = model.features.mfcc(logMel: mel)
    let expectedMFCC = try NPY.read("\(Self.folder)/mfcc.npy").floats
    let mfccDifference = zip(mfcc.floats, expectedMFCC).map { abs($0 - $1) }.max()!
    print("MFCC differs by \(mfccDifference)")
    #expect(mfccDifference < 0.05)
  }
}
