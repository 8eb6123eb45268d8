import AudioFeatures
import Basics
import Models

/// A network's inputs for one clip, with the clip's labels.
public struct ClipFeatures: Sendable, Equatable {
  /// The clip at one place on its path.
  public struct Input: Sendable, Equatable {
    /// [rows, columns]: columns are frames, or the waveform's samples.
    public let values: [Float]
    /// [rows]: the column that zero samples after the clip give. The log-mel's floor follows the clip's loudest cell, so
    /// each clip has a silence of its own.
    public let silence: [Float]

    public init(values: [Float], silence: [Float]) {
      demand(values.count.isMultiple(of: silence.count), "\(values.count) values in \(silence.count) rows")
      (self.values, self.silence) = (values, silence)
    }

    public var columns: Int { values.count / silence.count }
  }

  /// The clip's path as in the manifest.
  public let path: String
  public let origin: String
  /// The index of its emotion among the model's classes; nil for a model without classes.
  public let label: Int?
  /// The true values of the model's dimensions.
  public let dimensions: [Float]
  public let inputs: [InputSpace: Input]
  /// The number of the clip's samples.
  public let samples: Int
  /// How it sounds; nil where that was not measured.
  public let statistics: SoundStatistics?
  /// The seconds of its file where only the beginning is used, else nil.
  public let cutFrom: Double?
  /// The values of a frozen encoder, in place of the waveform; nil where the whole network runs.
  var encoded: EncodedClip?
  /// The shares of its raters' votes for each of the model's classes, summing to 1; nil where they were not read.
  public var votes: [Float]?
  /// The clip's samples before they are fitted to a model's length; nil where they are not kept.
  var sound: [Float]?

  public init(
    path: String, origin: String, label: Int?, dimensions: [Float] = [], inputs: [InputSpace: Input], samples: Int,
    statistics: SoundStatistics? = nil, cutFrom: Double? = nil
  ) {
    demand(!inputs.isEmpty, "a clip without an input")
    (self.path, self.origin, self.label, self.dimensions) = (path, origin, label, dimensions)
    (self.inputs, self.samples, self.statistics, self.cutFrom) = (inputs, samples, statistics, cutFrom)
  }
}

extension ClipFeatures {
  /// The number of columns of the longest input: frames, or samples.
  var columns: Int { inputs.values.map(\.columns).max()! }

  func add(to print: inout Fingerprint) {
    for (_, input) in inputs.sorted(by: { $0.key.rawValue < $1.key.rawValue }) { print.add(input.values) }
  }
}
