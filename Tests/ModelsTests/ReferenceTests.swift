import Basics
import Foundation
import Layers
import Models
import Tensors
import TestSupport
import Testing

/// Against what PyTorch, librosa and Captum answer on a real clip: a folder that `peer/reference.py` wrote, named by
/// UNDERTONE_REFERENCE and itself named as the clip. The committed fixtures check the same on made input.
@Suite(
  .enabled(
    if: ProcessInfo.processInfo.environment["UNDERTONE_REFERENCE"] != nil,
    "UNDERTONE_REFERENCE names no folder written by reference.py"))
struct ReferenceTests {
  static var folder: String { ProcessInfo.processInfo.environment["UNDERTONE_REFERENCE"] ?? "" }
  /// The clip, by the name of its folder: 03-01-01-01-01-01-01 of RAVDESS.
  static var clip: String { URL(fileURLWithPath: folder).lastPathComponent }

  /// Clips and models where a saliency has no one value in float32, with a bound of their own: two places of a maximum are
  /// so nearly equal that PyTorch's own saliency jumps by 0.00398 of itself when its input moves by its last bit.
  static let nearTies = ["03-01-05-01-01-01-05 cnnlstm": 5e-3]

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
    let difference = largestDifference(logits.floats, expected.floats) / scale
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
    print("\(architecture.title): saliency differs by \(distance) in the 2-norm")
    #expect(distance < Self.nearTies["\(Self.clip) \(architecture.rawValue)", default: 1e-3])
  }

  @Test("log-mel within 0.005 dB and MFCC within 0.01 of librosa's and SciPy's, but at the floor")
  func frontEnd() throws {
    let model = TrainedModel(untrained: .init(architecture: .fcmfcc), seed: 0)
    let waveform = try NPY.read("\(Self.folder)/waveform.npy")
    let mel = model.features.logMel(waveform.reshaped([1, -1]))
    let expected = try NPY.read("\(Self.folder)/mel.npy").floats
    try #require(mel.count == expected.count)
    let floor = expected.min()!
    let differences = zip(mel.floats, expected).filter { $0.1 > floor + 0.01 }.map { abs($0.0 - $0.1) }
    print(
      "log-mel differs by \(differences.max()!) dB; cells on the floor \(expected.count - differences.count)")
    #expect(differences.max()! < 0.005)

    let mfcc = model.features.mfcc(logMel: mel)
    let expectedMFCC = try NPY.read("\(Self.folder)/mfcc.npy").floats
    let mfccDifference = largestDifference(mfcc.floats, expectedMFCC)
    print("MFCC differs by \(mfccDifference)")
    #expect(mfccDifference < 0.01)
  }
}
