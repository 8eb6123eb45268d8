import AudioFeatures
import Basics
import Encoders
import Layers
import Tensors

/// M5 of the report: the log-mel by ConvNeXt, the MFCC by an LSTM in both directions and the waveform by HuBERT, each a
/// sequence of vectors; all positions attend to all in two unified attention blocks. 185.7 million parameters.
public final class MMFUSION: EncodingModel {
  public struct Configuration: NetworkConfiguration {
    /// The encoder of the waveform, and that of the log-mel.
    public var encoder = SpeechEncoderConfiguration(.hubert)
    public var spectrogram = ConvNeXtConfiguration.base
    public var preprocessing = WaveformPreprocessing()
    /// Positions of the three sequences together, over which the blocks' norms are.
    public var positions = 598
    /// Hidden units of the LSTM in each direction.
    public var recurrent = 256
    /// Features of a position, in so many heads, and of the gates' middle.
    public var width = 144
    public var heads = 3
    public var gate = 48
    /// Features before the logits.
    public var hidden = 128
    /// The dropout between the LSTM's layers, in the blocks and before the head.
    public var dropout: Float = 0.5

    public init() {}

    enum CodingKeys: String, CodingKey {
      case encoder, spectrogram, preprocessing, positions, recurrent, width, heads, gate, hidden, dropout
    }

    /// Keys that are absent have the report's values.
    public init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: CodingKeys.self)
      try container.read(.encoder, into: &encoder)
      try container.read(.spectrogram, into: &spectrogram)
      try container.read(.preprocessing, into: &preprocessing)
      try container.read(.positions, into: &positions)
      try container.read(.recurrent, into: &recurrent)
      try container.read(.width, into: &width)
      try container.read(.heads, into: &heads)
      try container.read(.gate, into: &gate)
      try container.read(.hidden, into: &hidden)
      try container.read(.dropout, into: &dropout)
    }

    public var problem: String? {
      if let problem = encoder.problem ?? spectrogram.problem { return problem }
      guard [recurrent, width, heads, gate, hidden].allSatisfy((1...65_536).contains) else {
        return "its sizes lie between 1 and 65536"
      }
      guard spectrogram.channels == 3 else { return "its log-mel is copied to 3 channels, not \(spectrogram.channels)" }
      guard width % heads == 0 else { return "its width \(width) is no multiple of its heads \(heads)" }
      guard (0..<1).contains(dropout) else { return "its dropout is no probability below 1" }
      let counts = positions(samples: MMFUSION.samples).map(\.count)
      guard !counts.contains(0) else { return "five seconds are no position of one of its encoders" }
      return counts.reduce(0, +) == positions
        ? nil : "five seconds are \(counts.map(String.init).joined(separator: " + ")) positions, not \(positions)"
    }

    /// The positions that a clip of so many samples has of each view, in their order: the log-mel, the MFCC, the waveform.
    func positions(samples: Int) -> [TokenGroup] {
      let frontEnd = FrontEnd()
      let frames = 1 + samples / frontEnd.hopSamples
      return groups(
        rows: spectrogram.positions(frontEnd.mels), columns: spectrogram.positions(frames), frames: frames,
        steps: encoder.steps(samples: samples))
    }

    /// The positions of a map of the log-mel, of frames and of the waveform's steps.
    fileprivate func groups(rows: Int, columns: Int, frames: Int, steps: Int) -> [TokenGroup] {
      let frame = FrontEnd().hopSeconds
      let stride = Double(spectrogram.stride)
      let rate = Double(SpeechEncoderConfiguration.sampleRate)
      return [
        // A frame stands at its centre, the first at 0; the middle of n frames is that of their first and last.
        TokenGroup("spectrogram", rows: rows, columns: columns, hop: stride * frame, start: (stride - 1) / 2 * frame),
        TokenGroup("mfcc", columns: frames, hop: frame, start: 0),
        TokenGroup(
          "waveform", columns: steps, hop: Double(encoder.hopSamples) / rate,
          start: Double(encoder.windowSamples) / 2 / rate),
      ]
    }
  }

  private static let seconds = 5.0
  private static let samples = Int(seconds * Double(SpeechEncoderConfiguration.sampleRate))

  public static let name = "mmfusion"
  public static let title = "MMFUSION"
  public static let summary =
    "ConvNeXt on the log-mel, an LSTM on the MFCC and HuBERT on the waveform of 5 s, fused by attention"
  public static let inputs = [InputSpace.mel, .mfcc, .waveform]
  public static let clipLength = ClipLength.fixed(seconds: seconds)
  public static let hasAttention = true
  public static let clipsAtOnce = 2
  public static let multiplyAdds: Double =
    SpeechEncoderConfiguration(.hubert).multiplyAdds(samples: samples)
    + ConvNeXtConfiguration.base.multiplyAdds(rows: 128, columns: 313)
    + Double(2 * 313 * 4 * 256 * (40 + 256 + 512 + 256))  // two directions of the LSTM's two layers
    + Double(36 * 144 * 1024 + 313 * 144 * 512 + 249 * 144 * 768)
    + Double(2 * 598 * 144 * (12 * 144 + 2 * 598))
  public static let base = Configuration()
  /// Table 3; unlike HUBERTFT, of which the report's text freezes the convolutions and the projection, all of it learns.
  public static let recipes: [Recipe.Name: Recipe] = [
    .report: Recipe(
      name: Recipe.Name.report.rawValue, optimizer: .adamw, rate: 1e-5,
      parts: [("hubert.", 0.1), ("convnext.", 0.1), ("", 1)].map {
        Recipe.Part($0.0, rateFactor: $0.1, weightDecay: 1e-6)
      }, schedule: .plateau(factor: 0.1, patience: 5), epochs: 30, batch: 16)
  ]

  public static let pretrainedParts = [PretrainedPart.encoder, .convnext]

  public static func configuration(around parts: Pretrained) -> Configuration {
    var sizes = base
    sizes.encoder = parts.encoder?.configuration ?? sizes.encoder
    sizes.spectrogram = parts.convnext?.configuration ?? sizes.spectrogram
    sizes.preprocessing = parts.preprocessing
    sizes.positions = sizes.positions(samples: samples).map(\.count).reduce(0, +)
    return sizes
  }

  private let sizes: Configuration
  public let encoder: PreparedEncoder
  private let convnext: ConvNeXt
  private let lstm: LSTM
  private let spectrogramMap, mfccMap, waveformMap: LinearMap
  private let blocks: [UnifiedAttention]
  private let hidden, head: Linear
  public let parameters: [Parameter]

  public init(_ sizes: Configuration, outputs: Int, from source: ParameterSource) throws(ParameterError) {
    self.sizes = sizes
    encoder = try PreparedEncoder(sizes.encoder, sizes.preprocessing, from: source.part("hubert"))
    convnext = try ConvNeXt(sizes.spectrogram, from: source.part("convnext"))
    lstm = try LSTM(
      from: FrontEnd().coefficients, to: sizes.recurrent, layers: 2, bidirectional: true, dropout: sizes.dropout,
      from: source.part("lstm"))
    spectrogramMap = try LinearMap(
      from: sizes.spectrogram.widths.last!, to: sizes.width, from: source.part("embed_spectrogram"))
    mfccMap = try LinearMap(from: 2 * sizes.recurrent, to: sizes.width, from: source.part("embed_mfcc"))
    waveformMap = try LinearMap(from: sizes.encoder.hiddenSize, to: sizes.width, from: source.part("embed_waveform"))
    blocks = try source.parts("fusion", count: 2).map { (source) throws(ParameterError) in
      try UnifiedAttention(
        positions: sizes.positions, width: sizes.width, headCount: sizes.heads, gate: sizes.gate,
        dropout: sizes.dropout, from: source)
    }
    hidden = try Linear(from: sizes.width, to: sizes.hidden, from: source.part("hidden"))
    head = try Linear(from: sizes.hidden, to: outputs, from: source.part("head"))
    parameters = source.taken
  }

  public var readsMeansOnly: Bool { false }

  public func parameters(belowLast count: Int) -> [Parameter] {
    encoder.encoder.parameters(belowLast: count) + convnext.parameters(belowLast: count)
  }

  /// log-mel [batch, 1, mels, frames], MFCC [batch, 1, coefficients, frames] and waveforms [batch, samples] → logits
  /// [batch, outputs].
  public func callAsFunction(_ input: NetworkInput, _ pass: ForwardPass) -> Tensor {
    let (mel, mfcc, batch) = (input[.mel], input[.mfcc], input.batch)
    let image = mel.broadcast(to: [batch, 3] + mel.shape.dropFirst(2))
    let map = convnext(image, pass).last!
    let frames = lstm(mfcc.reshaped([batch, mfcc.shape[2], mfcc.shape[3]]).transposed(), pass)
    // Without the clips' lengths: the zeros after a shorter clip are a part of it.
    let steps = encoder(
      input.encoded.map { NetworkInput([:], encoded: $0) }
        ?? NetworkInput([.waveform: input[.waveform]], scale: input.scale), pass)[0].last
    let groups = sizes.groups(rows: map.shape[1], columns: map.shape[2], frames: frames.shape[1], steps: steps.shape[1])
    let sequence = Tensor.concatenated(
      [
        spectrogramMap(map.reshaped([batch, groups[0].count, map.shape[3]]), pass), mfccMap(frames, pass),
        waveformMap(steps, pass),
      ], axis: 1)
    let fused = blocks.enumerated().reduce(sequence) { x, block in
      block.element(x, groups: groups, name: "fusion.\(block.offset)", pass)
    }
    let pooled = fused.mean(axes: [1]).reshaped([batch, sizes.width]).dropout(sizes.dropout, pass)
    return head(hidden(pooled, pass).relu(), pass)
  }
}
