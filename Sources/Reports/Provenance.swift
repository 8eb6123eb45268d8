import Models

/// The version that figures and models name as their maker.
public let undertoneVersion = "0.1.0"

extension TrainedModel {
  /// What made a figure from `source`, a file or a manifest: entries of its metadata, to which a figure adds its own.
  public func provenance(source: String) -> [String: String] {
    [
      "Software": "Undertone \(undertoneVersion)", "Source": source, "Model": "\(name) (\(digest))",
      "Architecture": architecture.rawValue,
    ]
  }
}
