import Basics
import Foundation
import TestSupport
import Testing

@testable import Encoders
@testable import Layers
@testable import Models
@testable import Tensors

/// Encoders and heads against what transformers 5.15.0 answers: Tests/Fixtures/encoders.py writes a folder for each case,
/// as it would be downloaded, and the numbers beside it.
@Suite struct SpeechModelsTests {
  static let classifiers = [
    "hubert-base-er", "hubert-large-er", "hubert-variants", "wav2vec2-base-er", "wav2vec2-dimensions",
    "wav2vec2-dense-output", "unispeech-sat-er", "wavlm-base-er", "wavlm-large-er", "data2vec-er", "sharded",
  ]
  static let encoders = ["hubert-bare", "distilhubert-bare"]

  /// A case's answers.
  private struct Expected {
    let numbers: ReferenceNumbers
    let waveform: Tensor
    let lengths: [Int]?

    init(_ name: String) throws {
      numbers = ReferenceNumbers("encoders/\(name)/expected.safetensors")
      let waveform = try numbers.array("waveform")
      let found = try numbers.array("lengths").floats.map { Int($0) }
      lengths = found.allSatisfy { $0 == waveform.shape[1] } ? nil : found
      self.waveform = waveform
    }

    /// The relative distance of an array to the whole of what is kept, or to every so-many-th of its rows.
    func distance(_ found: Tensor, _ name: String) throws -> Double {
      if try numbers.contains(name) { return relativeDistance(found, try numbers.array(name)) }
      if try numbers.contains("\(name).every25") {
        return relativeDistance(found.every(25, along: [1]), try numbers.array("\(name).every25"))
      }
      let axes = found.rank == 4 ? [2, 3] : [1]
      return relativeDistance(found.every(60, along: axes), try numbers.array("\(name).every60"))
    }
  }

  private static func folder(_ name: String) -> String { Checkout.fixture("encoders/\(name)").path }

  @Test("States, attention and logits of a downloaded folder", arguments: classifiers)
  func values(name: String) throws {
    let expected = try Expected(name)
    let model = try TrainedModel(folder: Self.folder(name))
    let network = try #require(model.network as? SpeechClassifier)
    let input = NetworkInput([.waveform: expected.waveform], lengths: expected.lengths)
    var attentions: [Tensor] = []
    let pass = ForwardPass(.inference) { observed in
      if case .tokenAttention = observed.geometry { attentions.append(observed.output) }
      return observed.output
    }
    let states = network.states(input, pass)
    #expect(states.count == 1)
    for (number, state) in states[0].all.enumerated() {
      #expect(try expected.distance(state, "hidden_states.\(number)") < 2e-5, "state \(number)")
    }
    for (number, attention) in attentions.enumerated() {
      #expect(try expected.distance(attention, "attentions.\(number)") < 2e-5, "attention \(number)")
      for (row, name) in [(0, "first"), (attention.shape[2] - 1, "last")]
      where try expected.numbers.contains("attentions.\(number).\(name)") {
        let found = attention.slice(axis: 2, row..<(row + 1)).reshaped([1, 4, attention.shape[3]])
        #expect(relativeDistance(found, try expected.numbers.array("attentions.\(number).\(name)")) < 2e-5)
      }
    }
    #expect(try expected.distance(network(input, .inference), "logits") < 2e-5)
  }

  @Test("Gradients at the waveform, through its normalisation, and at weights", arguments: classifiers)
  func gradients(name: String) throws {
    let expected = try Expected(name)
    let network = try TrainedModel(folder: Self.folder(name)).network
    let waveform = expected.waveform.variable()
    let kept = try Safetensors.read(Checkout.fixture("encoders/\(name)/expected.safetensors").path).keys
    let names = Dictionary(
      uniqueKeysWithValues: kept.filter { $0.hasPrefix("gradient.") && !$0.contains(".every") }
        .map { (WeightNormNames.renewed([String($0.dropFirst(9)): 0]).first!.key, $0) })
    let learned = network.parameters.filter { names[$0.name] != nil }
    #expect(learned.count == names.count)
    let pass = ForwardPass(.inference, learning: learned)
    let logits = network(NetworkInput([.waveform: waveform], lengths: expected.lengths), pass)
    let found = Tensors.gradients(
      of: logits.slice(axis: 1, 0..<1).sum(), at: [waveform] + learned.map { pass($0) })
    #expect(try expected.distance(found[0], "gradient") < 1e-4)
    for (parameter, gradient) in zip(learned, found.dropFirst()) {
      #expect(try expected.distance(gradient, names[parameter.name]!) < 1e-4, "\(parameter.name)")
    }
  }

  @Test("An encoder without a head", arguments: encoders)
  func bare(name: String) throws {
    let expected = try Expected(name)
    let downloaded = try DownloadedModel(folder: Self.folder(name))
    #expect(downloaded.head == nil)
    let source = ParameterSource.stored(downloaded.encoderTensors, path: name)
    let encoder = try SpeechEncoder(downloaded.encoder, from: source)
    try source.checkAllTaken()
    let waveform = expected.waveform.variable()
    let states = encoder(downloaded.preprocessing(waveform, lengths: nil), .inference)
    for (number, state) in states.all.enumerated() {
      #expect(try expected.distance(state, "hidden_states.\(number)") < 2e-5, "state \(number)")
    }
    let score = states.last.slice(axis: 2, 0..<1).mean(axes: [1]).sum()
    #expect(try expected.distance(Tensors.gradients(of: score, at: [waveform])[0], "gradient") < 1e-4)
    #expect(throws: CheckpointError.self) { try TrainedModel(folder: Self.folder(name)) }
  }

  @Test("A clip's logits do not depend on its neighbours", arguments: classifiers + ["hubertft"])
  func batches(name: String) throws {
    let network = try TrainedModel(folder: Self.folder(name)).network
    let clips = [sampled([1, 4000], 5), 0.1 * sampled([1, 2900], 6), sampled([1, 3999], 7)]
    let filled = clips.map { clip in
      Tensor.concatenated([clip, .zeros([1, 4000 - clip.shape[1]])], axis: 1)
    }
    let together = network(
      NetworkInput([.waveform: .concatenated(filled, axis: 0)], lengths: clips.map { $0.shape[1] }), .inference)
    for (number, clip) in clips.enumerated() {
      let alone = network(NetworkInput([.waveform: clip]), .inference)
      #expect(relativeDistance(together.slice(axis: 0, number..<(number + 1)), alone) < 2e-5)
    }
  }

  @Test("HUBERTFT: the report's M4 as PyTorch computes it")
  func hubertft() throws {
    let expected = try Expected("hubertft")
    let network = try TrainedModel(folder: Self.folder("hubertft")).network
    let waveform = expected.waveform.variable()
    let logits = network(NetworkInput([.waveform: waveform], lengths: expected.lengths), .inference)
    #expect(try expected.distance(logits, "logits") < 2e-5)
    #expect(try expected.distance(logits.slice(axis: 0, 1..<2), "logits.alone.1") < 2e-5)
    let found = Tensors.gradients(of: logits.slice(axis: 1, 0..<1).sum(), at: [waveform])[0]
    #expect(try expected.distance(found, "gradient") < 1e-4)
  }

  @Test("Labels are the checkpoint's, in the order of its outputs")
  func labels() throws {
    func configuration(_ name: String) throws -> ModelConfiguration {
      try TrainedModel.configuration(of: Self.folder(name))
    }
    #expect(try configuration("hubert-base-er").classes == ["neu", "hap", "ang", "sad"])
    #expect(try configuration("wav2vec2-dimensions").dimensions == ["arousal", "dominance", "valence"])
    #expect(try configuration("wav2vec2-dimensions").classes.isEmpty)
    #expect(try configuration("wav2vec2-base-er").classes == ["LABEL_0", "LABEL_1"])
    #expect(try configuration("hubert-base-er").trimming == .off)
  }
}

extension Tensor {
  /// Every `step`-th index along the axes.
  fileprivate func every(_ step: Int, along axes: [Int]) -> Tensor {
    axes.reduce(self) { tensor, axis in
      .concatenated(
        stride(from: 0, to: tensor.shape[axis], by: step).map { tensor.slice(axis: axis, $0..<($0 + 1)) }, axis: axis)
    }
  }
}
