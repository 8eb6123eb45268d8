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
      For each: its cost, its options, and two properties. "Signed": values above 0 raise the score, values below 0 \
      lower it. "Complete": values should sum to f(x) − f(baseline), the difference between the score of the clip and \
      that of the baseline.

      Examples:
        undertone methods
        undertone methods --json
        undertone explain clip.wav --method integrated-gradients --steps 100
      """)

  @Flag(help: "Print one JSON object per method instead of text.")
  var json = false

  private struct JSON: Encodable {
    let name, family, summary, source, cost: String
    let signed, complete: Bool
    let options: [String]
  }

  func run() throws {
    try Console.run {
      for family in MethodFamily.allCases {
        let methods = AttributionMethods.all.map { $0.description }.filter { $0.family == family }
        guard !methods.isEmpty else { continue }
        if !json { try Console.print("\(family.rawValue.uppercased())") }
        for method in methods {
          let options = method.options.map(\.name).sorted()
          guard !json else {
            try Console.print(
              JSON(
                name: method.name, family: family.rawValue, summary: method.summary, source: method.source,
                cost: method.cost, signed: method.isSigned, complete: method.promisesCompleteness, options: options
              ).line)
            continue
          }
          let facts =
            [method.cost] + (method.isSigned ? ["signed"] : []) + (method.promisesCompleteness ? ["complete"] : [])
            + options.map { "--\($0)" }
          try Console.print(
            "  \(method.name)\n    \(method.summary)\n    \(facts.joined(separator: ", "))\n    \(method.source)")
        }
      }
    }
  }
}
