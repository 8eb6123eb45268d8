import Basics

/// What a model says of a clip, of its salient part alone, and of the rest: probabilities by class. The five measures are those
/// of a mask that can be listened to (Paissan, Ravanelli and Subakan 2024, L-MAC, arXiv:2403.13086, section 3.2), of one clip; c is
/// the class that is predicted of the clip.
struct SalientSound {
  let own, kept, rest: [Double]

  private var likeliest: Int { own.likeliestClass }

  /// Average increase: 1 where p(c) of the salient part is larger than that of the clip.
  var increase: Double { kept[likeliest] > own[likeliest] ? 1 : 0 }
  /// Average drop: max(0, p − p of the salient part) / p.
  var drop: Double { max(0, own[likeliest] - kept[likeliest]) / own[likeliest] }
  /// Average gain: max(0, p of the salient part − p) / (1 − p); nil of a clip that is certain.
  var gain: Double? {
    own[likeliest] < 1 ? max(0, kept[likeliest] - own[likeliest]) / (1 - own[likeliest]) : nil
  }
  /// Faithfulness on spectra: p − p of the rest.
  var faithfulness: Double { own[likeliest] - rest[likeliest] }
  /// Input fidelity: 1 where the same class is predicted of the salient part.
  var inputFidelity: Double { kept.likeliestClass == likeliest ? 1 : 0 }

  var measures: [TrustMeasure: Double] {
    let found: [TrustMeasure: Double?] = [
      .averageIncrease: increase, .averageDrop: drop, .averageGain: gain, .faithfulness: faithfulness,
      .inputFidelity: inputFidelity,
    ]
    return found.compactMapValues { $0 }
  }
}
