import Models

/// One thing that is timed: work on a batch of clips of five seconds.
struct BenchmarkCase: Hashable {
  enum Work: String, CaseIterable {
    /// Forward, gradients of all weights, AdamW's step.
    case train
    /// Forward.
    case infer
    /// Forward, gradient at the model's own input.
    case saliency
    /// An attribution method on the model's own input; of 50 steps or draws where it has such.
    case inputXGradient = "input-x-gradient"
    case integratedGradients = "integrated-gradients"
    case smoothGrad = "smoothgrad"
    case logMel = "log-mel"
    /// Waveform to MFCC.
    case mfcc
    /// Waveform to MFCC, and the gradient of its sum at the waveform.
    case mfccGradient = "mfcc-gradient"
    /// `undertone explain`, from the start of the process to the figure on disk.
    case figure
    /// From numbers in memory to the bytes of a PNG: waveform, log-mel, MFCC and probabilities of a clip, each input with
    /// its attribution.
    case explanation
    /// Likewise: log-mel and attribution of twelve clips.
    case contactSheet = "contact-sheet"
    /// Likewise: seven classes.
    case confusion
    /// What three models heard in a clip, with the differences.
    case comparison
    /// 12 layers of 12 heads on 249 frames, as HuBERT has them.
    case attention
  }

  /// "cnnlstm", "fcmfcc", "cnnatt", "front-end", "explain" or "render".
  let subject: String
  let work: Work
  let batch: Int

  var architecture: Architecture? { Architecture(rawValue: subject) }

  /// As a worker is told it: "cnnlstm train 64".
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
    Architecture.allCases.flatMap { architecture in
      let (name, batch) = (architecture.rawValue, architecture == .cnnatt ? 32 : 64)
      return [
        BenchmarkCase(name, .train, batch: batch), .init(name, .infer, batch: batch),
        .init(name, .saliency, batch: batch), .init(name, .infer, batch: 1), .init(name, .saliency, batch: 1),
        .init(name, .inputXGradient, batch: batch), .init(name, .inputXGradient, batch: 1),
        .init(name, .integratedGradients, batch: 1), .init(name, .smoothGrad, batch: 1),
      ]
    } + [
      .init("front-end", .logMel, batch: 1), .init("front-end", .mfcc, batch: 1),
      .init("front-end", .mfccGradient, batch: 1), .init("explain", .figure, batch: 1),
      .init("render", .explanation, batch: 1), .init("render", .contactSheet, batch: 1),
      .init("render", .confusion, batch: 1), .init("render", .comparison, batch: 1),
      .init("render", .attention, batch: 1),
    ]

  /// Multiply-adds a clip as the networks' formulas stand; 0 where nobody counts them. Winograd's algorithm and
  /// CNNATT's order of sums need fewer, so that a share of the peak computed from these may exceed one.
  var multiplyAdds: Double {
    let passes =
      switch work {
      case .train: 3.0  // forward, and the gradients of inputs and of weights
      case .saliency, .inputXGradient: 2.0
      case .integratedGradients, .smoothGrad: 100.0
      default: 1.0
      }
    return (architecture?.multiplyAdds ?? 0) * passes
  }
}

extension Architecture {
  /// Multiply-adds of one forward pass over five seconds.
  fileprivate var multiplyAdds: Double {
    /// channels, filters, kernel's places, rows, columns of a convolution.
    typealias Layer = (Int, Int, Int, Int, Int)
    let layers: [Layer]
    var rest = 0
    switch self {
    case .cnnlstm:
      layers = [
        (1, 32, 9, 128, 313), (32, 48, 9, 64, 156), (48, 64, 9, 32, 78), (64, 128, 9, 16, 39), (128, 256, 9, 4, 9),
      ]
      rest = 2 * 2 * 4 * 256 * 512  // two layers, two steps
    case .fcmfcc:
      layers = [
        (1, 32, 9 + 9 + 11, 40, 313), (96, 64, 9, 20, 156), (64, 96, 9, 10, 78), (96, 128, 9, 5, 39),
        (128, 160, 9, 2, 39), (160, 320, 9, 1, 39),
      ]
    case .cnnatt:
      layers = [
        (1, 8, 33 + 27, 40, 313), (16, 32, 9, 40, 313), (32, 48, 9, 20, 156), (48, 64, 9, 10, 78),
        (64, 80, 9, 10, 78),
      ]
      rest = 3 * 780 * (3 * 128 * 80 + 2 * 128 * 128)  // three heads over 780 positions
    }
    return Double(layers.reduce(rest) { $0 + $1.0 * $1.1 * $1.2 * $1.3 * $1.4 })
  }
}
