import Basics
import CSndFile

/// A lossy codec of libsndfile, which sounds are stored and sent by.
public enum AudioCodec: String, CaseIterable, Sendable, Codable {
  case opus, mp3, vorbis

  /// Kilobits a second that it has for speech where nothing else is asked.
  public var usualKilobits: Double { self == .opus ? 16 : 32 }

  fileprivate var format: Int {
    switch self {
    case .opus: SF_FORMAT_OGG | SF_FORMAT_OPUS
    case .mp3: SF_FORMAT_MPEG | SF_FORMAT_MPEG_LAYER_III
    case .vorbis: SF_FORMAT_OGG | SF_FORMAT_VORBIS
    }
  }

  /// The sample rate at which it takes sounds of another.
  fileprivate func sampleRate(for own: Int) -> Int {
    switch self {
    case .opus: [8_000, 12_000, 16_000, 24_000].first { $0 >= own } ?? 48_000
    case .mp3: [8_000, 11_025, 12_000, 16_000, 22_050, 24_000, 32_000, 44_100].first { $0 >= own } ?? 48_000
    case .vorbis: own
    }
  }

  /// libsndfile's level of compression, 0…1, for a rate. MP3 and Opus follow it linearly; Opus's files are some 7 kbit/s
  /// larger than it asks for. Vorbis has qualities instead, whose files at 16 kHz have 17 to 25 kbit/s.
  fileprivate func compression(kilobits: Double, sampleRate: Int) -> Double {
    let (least, most): (Double, Double) =
      switch self {
      case .opus: (6 + 7, 256 + 7)
      case .mp3: sampleRate >= 32_000 ? (32, 320) : sampleRate >= 16_000 ? (8, 160) : (8, 64)
      case .vorbis: (17, 25)
      }
    return min(1, max(0, 1 - (kilobits - least) / (most - least)))
  }
}

extension AudioClip {
  /// The sound after a codec and back: as long as it was, and where it was.
  /// - Parameter kilobits: Kilobits a second; the codec's nearest rate is taken.
  public func coded(by codec: AudioCodec, kilobits: Double? = nil) -> AudioClip {
    demand(!samples.isEmpty && samples.allSatisfy(\.isFinite), "\(codec) encodes some samples, all finite")
    let sent = resampled(to: codec.sampleRate(for: sampleRate))
    let bytes = sent.encoded(
      codec.format,
      set: { file in
        if codec == .mp3 {
          var mode = Int32(SF_BITRATE_MODE_CONSTANT)
          sf_command(file, Int32(SFC_SET_BITRATE_MODE), &mode, Int32(MemoryLayout<Int32>.size))
        }
        var level = codec.compression(kilobits: kilobits ?? codec.usualKilobits, sampleRate: sent.sampleRate)
        sf_command(file, Int32(SFC_SET_COMPRESSION_LEVEL), &level, Int32(MemoryLayout<Double>.size))
      }, write: { file, count in sf_write_float(file, sent.samples, count) })
    var came = sent
    came.samples = Self.decoded(bytes)
    // Frames of the lowest rates have no room for LAME's header, which says by how much encoder and decoder come late.
    let late = codec == .mp3 && came.samples.count > sent.samples.count ? 576 + 529 : 0
    came.samples.removeFirst(min(late, came.samples.count))
    var coded = self
    coded.samples = Array(came.resampled(to: sampleRate).samples.prefix(samples.count))
    coded.samples += repeatElement(0, count: samples.count - coded.samples.count)
    return coded
  }

  /// The sound at another sample rate, by libsamplerate's best sinc filter.
  public func resampled(to rate: Int) -> AudioClip {
    guard rate != sampleRate else { return self }
    var resampled = self
    resampled.sampleRate = rate
    resampled.samples = []
    let converter = resampler(from: sampleRate, to: rate)
    converter.feed(samples[...], into: &resampled.samples)
    converter.finish(into: &resampled.samples)
    return resampled
  }

  /// The samples of a file of one channel.
  private static func decoded(_ bytes: [UInt8]) -> [Float] {
    var information = SF_INFO()
    let memory = MemoryFile(bytes)
    return withExtendedLifetime(memory) {
      let file = memory.openKnown(SFM_READ, &information)
      defer { sf_close(file) }
      var samples: [Float] = []
      var block = [Float](repeating: 0, count: 16_384)
      while true {
        let count = Int(sf_readf_float(file, &block, sf_count_t(block.count)))
        guard count > 0 else { return samples }
        samples += block[..<count]
      }
    }
  }
}
