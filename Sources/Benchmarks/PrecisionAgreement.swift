import Attributions
import AudioFiles
import Basics
import Corpora
import Encoders
import Foundation
import Layers
import Models
import Tensors

/// How far saliency at the waveform of an encoder with random weights stays the same when products read their factors as
/// bfloat16.
struct PrecisionAgreement {
  let encoder: BenchmarkedEncoder
  /// Spearman's rank correlation of each clip's saliency in bfloat16 with that in float32: of all samples, and of the means
  /// over the encoder's frames.
  let ofSamples, ofFrames: [Double]
  /// Clips whose predicted class stays the same.
  let sameClass: Int

  static let header = "saliency in bfloat16 beside float32, rank correlation: median (lowest) over clips"

  /// The samples of a frame.
  private static let frame = 320

  init(_ encoder: BenchmarkedEncoder, clips: [[Float]]) {
    self.encoder = encoder
    let model = encoder.classifier()
    var (samples, frames, same) = ([Double](), [Double](), 0)
    for clip in clips {
      let exact = Self.saliency(of: clip, on: model, .float32)
      let rounded = Self.saliency(of: clip, on: model, .bfloat16, target: exact.predicted)
      samples.append(Self.correlation(exact.values, rounded.values))
      frames.append(Self.correlation(Self.byFrame(exact.values), Self.byFrame(rounded.values)))
      same += exact.predicted == rounded.predicted ? 1 : 0
    }
    (ofSamples, ofFrames, sameClass) = (samples, frames, same)
  }

  /// So many clips of speech-like sound.
  static func clips(_ count: Int) throws -> [[Float]] {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("undertone-agreement").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let emotions = Emotion.known.count
    let corpus = SyntheticCorpus(clipsPerEmotion: (count + emotions - 1) / emotions)
    let manifest = try corpus.write(to: folder)
    return try manifest.entries.prefix(count).map {
      try AudioClip.trimmedSpeech(path: manifest.fullPath(of: $0), sampleRate: 16_000).samples
    }
  }

  private static func saliency(
    of samples: [Float], on model: TrainedModel, _ precision: Precision, target: Int? = nil
  ) -> (values: [Float], predicted: Int) {
    let input = Tensor(samples, shape: [1, samples.count]).variable()
    let pass = ForwardPass(.inference, precision: precision)
    let logits = model.network(NetworkInput([.waveform: input]), pass)
    let predicted = logits.floats.likeliestClass
    let score = Target(target ?? predicted).score(logits).sum()
    return (pass.gradients(of: score, at: [input])[0].absolute().floats, predicted)
  }

  private static func byFrame(_ values: [Float]) -> [Float] {
    stride(from: 0, to: values.count - frame + 1, by: frame).map { values[$0..<($0 + frame)].reduce(0, +) }
  }

  private static func correlation(_ a: [Float], _ b: [Float]) -> Double {
    Agreement(a, b, rows: 1, columns: a.count, isSigned: false).values[.spearman] ?? .nan
  }

  var line: String {
    func words(_ values: [Double]) -> String {
      let sorted = values.sorted()
      return String(format: "%.4f (%.4f)", sorted[sorted.count / 2], sorted[0])
    }
    return "\(encoder.rawValue): samples \(words(ofSamples)), frames \(words(ofFrames)), "
      + "same class \(sameClass) of \(ofSamples.count)"
  }
}
