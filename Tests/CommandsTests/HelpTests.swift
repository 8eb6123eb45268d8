import Foundation
import Testing

@Suite("What the help says of options")
struct HelpTests {
  /// A command as the argument parser describes it.
  struct Command: Decodable {
    let commandName: String
    let arguments: [Argument]?
    let subcommands: [Command]?

    /// The options that take a value, of the command and of all below it: "corpus split --share".
    func options(after path: String = "") -> [(name: String, option: Argument)] {
      let path = path.isEmpty ? commandName : "\(path) \(commandName)"
      let own = (arguments ?? []).filter { $0.kind == "option" }
      return own.map { ("\(path) --\($0.preferredName?.name ?? "")", $0) }
        + (subcommands ?? []).flatMap { $0.options(after: path) }
    }
  }

  struct Argument: Decodable {
    struct Name: Decodable { let name: String }

    let kind: String
    let preferredName: Name?
    let valueName, abstract, defaultValue: String?
    let allValues: [String]?

    /// The default, as the parser adds it to the help, or as the help has it.
    var statedDefault: String? {
      defaultValue ?? (abstract ?? "").firstMatch(of: /\(default: ([^)]+)\)/).map { String($0.1) }
    }

    /// Whether the value is a number: by its default, or by its placeholder.
    var isNumeric: Bool {
      let placeholders = ["count", "number", "share", "ratio", "seconds", "points", "length", "dB", "Hz-Hz"]
      return placeholders.contains(valueName ?? "")
        || (allValues == nil && statedDefault?.firstMatch(of: /^[-−]?\d/) != nil)
    }

    /// "0.1 to 60", "1 or more", "above 0", "counted from 0".
    var statesRange: Bool {
      (abstract ?? "").contains(/\d\w* to \d|\d or more|above \d|from \d/)
    }

    /// A placeholder with a unit, or a unit or a counted thing in the words.
    var statesUnit: Bool {
      ["seconds", "points", "dB", "Hz-Hz", "share"].contains(valueName ?? "")
        || (abstract ?? "").contains(
          /number of|seed|in, cm, mm or pt|dpi|share of|learning rate|norm of|seconds x Hz|channel/)
    }
  }

  let options: [(name: String, option: Argument)]

  init() throws {
    struct Dump: Decodable { let command: Command }
    let output = try Folder().undertone("--experimental-dump-help").output.joined(separator: "\n")
    options = try JSONDecoder().decode(Dump.self, from: Data(output.utf8)).command.options()
  }

  @Test("Every option with a value states its default, unless it must be given")
  func defaults() {
    let required = ["undertone compare --model"]
    let silent = options.filter {
      !$0.name.hasSuffix(" --data") && !required.contains($0.name) && $0.option.statedDefault == nil
    }
    #expect(silent.isEmpty, "\(silent.map(\.name))")
    #expect(options.count > 100)
  }

  @Test("Every option with a number states its range and its unit")
  func numbers() {
    let numeric = options.filter(\.option.isNumeric)
    let unbounded = numeric.filter { !$0.option.statesRange }
    #expect(unbounded.isEmpty, "\(unbounded.map { ($0.name, $0.option.abstract ?? "") })")
    let withoutUnit = numeric.filter { !$0.option.statesUnit }
    #expect(withoutUnit.isEmpty, "\(withoutUnit.map { ($0.name, $0.option.abstract ?? "") })")
    for name in ["explain --steps", "explain --noise", "predict --hop", "train --rate", "corpus synthesize --level"] {
      #expect(numeric.contains { $0.name == "undertone \(name)" }, "\(name)")
    }
  }

  @Test("A method's description has each of its options with its default")
  func method() throws {
    let folder = try Folder()
    let text = try folder.undertone("methods", "layer-conductance", "lime").output.joined(separator: " ")
      .split(separator: " ").joined(separator: " ")
    for words in ["on the path: 1 or more. (default: 150)", "or masks): 1 or more. (default: 1000)"] {
      #expect(text.contains(words), "\(text)")
    }
    #expect(!text.contains("occlusion"))
    // An option of two meanings has the method's own.
    for (method, own, others) in [
      ("integrated-gradients", "gauss-legendre, trapezoid", "composite"), ("lrp", "composite, epsilon", "trapezoid"),
    ] {
      let text = try folder.undertone("methods", method).output.joined(separator: " ")
      #expect(text.contains(own) && !text.contains(others), "\(text)")
    }
    #expect(try folder.undertone("methods", "magic").failed(64, naming: "no method \"magic\""))
  }
}
