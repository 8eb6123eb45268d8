import Attributions
import AudioFeatures
import Basics
import Corpora
import Figures
import Foundation
import Models

/// What a model says of one clip along edits.
public struct ClipResponse: Codable {
  /// In the order of the kinds that are asked for; nil of a kind that needs a voice, in a clip without one.
  let curves: [ResponseCurve?]

  /// - Parameter hasControl: Whether the clip is also changed back at each step.
  public init(_ clip: EditedClip, kinds: [SoundEdits.Kind], hasControl: Bool) throws {
    curves = try kinds.map { kind in
      guard clip.hasVoice || !kind.needsVoice else { return nil }
      return try clip.response(kind, hasControl: hasControl)
    }
  }

  /// Whether a saved response can be of these kinds, and of a model of so many outputs.
  public func isPossible(_ kinds: [SoundEdits.Kind], outputs: Int) -> Bool {
    curves.count == kinds.count
      && zip(curves, kinds).allSatisfy { curve, kind in curve?.isPossible(kind, outputs: outputs) ?? true }
  }
}

/// The response of a model to edits of one or many clips: curves, their derivatives, and whether these go where listeners are
/// known to hear the emotions.
public struct ResponseReport: MeasurementReport {
  /// Clips that are looked at together: all, or those of one emotion or sex.
  public struct Group {
    public let name: String
    public let curves: [Curve]
  }

  /// The means of curves over clips.
  public struct Curve {
    public let kind: SoundEdits.Kind
    public let clips: Int
    public let steps: [Double]
    /// The mean outputs of the clips as they are.
    let own: [Double]
    /// The change of each output from the clip as it is, [step][output]; empty where nothing is left to hear.
    let changes: [[Estimate]]
    /// The same of the clips changed and changed back; empty where there is none.
    let back: [[Estimate]]
    /// The derivative of each output, a step.
    public let slopes: [Estimate]
  }

  /// A direction that listeners are known to hear, and what the model does.
  public struct Known {
    public let kind: SoundEdits.Kind
    public let output: String
    public let direction: KnownDirection
    public let slope: Estimate
    public var verdict: String { direction.verdict(slope, least: KnownDirection.leastSlope) }
  }

  public let model: TrainedModel
  /// The files or the manifest, as given by the user.
  public let source: String
  public let kinds: [SoundEdits.Kind]
  /// All clips first, then those of each emotion, then of each sex, where there are several.
  public let groups: [Group]
  public let clips: Int
  private let seed: UInt64

  /// - Parameter rows: At least one.
  public init(
    _ rows: [(entry: Manifest.Entry, response: ClipResponse)], of model: TrainedModel, kinds: [SoundEdits.Kind],
    source: String, seed: UInt64
  ) {
    (self.model, self.kinds, self.source, self.seed, clips) = (model, kinds, source, seed, rows.count)
    func group(_ name: String, _ rows: [(entry: Manifest.Entry, response: ClipResponse)]) -> Group {
      let curves = kinds.indices.compactMap { place in
        let found = rows.compactMap { row in row.response.curves[place].map { (row.entry.speaker, $0) } }
        return Curve(kinds[place], found, outputs: model.outputs.count, seed: seed)
      }
      return Group(name: name, curves: curves)
    }
    let emotions = Manifest(folder: "", entries: rows.map(\.entry)).emotions.filter { $0 != .none }
    let sexes = Set(rows.compactMap { $0.entry.traits.sex?.rawValue }).sorted()
    let byEmotion = emotions.map { emotion in
      group("emotion \(emotion.rawValue)", rows.filter { $0.entry.emotion == emotion })
    }
    let bySex = sexes.map { sex in group("sex \(sex)", rows.filter { $0.entry.traits.sex?.rawValue == sex }) }
    groups = [group("all", rows)] + (byEmotion.count > 1 ? byEmotion : []) + (bySex.count > 1 ? bySex : [])
  }

  public var all: Group { groups[0] }
  public var outputs: [String] { model.outputs }

  /// The kinds that no clip could be changed in, as none has a voice.
  public var leftOut: [SoundEdits.Kind] { kinds.filter { kind in !all.curves.contains { $0.kind == kind } } }

  /// What is known of the model's emotions, beside its slopes on all clips.
  public var known: [Known] {
    all.curves.flatMap { curve in
      zip(outputs, curve.slopes).compactMap { output, slope in
        KnownDirection(of: curve.kind, in: output).map {
          Known(kind: curve.kind, output: output, direction: $0, slope: slope)
        }
      }
    }
  }

  // MARK: Figure

  /// The curves of all clips.
  public var figure: ResponseFigure { figure(of: all) }

  /// The curves of a group: of the classes, or of a model without classes its dimensions.
  public func figure(of group: Group) -> ResponseFigure {
    let count = model.classes.isEmpty ? outputs.count : model.classes.count
    /// The mean, with the interval of its change: how clips differ as they are is not in it.
    func line(_ curve: Curve, _ changes: [[Estimate]], _ output: Int) -> ResponseFigure.Line {
      let own = curve.own[output]
      return .init(
        values: changes.map { $0.isEmpty ? nil : own + $0[output].mean },
        intervals: changes.map { change in
          guard !change.isEmpty, let low = change[output].low, let high = change[output].high else { return nil }
          return (own + low, own + high)
        })
    }
    let subject = clips == 1 ? "" : " · \(group.curves.map(\.clips).max() ?? 0) clips"
    let interval = group.curves.first?.slopes.first?.low == nil ? "" : " · means; 95 % intervals of the change"
    return ResponseFigure(
      title: [
        "\(shownName(source))\(group.name == "all" ? "" : ", \(group.name)"): what \(model.name) says after edits",
        "\(model.title)\(subject)\(interval)",
      ], outputs: Array(outputs.prefix(count)), areClasses: !model.classes.isEmpty,
      panels: group.curves.map { curve in
        let likeliest = (0..<count).max { curve.own[$0] < curve.own[$1] } ?? 0
        return .init(
          title: curve.kind.title, unit: curve.kind.unit, steps: curve.steps,
          amounts: curve.steps.map(curve.kind.label), lines: (0..<count).map { line(curve, curve.changes, $0) },
          control: curve.back.contains { !$0.isEmpty } ? line(curve, curve.back, likeliest) : nil, controlled: likeliest
        )
      })
  }

  public var provenance: [String: String] {
    model.provenance(source: source).merging([
      "Seed": "\(seed)", "Edits": kinds.map(\.rawValue).joined(separator: ", "),
    ]) { $1 }
  }

  // MARK: Numbers

  /// A row for each group, edit, step and output, the header first.
  public var csv: [[String]] {
    func cells(_ estimate: Estimate?) -> [String] {
      guard let estimate else { return ["", "", ""] }
      return [estimate.mean, estimate.low, estimate.high].map { $0.map { String(format: "%.6f", $0) } ?? "" }
    }
    var rows = [
      [
        "group", "edit", "steps", "amount", "output", "mean", "change", "low", "high", "back", "back_low", "back_high",
        "clips",
      ]
    ]
    for group in groups {
      for curve in group.curves {
        for (place, step) in curve.steps.enumerated() where !curve.changes[place].isEmpty {
          let amount = (curve.kind.amount(steps: step) ?? curve.kind.neutral).map { String(format: "%.4f", $0) } ?? ""
          for (index, output) in outputs.enumerated() {
            rows.append(
              [
                group.name, curve.kind.name, String(Int(step)), amount, output,
                String(format: "%.6f", curve.own[index] + curve.changes[place][index].mean),
              ] + cells(curve.changes[place][index])
                + cells(curve.back[place].isEmpty ? nil : curve.back[place][index]) + ["\(curve.clips)"])
          }
        }
      }
    }
    return rows
  }

  private struct Line: Encodable {
    struct Group: Encodable {
      struct Edit: Encodable {
        struct Point: Encodable {
          let steps: Double
          let amount: Double?
          let changes: [String: Estimate]
          let back: [String: Estimate]?
        }
        let edit: String
        let clips: Int
        let own: [String: Double]
        let slopes: [String: Estimate]
        let points: [Point]
      }
      let group: String
      let edits: [Edit]
    }
    struct Known: Encodable {
      let edit, output, known, verdict: String
      let slope: Estimate
    }
    let source, model: String
    let clips: Int
    let seed: UInt64
    let groups: [Group]
    let known: [Known]
    let figures: [String]
    let command: String
  }

  public func json(figures: [String]) throws -> String {
    func named(_ estimates: [Estimate]) -> [String: Estimate] {
      Dictionary(uniqueKeysWithValues: zip(outputs, estimates))
    }
    return try Line(
      source: source, model: model.name, clips: clips, seed: seed,
      groups: groups.map { group in
        .init(
          group: group.name,
          edits: group.curves.map { curve in
            .init(
              edit: curve.kind.name, clips: curve.clips, own: Dictionary(uniqueKeysWithValues: zip(outputs, curve.own)),
              slopes: named(curve.slopes),
              points: curve.steps.indices.map { place in
                .init(
                  steps: curve.steps[place],
                  amount: curve.kind.amount(steps: curve.steps[place]) ?? curve.kind.neutral,
                  changes: named(curve.changes[place]),
                  back: curve.back[place].isEmpty ? nil : named(curve.back[place]))
              })
          })
      },
      known: known.map {
        .init(
          edit: $0.kind.name, output: $0.output, known: $0.direction == .higher ? "higher" : "lower",
          verdict: $0.verdict, slope: $0.slope)
      }, figures: figures, command: commandLine
    ).line
  }
}

extension ResponseReport.Curve {
  /// The means of curves; nil of none.
  fileprivate init?(
    _ kind: SoundEdits.Kind, _ found: [(speaker: String?, curve: ResponseCurve)], outputs count: Int, seed: UInt64
  ) {
    guard let first = found.first else { return nil }
    func estimates(_ values: (ResponseCurve) -> [Double]?) -> [Estimate] {
      let rows = found.compactMap { clip in values(clip.curve).map { (clip.speaker, $0) } }
      guard !rows.isEmpty else { return [] }
      return (0..<count).compactMap { output in
        Estimate(values: rows.map { $0.1[output] }, speakers: rows.map(\.0), seed: seed)
      }
    }
    (self.kind, clips, steps) = (kind, found.count, first.curve.steps)
    let zero = first.curve.steps.firstIndex(of: 0)!
    func changes(_ values: @escaping (ResponseCurve) -> [[Double]?]) -> [[Estimate]] {
      first.curve.steps.indices.map { place in
        estimates { curve in
          guard let own = curve.outputs[zero], let here = values(curve)[place] else { return nil }
          return zip(here, own).map { $0 - $1 }
        }
      }
    }
    own = (0..<count).map { output in
      found.reduce(0) { $0 + ($1.curve.outputs[zero]?[output] ?? 0) } / Double(found.count)
    }
    self.changes = changes(\.outputs)
    back = changes(\.back)
    slopes = estimates(\.slopes)
  }
}
