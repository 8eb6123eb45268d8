import ArgumentParser
import Attributions
import AudioFiles
import Basics
import Corpora
import Foundation
import Layers
import Models

/// Which attribution method, and how it is asked.
struct MethodOption: ParsableArguments {
  @Option(
    help: """
      The attribution method; `undertone methods` lists them, `undertone methods NAME` describes one. `explain`, \
      `compare`, `trust` and `stability` take several, separated by commas. (default: \(Saliency.name); of `trust` \
      and `stability` \(examined.joined(separator: ", ")))
      """,
    completion: .list(AttributionMethods.all.map { $0.name }))
  var method: String?

  /// One of each kind that is used much and takes at most some fifty gradients.
  static let examined = [
    "saliency", "input-x-gradient", "integrated-gradients", "smoothgrad", "guided-backpropagation", "deeplift", "lrp",
    "grad-cam",
  ]

  @Option(.baseline) var baseline: String?
  @Option(.background) var background: String?
  @Option(.steps) var steps: Int?
  @Option(.draws) var draws: Int?
  @Option(.noise) var noise: Double?
  @Option(.rule) var rule: String?
  @Option(.per) var per: String?
  @Option(.layer) var layer: String?
  @Option(.neuron) var neuron: String?
  @Option(.around) var around: String?
  @Option(.tile) var tile: String?

  /// The method as asked, or a usage error.
  /// - Parameter seed: The seed of its random samples.
  func make(for model: TrainedModel, seed: UInt64) throws -> any AttributionMethod {
    try makeAll([method ?? Saliency.name], for: model, seed: seed)[0]
  }

  /// The methods of a command that examines methods: as asked, or one of each kind.
  func makeExamined(for model: TrainedModel, seed: UInt64) throws -> [any AttributionMethod] {
    try method == nil ? makeAll(Self.examined, for: model, seed: seed) : makeAll(for: model, seed: seed)
  }

  /// Each of several methods with commas between, as asked.
  func makeAll(for model: TrainedModel, seed: UInt64) throws -> [any AttributionMethod] {
    let method = method ?? Saliency.name
    var names: [String] = []
    for name in method.split(separator: ",").map({ $0.trimmingCharacters(in: .whitespaces) })
    where !names.contains(name) {
      names.append(name)
    }
    guard !names.isEmpty else { throw ValidationError("no method is named; `undertone methods` lists them") }
    return try makeAll(names, for: model, seed: seed)
  }

  private func makeAll(
    _ names: [String], for model: TrainedModel, seed: UInt64
  ) throws -> [any AttributionMethod] {
    var options = MethodOptions()
    options.seed = seed
    (options[.steps], options[.draws], options[.noise]) = (steps, draws, noise)
    (options[.rule], options[.layer], options[.around]) = (rule, layer, around)
    options[.per] = per
    if let tile {
      guard let size = TileSize(tile) else {
        throw ValidationError("--tile: \"\(tile)\" is not seconds x Hz, as 0.2x1000")
      }
      options[.tile] = size
    }
    if let neuron {
      guard let unit = Neuron(neuron) else {
        throw ValidationError("--neuron: \"\(neuron)\" is neither a channel, as 12, nor channel,row,column, as 12,3,20")
      }
      options[.neuron] = unit
    }
    let clips = try background.map { try readBackground($0, for: model, seed: seed) }
    switch baseline {
    case nil: options[.background] = clips
    case "mean":
      guard let clips else { throw ValidationError("--baseline mean needs --background") }
      options[.baseline] = .mean(clips)
    case .some(let name) where name.hasPrefix("file:"):
      let path = String(name.dropFirst("file:".count))
      options[.baseline] = .clip(try readSpeech(path, for: model).samples, name: path)
    case .some(let name):
      guard let baseline = Baseline(name) else {
        throw ValidationError(
          "there is no baseline \"\(name)\"; there is silence, zero, blurred, noise:DECIBELS (as noise:-40), file:PATH, mean"
        )
      }
      (options[.baseline], options[.background]) = (baseline, clips)
    }
    do {
      return try AttributionMethods.makeAll(names, options)
    } catch {
      throw ValidationError("\(error)")
    }
  }

  /// At most ``Background/mostClips`` of a manifest's clips, sampled by the seed; files that fail are reported and left out.
  private func readBackground(_ path: String, for model: TrainedModel, seed: UInt64) throws -> Background {
    // It has the clips, or the manifest of --data.
    guard path != Manifest.standardInput else { throw ValidationError("--background cannot be standard input (-)") }
    let manifest = try readManifest(path)
    var generator = SeededGenerator(seed: seed)
    let entries = generator.shuffled(manifest.entries).prefix(Background.mostClips)
    var clips: [[Float]] = []
    for entry in entries {
      do {
        clips.append(try readSpeech(manifest.fullPath(of: entry), for: model).samples)
      } catch {
        Console.report(error)
      }
    }
    guard !clips.isEmpty else { throw ValidationError("\(path): none of its clips can be read") }
    return Background(clips: clips, name: "\(clips.count) clips of \(path)")
  }
}

extension Option {
  /// An option of methods, with the name and the words of its declaration, the methods that read it and their defaults.
  fileprivate init<Given: ExpressibleByArgument>(_ option: MethodOptions.Name) where Value == Given? {
    self.init(
      name: .customLong(option.name),
      help: ArgumentHelp("\(option.summary) \(option.readers)", valueName: option.valueName))
  }
}

extension MethodOptions.Name {
  /// The methods that read the option, by their defaults: "For lime, rise (default: silence); deeplift (default: zero)."
  fileprivate var readers: String {
    var groups: [(value: String, methods: [String])] = []
    for method in AttributionMethods.all.map({ $0.description }) {
      guard let value = method.defaults[self] else { continue }
      if let index = groups.firstIndex(where: { $0.value == value }) {
        groups[index].methods.append(method.name)
      } else {
        groups.append((value, [method.name]))
      }
    }
    return "For "
      + groups.map { "\($0.methods.joined(separator: ", ")) (default: \($0.value))" }.joined(separator: "; ") + "."
  }
}
