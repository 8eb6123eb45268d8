import Attributions
import Basics
import Corpora
import Foundation
import Models

/// What is certified of one clip, with several noises.
public struct ClipCertificates: Codable {
  /// The class that the model says of the clip without noise, and the clip's own; nil where it is not known.
  let said: Int
  let truth: Int?
  /// ‖x‖ of the clip's own samples.
  let norm: Double
  /// By noise.
  let certificates: [Certificate]

  init(said: Int, truth: Int?, norm: Double, certificates: [Certificate]) {
    (self.said, self.truth, self.norm, self.certificates) = (said, truth, norm, certificates)
  }

  /// - Parameters:
  ///   - isLabelled: Whether the clip's emotion is a class of the model.
  ///   - seed: Of the noise, which is other noise for each clip.
  ///   - progress: Called with the share that is done.
  /// - Throws: `ExplanationError` or `CertificationError` with the clip's path.
  public init(
    _ item: ClipJob<ClipCertificates>.Item, of model: TrainedModel, _ smoothings: [RandomizedSmoothing],
    isLabelled: Bool, seed: UInt64, progress: (Double) -> Void
  ) throws {
    guard let speech = item.sound.trimmed(model.configuration.trimming) else {
      throw ExplanationError.silent(path: item.path)
    }
    let clip = Clip(speech, model: model)
    said = try clip.probabilities(path: item.path).likeliestClass
    truth = isLabelled ? model.configuration.classIndex(of: item.entry.emotion) : nil
    norm = clip.waveform.floats.prefix(clip.sampleCount).norm
    var generator = SeededGenerator(seed: seed, of: item.entry.path)
    var found: [Certificate] = []
    for (place, smoothing) in smoothings.enumerated() {
      do throws(CertificationError) {
        found.append(
          try smoothing.certificate(of: clip, using: &generator) {
            progress((Double(place) + $0) / Double(smoothings.count))
          })
      } catch {
        throw CertificationError.of(path: item.path, error)
      }
    }
    certificates = found
  }

  /// The class that is right: the clip's own, and where it is not known, what the model says without noise.
  var wanted: Int { truth ?? said }

  /// Whether the right class is certified with a noise, and of every change as large or smaller.
  /// - Parameter isWithin: Whether a certificate reaches so far.
  func holds(_ noise: Int, where isWithin: (Certificate) -> Bool = { _ in true }) -> Bool {
    let own = certificates[noise]
    return own.certified == wanted && isWithin(own)
  }

  /// Whether what was read from a file can be of so many classes and of these noises.
  public func isPossible(classes: Int, _ smoothings: [RandomizedSmoothing]) -> Bool {
    guard (0..<classes).contains(said), truth.map((0..<classes).contains) ?? true else { return false }
    return norm.isFinite && norm >= 0 && certificates.count == smoothings.count
      && zip(certificates, smoothings).allSatisfy { $0.isPossible(classes: classes, $1) }
  }
}
