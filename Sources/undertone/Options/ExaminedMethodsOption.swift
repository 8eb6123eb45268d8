import ArgumentParser
import Attributions
import Foundation
import Models

/// The options of a command that examines attribution methods at one input.
struct ExaminedMethodsOption: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Attribution methods, separated by commas; `undertone methods` lists them. (default: \(standard.joined(separator: ", ")))",
      valueName: "names"))
  var method: String?

  @Option(help: "The input to explain. (default: mel; of a model that reads the waveform only, spectrogram)")
  var input: InputSpace?

  /// One of each kind that is used much and takes at most some fifty gradients.
  private static let standard = [
    "saliency", "input-x-gradient", "integrated-gradients", "smoothgrad", "guided-backpropagation", "deeplift", "lrp",
    "grad-cam",
  ]

  func methods(seed: UInt64) throws -> [any AttributionMethod] {
    let names = method.map { $0.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) } }
    var named: [String] = []
    for name in names ?? Self.standard where !named.contains(name) { named.append(name) }
    guard !named.isEmpty else { throw ValidationError("no method is named; `undertone methods` lists them") }
    var options = MethodOptions()
    options.seed = seed
    return try named.map { name in
      do {
        return try AttributionMethods.make(name, options)
      } catch {
        throw ValidationError("\(error)")
      }
    }
  }
}
