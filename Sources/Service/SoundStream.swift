import AudioFiles
import Basics
import Corpora
import Foundation

/// Sound that arrives in pieces, as samples of 16 bits of one channel, the low byte first: windows of it every hop, and what
/// a model says of them, smoothed over time.
struct SoundStream: Sendable {
  static let parameters = ["rate", "window", "hop", "smooth", "abstain"]
  /// Seconds of a stream at most.
  static let mostSeconds = 3600.0

  /// A window.
  struct Part: Sendable {
    /// Seconds from the start of the stream.
    let start, end: Double
    /// Trimmed, at the model's rate; nil of silence.
    let speech: AudioClip?
  }

  private struct Line: Encodable {
    let start, end: Double
    /// Nil of silence, and where the likeliest class is less likely than it must be.
    let predicted: String?
    let isSilent: Bool
    let probabilities: [String: Double]?
    let values: [String: Double]?
  }

  private let model: ServedModel
  private let rate: Int
  private let window, hop: Int
  /// The share that the probabilities before keep, and the least probability of what is predicted.
  private let smoothing, least: Double
  private var samples: [Float] = []
  /// Of `samples`, in the stream.
  private var first = 0
  private var nextEnd: Int
  private var heard = 0
  private var half: UInt8?
  private var smoothed: [String: Double]?

  init(_ parameters: RequestParameters, for model: ServedModel) throws(RequestFault) {
    self.model = model
    let rate = try parameters.whole("rate", in: 8000...192_000) ?? model.sampleRate
    guard UploadedSound.rates.contains(rate) else {
      throw .wrong("rate", "is none of \(UploadedSound.rates.map(String.init).joined(separator: ", "))")
    }
    self.rate = rate
    window = Int((try parameters.number("window", in: 0.5...60) ?? 3) * Double(rate))
    hop = Int((try parameters.number("hop", in: 0.1...60) ?? 1) * Double(rate))
    smoothing = try parameters.number("smooth", in: 0...0.99) ?? 0
    least = try parameters.number("abstain", in: 0...1) ?? 0
    nextEnd = window
  }

  /// Takes bytes, after which ``next()`` has the windows that end with them.
  mutating func feed(_ bytes: [UInt8]) throws(RequestFault) {
    var bytes = bytes[...]
    if let low = half, let high = bytes.popFirst() {
      append(low, high)
      half = nil
    }
    var place = bytes.startIndex
    while place + 1 < bytes.endIndex {
      append(bytes[place], bytes[place + 1])
      place += 2
    }
    if place < bytes.endIndex { half = bytes[place] }
    guard Double(first + samples.count) <= Self.mostSeconds * Double(rate) else {
      throw RequestFault(.contentTooLarge, "body", "lasts longer than \(Int(Self.mostSeconds)) s")
    }
  }

  /// The next window whose end has come; nil where more must come first.
  mutating func next() -> Part? {
    guard first + samples.count >= nextEnd else {
      // The last window ends wherever the stream does.
      let passed = max(0, samples.count - window)
      samples.removeFirst(passed)
      first += passed
      return nil
    }
    defer { nextEnd += hop }
    return part(to: nextEnd)
  }

  /// The window that ends with the stream, where sound has come since the last.
  mutating func rest() -> Part? {
    let end = first + samples.count
    return end > heard ? part(to: end) : nil
  }

  private mutating func append(_ low: UInt8, _ high: UInt8) {
    samples.append(Float(Int16(bitPattern: UInt16(high) << 8 | UInt16(low))) / 32_768)
  }

  private mutating func part(to end: Int) -> Part {
    heard = end
    let start = max(first, end - window)
    let clip = AudioClip(samples: Array(samples[(start - first)..<(end - first)]), sampleRate: rate)
    return Part(
      start: Double(start) / Double(rate), end: Double(end) / Double(rate),
      speech: clip.resampled(to: model.sampleRate).trimmed(model.trimming))
  }

  /// The line of a window: probabilities p ← smoothing · p + (1 − smoothing) · those of the window; silence leaves them as they
  /// are.
  mutating func line(_ part: Part, _ prediction: ClipPrediction?) throws -> [UInt8] {
    if let found = prediction?.probabilities {
      let before = smoothed
      smoothed = Dictionary(
        uniqueKeysWithValues: found.map { name, value in
          (name, before?[name].map { smoothing * $0 + (1 - smoothing) * value } ?? value)
        })
    }
    let likeliest = prediction == nil ? nil : smoothed?.max { ($0.value, $1.key) < ($1.value, $0.key) }
    let line = Line(
      start: part.start, end: part.end,
      predicted: likeliest.flatMap { $0.value >= least ? $0.key : nil }, isSilent: prediction == nil,
      probabilities: prediction == nil ? nil : smoothed, values: prediction?.values)
    return try encoded(line) + [10]
  }
}
