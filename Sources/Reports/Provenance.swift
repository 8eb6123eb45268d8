import Basics
import Corpora
import Models
import Tensors
import Training

extension TrainedModel {
  /// The provenance of a figure made from `source`, a file or a manifest: entries of its metadata, to which a figure adds its own.
  /// - Parameter manifest: The contents of `source`, where it is a manifest: they may change.
  public func provenance(source: String, manifest: Manifest? = nil) -> [String: String] {
    var entries = [
      "Software": "Undertone \(undertoneVersion)", "Source": shownPath(source), "Model": "\(name) (\(digest))",
      "Architecture": kind.name, "Command": commandLine,
    ]
    entries["Source digest"] = manifest?.digest
    return entries
  }
}

extension Manifest {
  /// A digest of a manifest: of its paths, emotions, origins and speakers, in their order.
  public var digest: String {
    var print = Fingerprint()
    for entry in entries {
      for value in [entry.path, entry.emotion.rawValue, entry.origin, entry.speaker ?? ""] { print.add(value) }
    }
    return print.hexadecimal
  }
}
