import Models
import Tensors

/// A case that is timed: work on a batch of clips of five seconds.
struct BenchmarkCase: Hashable {
  enum Work: String, CaseIterable {
    /// Forward, gradients of all weights, AdamW's step.
    case train
    /// Forward.
    case infer
    /// Forward, gradient at the model's own input.
    case saliency
    /// The same with products of bfloat16.
    case trainBFloat16 = "train-bfloat16"
    case inferBFloat16 = "infer-bfloat16"
    case saliencyBFloat16 = "saliency-bfloat16"
    /// An attribution method on the model's own input; with 50 steps or draws where it has them, 20 on an encoder.
    case inputXGradient = "input-x-gradient"
    case integratedGradients = "integrated-gradients"
    case smoothGrad = "smoothgrad"
    /// Projected gradient descent of 40 steps at the model's own input.
    case pgd
    /// The score's fall when 0.2 s of the waveform are silent, every 0.1 s.
    case occlusion
    /// Forward, gradient at the projected frames: no gradient goes through the convolutions.
    case frames = "gradient-at-frames"
    /// A step of training a head on states that are kept.
    case probe
    /// `undertone predict`, from the start of the process to the answer; the model's folder is on a warm disk.
    case predict
    case logMel = "log-mel"
    /// Waveform to MFCC.
    case mfcc
    /// Waveform to MFCC, and the gradient of its sum at the waveform.
    case mfccGradient = "mfcc-gradient"
    /// 100 steps of a nonnegative factorization of a spectrogram, 513 × 313, into 8 components.
    case euclidean
    case kullbackLeibler = "kullback-leibler"
    case itakuraSaito = "itakura-saito"
    /// `undertone corpus prepare`: clips of 48 kHz to FLAC of 16 kHz, from the start of the process to the manifest.
    case prepare
    /// `undertone train fcmfcc` for an epoch, from the start of the process, on clips of 48 kHz of which nothing is kept.
    case coldEpoch = "cold-epoch"
    /// `undertone explain`, from the start of the process to the figure on disk.
    case figure
    /// A PNG from numbers in memory: a clip's waveform, log-mel, MFCC and probabilities, the inputs with attributions.
    case explanation
    /// A PNG from numbers in memory: log-mel and attribution of twelve clips.
    case contactSheet = "contact-sheet"
    /// A PNG from numbers in memory: a confusion matrix of seven classes.
    case confusion
    /// A PNG from numbers in memory: the attributions of three models for a clip, with the differences.
    case comparison
    /// A PNG from numbers in memory: attention of 12 layers of 12 heads on 249 frames, as HuBERT has them.
    case attention

    /// Without the precision of its products.
    var plain: Work {
      switch self {
      case .trainBFloat16: .train
      case .inferBFloat16: .infer
      case .saliencyBFloat16: .saliency
      default: self
      }
    }

    var precision: Precision { plain == self ? .float32 : .bfloat16 }
  }

  /// A model's or an encoder's name, "front-end", "decompose", "corpus", "explain" or "render".
  let subject: String
  let work: Work
  let batch: Int

  var model: (any EmotionModel.Type)? { EmotionModels.named(subject) }

  var encoder: BenchmarkedEncoder? { BenchmarkedEncoder(rawValue: subject) }

  /// A worker's arguments: "cnnlstm train 64".
  var arguments: [String] { [subject, work.rawValue, String(batch)] }

  init(_ subject: String, _ work: Work, batch: Int) {
    (self.subject, self.work, self.batch) = (subject, work, batch)
  }

  init?(arguments: [String]) {
    guard arguments.count == 3, let work = Work(rawValue: arguments[1]), let batch = Int(arguments[2]) else {
      return nil
    }
    self.init(arguments[0], work, batch: batch)
  }

  static let all: [BenchmarkCase] =
    EmotionModels.all.filter { $0.pretrainedParts.isEmpty }.flatMap { model in
      let (name, recipe) = (model.name, model.recipes[.published])
      let batch = recipe?.batch ?? 32
      // A model without this recipe is not trained here.
      return (recipe == nil ? [] : [BenchmarkCase(name, .train, batch: batch)]) + [
        .init(name, .infer, batch: batch),
        .init(name, .saliency, batch: batch), .init(name, .infer, batch: 1), .init(name, .saliency, batch: 1),
        .init(name, .inputXGradient, batch: batch), .init(name, .inputXGradient, batch: 1),
        .init(name, .integratedGradients, batch: 1), .init(name, .smoothGrad, batch: 1),
        .init(name, .pgd, batch: 8),
      ]
    }
    + BenchmarkedEncoder.allCases.flatMap {
      [
        BenchmarkCase($0.rawValue, .infer, batch: 1), .init($0.rawValue, .inferBFloat16, batch: 1),
        .init($0.rawValue, .saliency, batch: 1), .init($0.rawValue, .saliencyBFloat16, batch: 1),
      ]
    } + [
      .init(BenchmarkedEncoder.hubertBase.rawValue, .train, batch: 4),
      .init(BenchmarkedEncoder.hubertBase.rawValue, .trainBFloat16, batch: 4),
    ]
    + [(Work.frames, 1), (.integratedGradients, 1), (.occlusion, 1), (.probe, 32), (.predict, 1), (.figure, 1)].map {
      BenchmarkCase(BenchmarkedEncoder.hubertBase.rawValue, $0.0, batch: $0.1)
    } + [
      .init("front-end", .logMel, batch: 1), .init("front-end", .mfcc, batch: 1),
      .init("front-end", .mfccGradient, batch: 1), .init("decompose", .euclidean, batch: 1),
      .init("decompose", .kullbackLeibler, batch: 1), .init("decompose", .itakuraSaito, batch: 1),
      .init("corpus", .prepare, batch: 280), .init("corpus", .coldEpoch, batch: 280),
      .init("explain", .figure, batch: 1),
      .init("render", .explanation, batch: 1), .init("render", .contactSheet, batch: 1),
      .init("render", .confusion, batch: 1), .init("render", .comparison, batch: 1),
      .init("render", .attention, batch: 1),
    ]

  /// Multiply-adds per clip by the networks' formulas; 0 where they are not counted. Winograd's algorithm and CNNATT's
  /// order of sums need fewer, so that a share of the peak computed from these may exceed one.
  var multiplyAdds: Double {
    if let encoder { return encoder.multiplyAdds(work.plain) }
    let passes =
      switch work {
      case .train: 3.0  // forward, and the gradients of inputs and of weights
      case .saliency, .inputXGradient: 2.0
      case .integratedGradients, .smoothGrad: 100.0
      case .pgd: 82.0
      default: 1.0
      }
    return (model?.multiplyAdds ?? 0) * passes
  }
}
