import Foundation
import TestSupport
import Testing

@Suite("The lines of --json are as Documentation/schemas describes them")
struct SchemaTests {
  @Test("Every command with --json has a schema, and every schema a command")
  func complete() throws {
    let dump = try #require(
      JSON(Data(try Folder().undertone("--experimental-dump-help").output.joined(separator: "\n").utf8)))
    func commands(_ command: JSON, below parents: [String]) -> [String] {
      let hasJSON = command["arguments"]?.items.contains { argument in
        argument["names"]?.items.contains { $0["name"] == .text("json") } == true
      }
      return (hasJSON == true ? [parents.joined(separator: "-")] : [])
        + (command["subcommands"]?.items ?? []).flatMap { sub in
          if case .text(let name)? = sub["commandName"] { commands(sub, below: parents + [name]) } else { [String]() }
        }
    }
    let files = try FileManager.default.contentsOfDirectory(atPath: Schema.folder.path)
    let found = commands(try #require(dump["command"]), below: []).map { "\($0).schema.json" }
    #expect(found.count == 25 && Set(found) == Set(files), "\(found)")
  }

  @Test("A schema names every key, in snake case with a description")
  func closed() throws {
    for file in try FileManager.default.contentsOfDirectory(atPath: Schema.folder.path) {
      let schema = try Schema(named: file.replacing(".schema.json", with: ""))
      for (path, object) in schema.objects {
        #expect(object["additionalProperties"] == .truth(false) && object["required"] != nil, "\(file) \(path)")
        for (key, value) in object["properties"]?.members ?? [:] {
          #expect(key.wholeMatch(of: /[a-z][a-z0-9]*(_[a-z0-9]+)*/) != nil, "\(file) \(path)/\(key)")
          #expect(value["description"] != nil || value["$ref"] != nil, "\(file) \(path)/\(key)")
        }
      }
    }
  }

  /// Lines of every command are right, and every key of its schema is in one of them.
  @Test("Lines of all commands")
  func lines() throws {
    let folder = try Folder()
    #expect(
      try folder.undertone(
        "corpus", "synthesize", "--clips", "1", "--speakers", "2", "--plant", "angry", "--output", "."
      ).status == 0)
    let rows = try folder.lines("manifest.csv").enumerated().map { $1 + ($0 == 0 ? ",arousal" : ",0.\($0)") }
    try folder.write(rows.joined(separator: "\n") + "\n", to: "clips.csv")
    let clip = String(try #require(rows[1].split(separator: ",").first))
    try folder.write(WAV().file(Array(repeating: 0, count: 16_000) + voice(seconds: 1)), to: "half.wav")
    let words = (0..<14).map { "half 1 \(1 + 0.06 * Double($0)) 0.06 word\n" }
    try folder.write(words.joined(), to: "many.ctm")
    let data = ["--data", "clips.csv", "--json"]
    let training = ["train", "cnnatt", "--validation", "clips.csv", "--epochs", "1"] + data
    for name in ["hubert-base-er", "distilhubert-bare"] {
      try FileManager.default.copyItem(
        at: Checkout.fixture("encoders/\(name)"),
        to: folder.url.appendingPathComponent(name.hasSuffix("-bare") ? "encoder" : "hubert"))
    }
    try folder.write("---\nlicense: mit\n---\n", to: "hubert/README.md")
    struct Prediction: Decodable { let predicted: String }
    let prediction: Prediction = try decoded(try #require(folder.undertone("predict", clip, "--json").output.first))
    let other = prediction.predicted == "angry" ? "fear" : "angry"
    try folder.write(
      """
      [[test]]
      clip = "\(clip)"
      expect = "\(prediction.predicted)"
      probability = [0, 1]
      inside = [{ hertz = [0, 4000], share = 0 }]
      golden = "golden.npy"
      tolerance = 0.9
      """, to: "check.toml")
    // Integrated gradients promise completeness, saliency does not; a model has classes, dimensions or both.
    let runs: [String: [[String]]] = [
      "train": [
        training + ["--output", "a"], training + ["--output", "b", "--dimensions", "arousal"],
        training + ["--output", "c", "--dimensions", "arousal", "--classes", "none"],
        ["train", "cnnatt", "--final", "--epochs", "1", "--output", "d"] + data,
      ],
      "curves": [["curves", "a", "b", "c", "d", "--json"]],
      "runs": [["runs", ".", "--json"], ["runs", "folds", "seeds", "--against", "folds", "--json"]],
      "methods": [["methods", "--json"]],
      "modalities": [["modalities", "--model", "fusion", "--clips", "4", "--data", "two/manifest.csv", "--json"]],
      "decompose": [
        ["decompose", clip, "--components", "2", "--iterations", "3", "--json", "--arrays", "--model", "b"],
        ["decompose", clip, "--components", "2", "--iterations", "3", "--json", "--model", "c"],
        ["decompose", clip, "--components", "2", "--iterations", "3", "--json", "--no-model"],
      ],
      "edit": [
        ["edit", clip, "--pitch", "2", "--range", "1.5", "--tempo", "1.1", "--formants", "1.05", "--json"]
          + ["--roughness", "1", "--breathiness", "12", "--tilt", "-2", "--loudness", "3", "--reverberation", "0.3"]
          + ["--low-pass", "4000", "--noise", "30", "--telephone"],
        ["edit", clip, "--tilt", "1", "--model", "b", "--json"],
        ["edit", clip, "--tilt", "1", "--model", "c", "--json"],
      ],
      "counterfactual": [
        ["counterfactual", clip, "--to", "all", "--budget", "100", "--json"], ["counterfactual", clip, "--json"],
      ],
      "flips": [
        ["flips", "--data", "two/manifest.csv", "--clips", "1", "--budget", "100", "--most", "1", "--json"]
      ],
      // Labels that are no class: every clip is attacked. What a budget of 0 dB changes fools.
      "attack": [
        ["attack", "--data", "two/calm.csv", "--clips", "4", "--steps", "5", "--ratio", "30,0", "--json"]
          + ["--transfer", "a", "--explain", "--write", "--against", "built-in"],
        ["attack", clip, "--input", "mel", "--largest", "5", "--steps", "5", "--to", other, "--json"],
        // A universal change is fitted to half of ten speakers.
        ["attack", "--data", "ten.csv", "--clips", "24", "--steps", "2", "--ratio", "0", "--json"]
          + ["--attack", "universal", "--against", "built-in"],
        ["attack", "--data", "two/calm.csv", "--clips", "1", "--steps", "1", "--ratio", "0", "--json"]
          + ["--against", "a,d"],
        // Of fourteen clips two are predicted the same of seven emotions.
        ["attack", "--data", "two/manifest.csv", "--clips", "2", "--steps", "2", "--ratio", "20", "--json"]
          + ["--on", "explanation", "--method", "saliency"],
        ["attack", clip, "--on", "explanation", "--aim", "map", "--steps", "2", "--ratio", "20", "--json"]
          + ["--method", "saliency,lrp"],
      ],
      // What the model says of a file is certified with noise as soft as this; of clips with labels it may be wrong.
      "certify": [
        ["certify", clip, "--noise", "0.00001,0.5", "--draws", "40", "--first-draws", "5", "--json"],
        ["certify", "--data", "two/manifest.csv", "--clips", "1", "--noise", "0.0001", "--draws", "40", "--json"],
      ],
      // A gap is between groups of 24 clips.
      "audit": [
        ["audit", "--model", "a", "--data", "two/twice.csv", "--training", "two/manifest.csv", "--json"]
      ],
      "response": [
        ["response", "--data", "two/manifest.csv", "--clips", "1", "--edits", "pitch,breathiness", "--json"],
        ["response", clip, "--edits", "tempo", "--model", "c", "--json"],
      ],
      "layers": [["layers", "tiny-random", "--folds", "2", "--data", "two/manifest.csv", "--json"]],
      "check": [
        ["check", "check.toml", "--update", "--json"], ["check", "check.toml", "--against", "a", "--json"],
      ],
      // Of a column with two words, and of a cue.
      "concepts": [
        [
          "concepts", "--data", "four/half.csv", "--concept", "pitch,half", "--folds", "3", "--layer", "blocks.0",
          "--json",
        ]
      ],
      "cues": [["cues", clip, "--json"], ["cues", "--clips", "2", "--data", "two/manifest.csv", "--json"]],
      "models-show": [["models", "built-in", "a", "encoder", "hubert", "--json"]],
      // An effect is between two clips or more of an emotion and others.
      "corpus-describe": [["corpus", "describe", "two/manifest.csv", "--json"]],
      "explain": [
        ["explain", clip, "--method", "integrated-gradients", "--steps", "4", "--versus", "fear", "--json"]
          + ["--input", "all", "--arrays", "--listen", "--model", "b"],
        ["explain", clip, "--units", "syllables", "--shapley", "--erasure", "--json"],
        // Shapley values of more units than twelve are sampled.
        ["explain", "half.wav", "--units", "many.ctm", "--shapley", "--json"],
        ["explain", "half.wav", "--window", "1", "--json"], ["explain", clip, "--model", "c", "--json"],
        ["explain", clip, "--model", "hubert", "--method", "lrp,input-x-gradient", "--input", "waveform", "--json"],
      ],
      "predict": [
        ["predict", "half.wav", "--window", "1", "--json"], ["predict", clip, "--model", "b", "--json"],
        ["predict", clip, "--model", "c", "--json"],
      ],
      "evaluate": [
        ["evaluate", "--model", "b"] + data, ["evaluate", "--model", "c"] + data,
        // A gap is between groups of 24 clips.
        [
          "evaluate", "--model", "a", "--fit-temperature", "--against", "built-in", "--data", "two/twice.csv",
          "--json",
        ],
      ],
      "compare": [
        ["compare", "--model", "a", "--model", "built-in", "--clips", "1"] + data,
        ["compare", "--model", "b", "--model", "c", "--clips", "1", "--target", "arousal"] + data,
      ],
      // Of fourteen clips two are predicted the same of seven emotions.
      "stability": [
        ["stability", "--method", "saliency", "--clips", "2", "--data", "two/manifest.csv", "--json"]
      ],
      "trust": [
        ["trust", "--method", "saliency", "--target", "angry", "--model", "a", "--fine-tune", "1"] + data,
        ["trust", "--method", "saliency", "--target", "arousal", "--model", "c", "--clips", "3"] + data,
        // A verdict needs 24 clips, whose speakers are not known; a model is alike itself.
        ["trust", "--method", "integrated-gradients", "--steps", "4", "--data", "two/unnamed.csv", "--json"]
          + ["--siblings", Checkout.folder.appendingPathComponent("Sources/Models/BuiltIn").path],
      ],
    ]
    // An interval needs two speakers.
    let two = ["corpus", "synthesize", "--clips", "4", "--speakers", "2", "--output", "two"]
    #expect(try folder.undertone(two).status == 0)
    let four = ["corpus", "synthesize", "--clips", "4", "--speakers", "4", "--output", "four"]
    #expect(try folder.undertone(four).status == 0)
    let half = try folder.lines("four/manifest.csv").enumerated().map { row, line in
      line + (row == 0 ? ",half" : row.isMultiple(of: 2) ? ",even" : ",odd")
    }
    try folder.write(half.joined(separator: "\n") + "\n", to: "four/half.csv")
    let clips = try folder.lines("two/manifest.csv")
    let emotionColumn = try #require(clips[0].split(separator: ",").firstIndex(of: "emotion"))
    try folder.write((clips + clips.dropFirst()).joined(separator: "\n") + "\n", to: "two/twice.csv")
    let calm = clips.enumerated().map { row, line in
      row == 0
        ? line
        : line.split(separator: ",", omittingEmptySubsequences: false).enumerated()
          .map { $0.offset == emotionColumn ? "calm" : String($0.element) }.joined(separator: ",")
    }
    try folder.write(calm.joined(separator: "\n") + "\n", to: "two/calm.csv")
    let paths = clips.dropFirst().map { "\($0.split(separator: ",")[0]),calm\n" }
    try folder.write("path,emotion\n" + paths.joined(), to: "two/unnamed.csv")
    let ten = (0..<24).map { "\(clip),calm,s\($0 % 10)\n" }
    try folder.write("path,emotion,speaker\n" + ten.joined(), to: "ten.csv")
    let fusion = ["train", "mmfusion", "--encoder", "tiny-random", "--convnext", "tiny-random", "--data", "clips.csv"]
    #expect(
      try folder.undertone(fusion + ["--validation", "clips.csv", "--epochs", "1", "--output", "fusion"]).status == 0)
    let folds = ["train", "cnnatt", "--folds", "2", "--epochs", "1", "--data", "two/manifest.csv", "--output", "folds"]
    #expect(try folder.undertone(folds).status == 0)
    #expect(try folder.undertone(folds.dropLast() + ["seeds", "--repeat-seeds", "2"]).status == 0)
    for name in ["train"] + runs.keys.filter({ $0 != "train" }).sorted() {
      let schema = try Schema(named: name)
      var seen: Set<String> = []
      for arguments in runs[name]! {
        let run = try folder.undertone(arguments)
        #expect(run.status == 0 && !run.output.isEmpty, "\(arguments): \(run.errors)")
        for line in run.output {
          let value = try #require(JSON(Data(line.utf8)), "\(arguments): \(line)")
          #expect(schema.problems(of: value, seen: &seen) == [], "\(arguments)")
        }
      }
      let keys = schema.objects.flatMap { path, object in
        (object["properties"]?.members.keys).map { $0.map { "\(path)/\($0)" } } ?? []
      }
      #expect(Set(keys).subtracting(seen).sorted() == [], "\(name): keys that no line has")
    }
  }

  @Test("The check finds what is missing, unknown, of another type and out of range")
  func check() throws {
    let schema = try Schema(named: "train")
    let good =
      #"{"epoch":1,"rate":0.001,"seconds":0.1,"train_loss":2,"validation_accuracy":0.5,"validation_loss":2,"validation_macro_f1":0}"#
    func problems(_ old: String, _ new: String) -> [String] {
      var seen: Set<String> = []
      return schema.problems(of: JSON(Data(good.replacing(old, with: new).utf8))!, seen: &seen)
    }
    #expect(problems("", "") == [])
    #expect(problems(#""rate":0.001,"#, "") == ["/: no rate"])
    #expect(problems(#""rate""#, #""extra":1,"rate""#) == ["/: extra is not in the schema"])
    #expect(problems(":1,", #":"1","#) == ["/epoch: not of type integer"])
    #expect(problems(":1,", ":1.5,") == ["/epoch: not of type integer"])
    #expect(problems("accuracy\":0.5", "accuracy\":1.5") == ["/validation_accuracy: above 1.0"])
    #expect(problems("0.001", "0") == ["/rate: not above 0.0"])
  }
}

/// A value of JSON. Numbers are kept apart from truth values.
private enum JSON: Decodable, Equatable {
  case null
  case truth(Bool)
  case number(Double)
  case text(String)
  case list([JSON])
  case object([String: JSON])

  init?(_ data: Data) {
    guard let value = try? JSONDecoder().decode(JSON.self, from: data) else { return nil }
    self = value
  }

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let truth = try? container.decode(Bool.self) {
      self = .truth(truth)
    } else if let number = try? container.decode(Double.self) {
      self = .number(number)
    } else if let text = try? container.decode(String.self) {
      self = .text(text)
    } else if let list = try? container.decode([JSON].self) {
      self = .list(list)
    } else {
      self = .object(try container.decode([String: JSON].self))
    }
  }

  var members: [String: JSON] { if case .object(let members) = self { members } else { [:] } }
  var items: [JSON] { if case .list(let items) = self { items } else { [] } }
  var number: Double? { if case .number(let number) = self { number } else { nil } }

  subscript(key: String) -> JSON? { members[key] }

  func isOf(_ type: JSON) -> Bool {
    switch (self, type) {
    case (_, .list(let types)): types.contains(where: isOf)
    case (.null, .text("null")), (.truth, .text("boolean")), (.number, .text("number")), (.text, .text("string")),
      (.list, .text("array")), (.object, .text("object")):
      true
    case (.number(let number), .text("integer")): number == number.rounded()
    default: false
    }
  }
}

/// The part of JSON Schema (draft 2020-12) that the schemas use.
private struct Schema {
  static let folder = Checkout.folder.appendingPathComponent("Documentation/schemas")

  private let root: JSON

  init(named name: String) throws {
    root = try #require(JSON(Data(contentsOf: Self.folder.appendingPathComponent("\(name).schema.json"))), "\(name)")
  }

  /// The schemas of objects with named keys, by their places in the schema.
  var objects: [(path: String, object: JSON)] {
    func found(_ value: JSON, _ path: String) -> [(String, JSON)] {
      (value["properties"] == nil || value["type"] != .text("object") ? [] : [(path, value)])
        + value.members.flatMap { found($1, "\(path)/\($0)") }
    }
    return found(root, "#").map { ($0, $1) }
  }

  /// What is wrong with a value, a line each.
  /// - Parameter seen: The places in the schema of the keys that the value has are added.
  func problems(of value: JSON, seen: inout Set<String>) -> [String] {
    problems(of: value, at: "", root, "#", &seen)
  }

  private func problems(
    of value: JSON, at path: String, _ given: JSON, _ givenPlace: String, _ seen: inout Set<String>
  ) -> [String] {
    var (schema, place) = (given, givenPlace)
    if case .text(let reference)? = given["$ref"] {
      guard let found = root["$defs"]?[reference.replacing("#/$defs/", with: "")] else { return ["no \(reference)"] }
      (schema, place) = (found, reference)
    }
    func wrong(_ words: String) -> String { "\(path.isEmpty ? "/" : path): \(words)" }
    if let type = schema["type"], !value.isOf(type) {
      if case .text(let name) = type { return [wrong("not of type \(name)")] }
      return [wrong("not of a type of \(type)")]
    }
    var problems: [String] = []
    if let values = schema["enum"]?.items, !values.contains(value) { problems.append(wrong("none of \(values)")) }
    if let number = value.number {
      if let least = schema["minimum"]?.number, number < least { problems.append(wrong("below \(least)")) }
      if let most = schema["maximum"]?.number, number > most { problems.append(wrong("above \(most)")) }
      if let limit = schema["exclusiveMinimum"]?.number, number <= limit {
        problems.append(wrong("not above \(limit)"))
      }
    }
    if case .list(let items) = value {
      if let least = schema["minItems"]?.number, items.count < Int(least) { problems.append(wrong("too few items")) }
      if let most = schema["maxItems"]?.number, items.count > Int(most) { problems.append(wrong("too many items")) }
      if let each = schema["items"] {
        for (index, item) in items.enumerated() {
          problems += self.problems(of: item, at: "\(path)/\(index)", each, "\(place)/items", &seen)
        }
      }
    }
    for case .text(let key) in schema["required"]?.items ?? [] where value[key] == nil {
      problems.append(wrong("no \(key)"))
    }
    for (key, member) in value.members.sorted(by: { $0.key < $1.key }) {
      if let named = schema["properties"]?[key] {
        // As `objects` calls it.
        seen.insert("\(place)/\(key)")
        problems += self.problems(of: member, at: "\(path)/\(key)", named, "\(place)/properties/\(key)", &seen)
      } else if schema["additionalProperties"] == .truth(false) {
        problems.append(wrong("\(key) is not in the schema"))
      } else if let other = schema["additionalProperties"] {
        problems += self.problems(of: member, at: "\(path)/\(key)", other, "\(place)/additionalProperties", &seen)
      }
    }
    return problems
  }
}
