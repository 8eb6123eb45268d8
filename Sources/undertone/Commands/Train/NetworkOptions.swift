import ArgumentParser
import AudioFeatures
import Basics
import Corpora
import Foundation
import Models

/// What a new model predicts, and what it is built of.
struct NetworkOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The classes in the order of the model's outputs, separated by commas. (default: the seven emotions, or the manifest's labels if it has others)",
      valueName: "names"))
  var classes: String?

  @Option(
    help: ArgumentHelp(
      "Numeric columns to predict, separated by commas, such as arousal,dominance,valence; with --classes none, only these. (default: none)",
      valueName: "names"))
  var dimensions: String?

  @Option(
    help: ArgumentHelp(
      """
      Cut off the ends of each clip where they are so far below its loudest frame, in training and in every later use: \
      above 0, or off. (default: \(Trimming.standard))
      """, valueName: "dB"))
  var trim: Trimming?

  @Option(
    help: ArgumentHelp(
      """
      For hubertft, mmfusion and probe, which need it: the pretrained encoder of speech, a folder as it is downloaded \
      (`undertone models get` says how), or \(Pretrained.tinyRandom) for a tiny one with random weights, to try things. \
      (default: none)
      """, valueName: "folder"))
  var encoder: String?

  @Option(
    help: ArgumentHelp(
      """
      For mmfusion, which needs it: the pretrained ConvNeXt, a folder as it is downloaded, or \(Pretrained.tinyRandom). \
      (default: none)
      """, valueName: "folder"))
  var convnext: String?

  @Option(
    help: ArgumentHelp(
      """
      The number of the encoder's last layers to train, 0 or more, and of mmfusion's ConvNeXt as many blocks; what the \
      encoder has before them is computed once a clip and kept. (default: all layers for hubertft and mmfusion, 0 for probe)
      """, valueName: "count"))
  var trainLayers: Int?

  @Option(
    help: ArgumentHelp(
      """
      For probe: what stands on the weighted sum of the encoder's states: linear, or dense (a layer of 256 and tanh \
      between). (default: linear)
      """, valueName: "kind"))
  var head: ProbeHead?

  @Option(
    help: ArgumentHelp(
      """
      Sizes of the network: a JSON file with the content of `network` in config.json. (default: the architecture's own)
      """,
      valueName: "file"))
  var network: String?

  func validate() throws {
    if let trainLayers, trainLayers < 0 { throw ValidationError("--train-layers must be 0 or more") }
  }

  /// The options that a resumed training does not take, and whether they are given.
  var fixed: [(String, Bool)] {
    [
      ("--classes", classes != nil), ("--dimensions", dimensions != nil), ("--network", network != nil),
      ("--trim", trim != nil), ("--train-layers", trainLayers != nil), ("--head", head != nil),
    ]
  }

  /// What the options of pretrained parts name.
  var pretrained: [PretrainedPart: String] {
    [PretrainedPart.encoder: encoder, .convnext: convnext].compactMapValues(\.self)
  }

  /// Throws where a kind of model lacks a pretrained part.
  func checkParts(of kind: any EmotionModel.Type) throws {
    guard let part = kind.pretrainedParts.first(where: { pretrained[$0] == nil }) else { return }
    throw ValidationError(
      "\(kind.name) needs \(part.option): a folder as it is downloaded (`undertone models get` lists some), or "
        + "\(Pretrained.tinyRandom) to try it")
  }

  /// The options that have no effect on a kind of model, and whether they are given.
  func unused(by kind: any EmotionModel.Type) -> [(String, Bool)] {
    let parts = kind.pretrainedParts
    return PretrainedPart.allCases.map { ($0.option, pretrained[$0] != nil && !parts.contains($0)) } + [
      ("--train-layers", trainLayers != nil && !parts.contains(.encoder)),
      ("--head", head != nil && kind != SpeechClassifier.self),
    ]
  }

  func apply(to plan: inout TrainingPlan) throws {
    func names(_ text: String) -> [String] {
      text.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
    }
    if let classes { plan.classes = classes == "none" ? [] : names(classes).map { $0.lowercased() } }
    if let dimensions { plan.dimensions = names(dimensions) }
    if let trim { plan.trimming = trim }
    if let trainLayers { plan.trainLayers = trainLayers }
    if let head { plan.head = head }
    if let network {
      guard let data = try contents(of: network, limit: SizeLimit.configuration) else {
        throw CheckpointError.noConfiguration(path: network)
      }
      do {
        plan.network = try plan.kind.configuration(decoding: data)
      } catch {
        throw CheckpointError.configuration(
          path: network, reason: "it does not have the sizes of \(plan.kind.name)")
      }
    }
  }
}

extension Trimming: ExpressibleByArgument {
  public init?(argument: String) {
    if argument == "off" {
      self = .off
    } else if let decibels = Double(argument), decibels > 0, decibels.isFinite {
      self = .decibels(decibels)
    } else {
      return nil
    }
  }
}

/// The heads of a probe.
enum ProbeHead: String, CaseIterable, ExpressibleByArgument {
  case linear, dense

  var head: SpeechHead {
    switch self {
    case .linear: SpeechHead(.linear, usesAllStates: true)
    case .dense: SpeechHead(.dense, width: 256, usesAllStates: true, output: "classifier.output")
    }
  }
}
