import Basics

/// Sound of one channel, and facts about the file that it came from.
public struct AudioClip: Sendable, Equatable {
  /// Amplitudes, [samples]; full scale is −1…1 (float files may exceed it).
  public var samples: [Float]
  /// Samples a second.
  public var sampleRate: Int
  /// Samples a second in the file, before resampling.
  public let sourceSampleRate: Int
  /// Channels in the file; the clip is the first of them.
  public let sourceChannels: Int
  /// Seconds in the file, whatever limit it was read with.
  public let sourceDuration: Double
  /// Whether a limit cut the clip, so that it is only the beginning of its file.
  public let isCut: Bool
  /// What the decoder had to say of the file, in lines: an MP3 file that is damaged is decoded all the same.
  public internal(set) var decoderRemarks = 0
  /// Where the samples stand in the file.
  public var place: ClipPlace

  /// A clip that comes from no file, or from `start` seconds of one on.
  public init(samples: [Float], sampleRate: Int, start: Double = 0) {
    demand(sampleRate > 0, "a clip needs a positive sample rate, not \(sampleRate)")
    self.init(
      samples: samples, sampleRate: sampleRate, sourceSampleRate: sampleRate, sourceChannels: 1,
      sourceDuration: Double(samples.count) / Double(sampleRate), isCut: false)
    place = ClipPlace(start..<start + duration)
  }

  init(
    samples: [Float], sampleRate: Int, sourceSampleRate: Int, sourceChannels: Int, sourceDuration: Double,
    isCut: Bool
  ) {
    self.samples = samples
    self.sampleRate = sampleRate
    self.sourceSampleRate = sourceSampleRate
    self.sourceChannels = sourceChannels
    self.sourceDuration = sourceDuration
    self.isCut = isCut
    place = ClipPlace(0..<Double(samples.count) / Double(sampleRate))
  }

  /// The samples of a range, with their place in the file.
  public func part(_ range: Range<Int>) -> AudioClip {
    var part = self
    part.samples = Array(samples[range])
    let start = place.start + Double(range.lowerBound) / Double(sampleRate)
    part.place.speech = start..<start + part.duration
    return part
  }

  /// Seconds.
  public var duration: Double { Double(samples.count) / Double(sampleRate) }
}
