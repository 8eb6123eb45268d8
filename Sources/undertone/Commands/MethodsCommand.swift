import ArgumentParser
import Attributions
import Basics
import Foundation
import Layers
import Models
import Reports
import Tensors

struct MethodsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "methods",
    abstract: "Lists the attribution methods.",
    discussion: """
      For each: its cost, two properties, and its options with their defaults. "Signed": values above 0 raise the \
      score, values below 0 lower it. "Complete": values should sum to f(x) − f(baseline), the difference between the \
      score of the clip and that of the baseline; those of lrp to f(x) less what constants have.

      Examples:
        undertone methods
        undertone methods lime occlusion
        undertone methods --json
        undertone explain clip.wav --method integrated-gradients --steps 100
      """)

  @Argument(
    help: "Print these methods only, and what each of their options does. (default: all methods, in brief)")
  var names: [String] = []

  @Flag(help: "Print one JSON object per method instead of text.")
  var json = false

  private struct JSON: Encodable {
    let name, family, summary, source, cost: String
    let signed, complete: Bool
    let options: [String]
  }

  func validate() throws {
    for name in names where !AttributionMethods.all.contains(where: { $0.name == name }) {
      throw ValidationError("\(MethodError.unknown(name: name))")
    }
  }

  func run() throws {
    try Console.run {
      for family in MethodFamily.allCases {
        let methods = AttributionMethods.all.map { $0.description }.filter {
          $0.family == family && (names.isEmpty || names.contains($0.name))
        }
        guard !methods.isEmpty else { continue }
        if !json { try Console.print("\(family.rawValue.uppercased())") }
        for method in methods {
          let options = method.defaults.sorted { $0.key.name < $1.key.name }
          guard !json else {
            try Console.print(
              JSON(
                name: method.name, family: family.rawValue, summary: method.summary, source: method.source,
                cost: method.cost, signed: method.isSigned, complete: method.promisesCompleteness,
                options: options.map(\.key.name)
              ).line)
            continue
          }
          let facts =
            [method.cost] + (method.isSigned ? ["signed"] : []) + (method.promisesCompleteness ? ["complete"] : [])
          try Console.print(
            "  \(method.name)\n    \(method.summary)\n    \(facts.joined(separator: ", "))\n    \(method.source)")
          guard !names.isEmpty else {
            let list = options.map { "--\($0.key.name) (\($0.value))" }.joined(separator: ", ")
            if !options.isEmpty { try Console.print(wrapped(list, first: "    ", indentation: "      ")) }
            continue
          }
          for (option, value) in options {
            let words = "--\(option.name) <\(option.valueName)> \(option.summary) (default: \(value))"
            try Console.print(wrapped(words, first: "    ", indentation: "      "))
          }
        }
      }
    }
  }
}
