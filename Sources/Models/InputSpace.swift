/// A place on the path from the waveform to the logits that an explanation can attribute to.
public enum InputSpace: String, CaseIterable, Codable, Sendable, CodingKeyRepresentable {
  /// [batch, samples].
  case waveform
  /// The magnitudes of the waveform's STFT, [batch, 1, bins, frames], its phases held fixed: a virtual layer that leaves the
  /// waveform as it is (Vielhaben et al. 2024, arXiv:2303.06365), through which anything on the way from the waveform is
  /// also seen in seconds × Hz. No model reads it.
  case spectrogram
  /// log-mel in dB, [batch, 1, mels, frames].
  case mel
  /// [batch, 1, rows, frames]: coefficients, and their deltas below them where the front-end has some.
  case mfcc
}
