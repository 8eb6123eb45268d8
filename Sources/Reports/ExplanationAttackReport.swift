import Attributions
import Basics
import Corpora
import Figures
import Foundation
import Models

/// How far attacks within rising budgets turn the maps of several methods while predictions hold.
public struct ExplanationAttackReport: MeasurementReport {
  public typealias Row = (entry: Manifest.Entry, row: ClipExplanationAttacks)

  public let summary: ExplanationAttackSummary
  public let examiner: ExplanationAttackExaminer
  /// The files or the manifest, as given by the user.
  public let source: String
  private let rows: [Row]

  public var model: TrainedModel { examiner.model }

  /// - Parameter rows: At least one.
  public init(_ rows: [Row], by examiner: ExplanationAttackExaminer, source: String) {
    (self.rows, self.examiner, self.source) = (rows, examiner, source)
    summary = ExplanationAttackSummary(rows.map(\.row), speakers: rows.map(\.entry.speaker), by: examiner)
  }

  /// The budgets in words, the smallest first.
  public var budgets: [String] { examiner.budgets.map(\.words) }

  /// Whether there are clips and speakers enough for what is said of others than these.
  public var isEnough: Bool { Estimate.isEnough(clips: summary.clips, speakers: summary.speakers) }

  // MARK: Words

  /// The first line.
  public var words: String {
    "\(summary.clips) clip\(summary.clips == 1 ? "" : "s"): explanations of \(model.name) on the \(examiner.space.words) "
      + "attacked on the waveform, the prediction staying; \(examiner.aim.words)"
  }

  /// A sentence of each method.
  public var sentences: [String] { summary.sentences(budgets) }

  /// "clip.wav: angry (p = 0.61 → 0.58), saliency at 40 dB: rank correlation 0.21 → clip.explanation.saliency.wav", a line for
  /// each sound.
  public var written: [String] {
    rows.flatMap { entry, row in
      row.written.compactMap { own -> String? in
        guard let sound = own.sound, let place = examiner.maps.firstIndex(of: own.map) else { return nil }
        let change = row.maps[place].changes[own.budget]
        let correlation = examiner.shown(own.map).flatMap { row.attacked[$0][own.budget] }
        func probability(_ value: Double) -> String { String(format: "%.2f", value) }
        return "\(entry.path): \(model.classes[row.predicted]) (p = \(probability(row.probability)) → "
          + "\(probability(change.probability))), \(own.map.rawValue) at \(budgets[own.budget])"
          + (correlation.map {
            ": rank correlation \(String(format: "%.2f", $0.correlation).replacing("-", with: "−"))"
          } ?? "")
          + " → \(sound)"
      }
    }
  }

  // MARK: Figure

  public var figure: RobustnessFigure {
    func drawn(_ estimate: Estimate?, hasInterval: Bool) -> RobustnessFigure.Share {
      // Maps without ranks have nothing in common.
      guard let estimate else { return .init(mean: 0) }
      let isDrawn = hasInterval && isEnough
      return .init(
        mean: estimate.mean, low: isDrawn ? estimate.low : nil, high: isDrawn ? estimate.high : nil)
    }
    let attacked = summary.methods.map { method in
      RobustnessFigure.Line(
        name: method.name, shares: method.budgets.map { drawn($0.attacked?.correlation, hasInterval: true) })
    }
    let noise = summary.methods.enumerated().map { place, method in
      RobustnessFigure.Line(
        name: "\(method.name) after noise",
        shares: method.budgets.map { drawn($0.noise?.correlation, hasInterval: false) },
        isControl: true, partner: place)
    }
    var figure = RobustnessFigure(
      title: [
        "What attacks leave of explanations while the prediction stays",
        "\(model.title) \(model.name) · \(shownName(source)), \(summary.clips) clip\(summary.clips == 1 ? "" : "s") · on the "
          + "\(examiner.space.words)" + (isEnough ? " · 95 % intervals" : ""),
        "\(examiner.aim.words) · dashed: after random noise as large",
      ], measure: "Rank correlation with the map before", budget: examiner.budgets[0].axis(at: .waveform),
      budgets: budgets, clean: .init(mean: 1), lines: attacked + noise)
    figure.least = -1
    return figure
  }

  public var provenance: [String: String] {
    model.provenance(source: source).merging(examiner.provenance) { $1 }
  }

  // MARK: Numbers

  /// A row for each clip, budget and method; the header first.
  public var csv: [[String]] {
    let header = [
      "path", "emotion", "speaker", "predicted", "probability", "kind", "budget", "method", "map", "correlation",
      "overlap",
      "noise_correlation", "noise_overlap", "another_correlation", "another_overlap", "probability_after",
      "probability_after_noise", "noise_holds", "loss_before", "loss_after", "ratio", "largest", "gradients",
      "predictions", "sound",
    ]
    func cells(_ similarity: ClipStability.Similarity?) -> [String] {
      [similarity?.correlation, similarity?.overlap].map { $0.map { String($0) } ?? "" }
    }
    return [header]
      + rows.flatMap { entry, row -> [[String]] in
        examiner.budgets.indices.flatMap { budget in
          examiner.methods.enumerated().map { index, method in
            let map = AttackedMap(for: method, at: examiner.space)
            let own = row.maps[examiner.maps.firstIndex(of: map)!]
            let (change, noise) = (own.changes[budget], row.noise[budget])
            let sound = row.written.first { $0.map == map && $0.budget == budget }?.sound
            let start = [
              entry.path, entry.emotion.rawValue, entry.speaker ?? "", model.classes[row.predicted],
              String(row.probability), examiner.budgets[budget].kind, "\(examiner.budgets[budget].number)", method.name,
              map.rawValue,
            ]
            let similarities = [row.attacked[index][budget], noise.methods[index], row.another?[index]].flatMap(cells)
            let end = [
              String(change.probability), String(noise.probability), String(noise.holds), String(own.loss),
              String(change.loss), change.ratio.map { String($0) } ?? "", String(change.largest),
              "\(change.gradients)", "\(change.predictions)", sound ?? "",
            ]
            return start + similarities + end
          }
        }
      }
  }

  private struct Line: Encodable {
    struct Similarity: Encodable {
      let correlation, overlap: Estimate

      init(_ found: ExplanationAttackSummary.Similarity) { (correlation, overlap) = (found.correlation, found.overlap) }
    }
    struct Budget: Encodable {
      let budget: Double
      let attacked, noise: Similarity?
      let beyondNoise: Estimate?
      let verdict: String
    }
    struct Method: Encodable {
      let name, map: String
      let isOwn: Bool
      let budgets: [Budget]
      let another: Similarity?

      enum CodingKeys: String, CodingKey {
        case name, map, budgets, another
        case isOwn = "own"
      }
    }
    struct Change: Encodable {
      let map: String
      let budget: Double
      let before, after, probabilityBefore, probability, probabilityAfterNoise, holdsAfterNoise: Estimate
      let ratio: Double?
      let gradients, predictions: Double
    }
    struct Found: Encodable {
      let path, predicted, map: String
      let budget: Double
      let sound: String?
      let figures: [String]
    }
    struct Explanation: Encodable {
      let space, aim: String
      let methods: [Method]
      let changes: [Change]
      let criterion: String
      let sentences: [String]
      let found: [Found]
    }
    let source, model, input, kind: String
    let clips: Int
    let isEnough: Bool
    let remarks: [String]
    let seed: UInt64
    let explanation: Explanation
    let figures: [String]
    let command: String

    enum CodingKeys: String, CodingKey {
      case source, model, input, kind, clips, remarks, seed, explanation, figures, command
      case isEnough = "enough"
    }
  }

  public func json(figures: [String]) throws -> String {
    let numbers = examiner.budgets.map(\.number)
    return try Line(
      source: source, model: model.name, input: InputSpace.waveform.rawValue, kind: examiner.budgets[0].kind,
      clips: summary.clips, isEnough: isEnough, remarks: remarks, seed: examiner.settings.seed,
      explanation: .init(
        space: examiner.space.rawValue, aim: examiner.aim.rawValue,
        methods: summary.methods.map { method in
          .init(
            name: method.name, map: method.map.rawValue, isOwn: method.isOwn,
            budgets: zip(numbers, method.budgets).map { number, own in
              .init(
                budget: number, attacked: own.attacked.map(Line.Similarity.init),
                noise: own.noise.map(Line.Similarity.init), beyondNoise: own.beyondNoise, verdict: own.verdict.rawValue)
            }, another: method.another.map(Line.Similarity.init))
        },
        changes: summary.changes.map { own in
          .init(
            map: own.map.rawValue, budget: numbers[own.budget], before: own.before, after: own.after,
            probabilityBefore: own.probabilityBefore, probability: own.probability,
            probabilityAfterNoise: own.probabilityAfterNoise, holdsAfterNoise: own.holdsAfterNoise, ratio: own.ratio,
            gradients: own.gradients, predictions: own.predictions)
        }, criterion: summary.criterion, sentences: sentences,
        found: rows.flatMap { entry, row in
          row.written.map { own in
            .init(
              path: entry.path, predicted: model.classes[row.predicted], map: own.map.rawValue,
              budget: numbers[own.budget], sound: own.sound, figures: own.figures)
          }
        }), figures: figures, command: commandLine
    ).line
  }

  /// What is to be known of these attacks, a sentence each.
  public var remarks: [String] {
    let others = summary.methods.filter { !$0.isOwn }
    let measured = Dictionary(grouping: others, by: \.map).sorted { $0.key.rawValue < $1.key.rawValue }.map {
      "\($1.map(\.name).joined(separator: ", ")) after the attack on \($0.rawValue)"
    }
    return others.isEmpty
      ? []
      : [
        "only measured are \(measured.joined(separator: "; ")): an attack on the method itself may do more"
      ]
  }
}

extension ExplanationAim {
  /// What is sought, in words.
  var words: String {
    switch self {
    case .top: "sought: less relevance in the cells that were the top tenth"
    case .map: "sought: the map of another clip that is predicted otherwise, or the own one played backwards"
    }
  }
}

extension ExplanationAttackExaminer {
  /// The place of the method whose correlation says how far an attack on a map went: the map's own, or else the first that is
  /// measured after it.
  func shown(_ map: AttackedMap) -> Int? {
    let places = methods.indices.filter { AttackedMap(for: methods[$0], at: space) == map }
    return places.first { map.isMap(of: methods[$0], at: space) } ?? places.first
  }

  /// The changes of a clip of which a sound is written: of each map the one within the smallest budget that makes the map
  /// another, or else within the largest; with their places in what was found.
  func shown(_ row: ClipExplanationAttacks) -> [(map: AttackedMap, place: Int, budget: Int)] {
    maps.enumerated().map { place, map in
      let budget = shown(map).flatMap { method in
        row.attacked[method].firstIndex { similarity in
          similarity.map { $0.correlation < ExplanationAttackSummary.mostCorrelation } ?? false
        }
      }
      return (map, place, budget ?? budgets.count - 1)
    }
  }

  public var provenance: [String: String] {
    var entries = [
      "Methods": methods.map(\.name).joined(separator: ", "), "Aim": aim.rawValue,
      "Budgets": budgets.map(\.words).joined(separator: ", "), "Input": space.rawValue, "Seed": "\(settings.seed)",
      "Steps": "\(settings.steps)",
    ]
    entries["Band"] = settings.band.map { "\($0.lowerBound) to \($0.upperBound) Hz" }
    return entries
  }
}
