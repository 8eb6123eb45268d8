import Foundation
import TestSupport
import Testing

@Suite("train --recipe FILE")
struct RecipeFileTests {
  let folder: Folder

  init() throws {
    folder = try Folder()
    let run = try folder.undertone("corpus", "synthesize", "--clips", "3", "--speakers", "2", "--output", "corpus")
    try #require(run.status == 0, "\(run)")
  }

  private func recipe(_ model: String) throws -> String {
    String(decoding: try folder.contents("\(model)/recipe.toml"), as: UTF8.self)
  }

  /// Trains by options, and again by the recipe that this leaves and nothing else but the clips and what is pretrained.
  private func repeated(_ arguments: [String], with data: [String] = []) throws -> String {
    let clips = ["--data", "corpus/manifest.csv"] + data
    let first = try folder.undertone(["train"] + arguments + clips + ["--output", "first"])
    #expect(first.status == 0, "\(first)")
    let second = try folder.undertone(["train", "--recipe", "first/recipe.toml"] + clips + ["--output", "second"])
    #expect(second.status == 0, "\(second)")
    #expect(try folder.contents("first/model.safetensors") == folder.contents("second/model.safetensors"))
    #expect(try recipe("first") == recipe("second"))
    return try recipe("first")
  }

  @Test("A training of many settings is repeated to the bit; an option beside the file replaces its value")
  func repeated() throws {
    try folder.write(#"{"pathFilters":4,"widths":[8,12],"attended":16,"heads":2}"#, to: "sizes.json")
    let text = try repeated([
      "cnnatt", "--epochs", "2", "--batch", "8", "--rate", "7e-05", "--seed", "18446744073709551615", "--split", "0.6",
      "--by", "clip", "--trim", "off", "--network", "sizes.json", "--augment", "stretch:0.2,mixup", "--average", "0.9",
      "--class-weights", "balanced", "--label-smoothing", "0.1", "--patience", "2", "--clip-norm", "1", "--accumulate",
      "2", "--cosine", "--warmup", "1", "--classes", "surprise,angry,disgust,fear,happy,neutral,sad",
    ])
    for line in [
      "rate = 7e-05  # of the first epoch", #"seed = "18446744073709551615"  #"#, "share = 0.6  #", #"trim = "off""#,
      #"augment = "stretch:0.2,mixup:0.2""#, "warmup = 1  # epochs in which the rate rises", "heads = 2",
      #"classes = ["surprise", "angry","#,
    ] { #expect(text.contains("\n\(line)"), "\(line): \(text)") }

    let other = try folder.undertone(
      "train", "--recipe", "first/recipe.toml", "--data", "corpus/manifest.csv", "--seed", "1", "--rate", "0.001",
      "--output", "other")
    #expect(other.status == 0, "\(other)")
    #expect(try folder.contents("first/model.safetensors") != folder.contents("other/model.safetensors"))
    #expect(
      try recipe("other")
        == text.replacing(#"seed = "18446744073709551615""#, with: "seed = 1").replacing(
          "rate = 7e-05", with: "rate = 0.001"))
  }

  @Test("All clips without validation, and a pretrained encoder of which one layer learns, are repeated to the bit")
  func finalAndPretrained() throws {
    let final = try repeated(["fcmfcc", "--final", "--epochs", "2", "--batch", "8", "--recipe", "report"])
    #expect(final.contains("from = \"none\"") && final.contains("epochs = [1]  # after which it falls"), "\(final)")
    for name in ["first", "second"] { try FileManager.default.removeItem(atPath: folder.path(name)) }
    let probe = try repeated(
      ["probe", "--head", "dense", "--train-layers", "1", "--epochs", "1", "--batch", "8"],
      with: ["--encoder", "tiny-random"])
    #expect(probe.contains("train_layers = 1") && probe.contains("[network.head]"), "\(probe)")
    // One for each family of encoders; the frozen layers are not listed one by one.
    #expect(probe.components(separatedBy: "[[recipe.parts]]").count == 6, "\(probe)")
    let bare = try folder.undertone("train", "--recipe", "first/recipe.toml", "--data", "corpus/manifest.csv")
    #expect(bare.failed(64, naming: "probe needs --encoder"), "\(bare)")
  }

  @Test("Clips that were validated on a manifest of their own are asked for; a resumed training writes its new length")
  func ownValidationAndResume() throws {
    let manifest = "corpus/manifest.csv"
    let first = try folder.undertone(
      "train", "cnnatt", "--data", manifest, "--validation", manifest, "--epochs", "1", "--output", "first")
    #expect(first.status == 0, "\(first)")
    let again = try folder.undertone("train", "--recipe", "first/recipe.toml", "--data", manifest, "--output", "second")
    #expect(again.failed(64, naming: "first/recipe.toml", "--validation"), "\(again)")
    #expect(try recipe("first").contains("\nepochs = 1  #"))
    #expect(try folder.undertone("train", "--resume", "first", "--epochs", "2").status == 0)
    #expect(try recipe("first").contains("\nepochs = 2  #"))
  }

  @Test("Each fold's model has its recipe, and that of the first repeats them all")
  func folds() throws {
    let arguments = ["--data", "corpus/manifest.csv", "--folds", "2"]
    let first = try folder.undertone(["train", "cnnatt", "--epochs", "1", "--batch", "8", "--output", "a"] + arguments)
    #expect(first.status == 0, "\(first)")
    let again = try folder.undertone(["train", "--recipe", "a/fold-1/recipe.toml", "--output", "b"] + arguments)
    #expect(again.status == 0, "\(again)")
    #expect(try folder.contents("a/predictions.csv") == folder.contents("b/predictions.csv"))
  }

  @Test("A short file has the rest of the recipe that it names")
  func short() throws {
    try folder.write("architecture = \"fcmfcc\"\n[recipe]\nname = \"report\"\nepochs = 1\n", to: "short.toml")
    let run = try folder.undertone("train", "--recipe", "short.toml", "--data", "corpus/manifest.csv", "--output", "m")
    #expect(run.status == 0, "\(run)")
    let text = try recipe("m")
    #expect(
      text.contains("rate = 0.0001") && text.contains("batch = 64") && text.contains("weight_decay = 1e-06"), "\(text)")
  }

  @Test(
    "A file that cannot be followed is named in a line with the key and the reason",
    arguments: [
      ("architecture = \"cnnatt\"\nratte = 1", "ratte: there is no such key"),
      ("architecture = \"cnnatt\"\n[recipe]\nratte = 1", "recipe.ratte: there is no such key"),
      ("[recipe]\nrate = 0.1", "architecture: it has none"),
      ("architecture = \"cnn\"", "architecture: there is no \"cnn\"; there are cnnlstm"),
      ("architecture = 3", "architecture: must be text in quotes, not 3"),
      ("architecture = \"cnnatt\"\nseed = -1", "seed: must be a whole number, 0 or more, not -1"),
      ("architecture = \"cnnatt\"\ntrim = 0", "trim: must be decibels above 0, or \"off\", not 0"),
      ("architecture = \"cnnatt\"\nclasses = [\"a\", 2]", "classes: must be a list of texts in quotes, not a list"),
      ("architecture = \"cnnatt\"\nrecipe = 1", "recipe: must be a table, not 1"),
      ("architecture = \"cnnatt\"\n[recipe]\nrate = \"fast\"", "recipe.rate: must be a number, not \"fast\""),
      ("architecture = \"cnnatt\"\n[recipe]\nrate = nan", "recipe.rate: must lie above 0"),
      ("architecture = \"cnnatt\"\n[recipe]\nbatch = 1", "recipe.batch: must lie between 2 and 1000000, not be 1"),
      ("architecture = \"cnnatt\"\n[recipe]\nbatch = 8.5", "recipe.batch: must be a whole number, not 8.5"),
      (
        "architecture = \"cnnatt\"\n[recipe]\noptimizer = \"sgd\"",
        "recipe.optimizer: must be one of \"adam\", \"adamw\""
      ),
      ("architecture = \"cnnatt\"\n[recipe]\naugment = \"louder\"", "recipe.augment: no augmentation \"louder\""),
      ("architecture = \"cnnatt\"\n[recipe]\nsoft_labels = \"yes\"", "recipe.soft_labels: must be true or false"),
      ("architecture = \"cnnatt\"\n[recipe.schedule]\nkind = \"steps\"", "recipe.schedule.kind: must be one of"),
      ("architecture = \"cnnatt\"\n[recipe.schedule]\nkind = \"plateau\"", "recipe.schedule.factor: it is missing"),
      (
        "architecture = \"cnnatt\"\n[recipe.schedule]\nkind = \"milestones\"\nfactor = 0.1\nepochs = [3, 2]",
        "recipe.schedule.epochs: must rise"
      ),
      ("architecture = \"cnnatt\"\n[validation]\nshare = 1.0", "validation.share: must lie between 0 and 1"),
      ("architecture = \"cnnatt\"\n[validation]\nby = \"word\"", "validation.by: must be one of"),
      ("architecture = \"cnnatt\"\n[network]\nheads = 2", "network: it does not have the sizes of cnnatt"),
      (
        "architecture = \"cnnatt\"\n[[recipe.parts]]\nweight_decay = -1", "recipe.parts.weight_decay: must be 0 or more"
      ),
      ("architecture", "no TOML: line 1"), ("{\"rate\": 1}", "no TOML: line 1"), ("a = 1\na = 2", "no TOML: line 2"),
      ("architecture = \"cnnatt\"\0", "no TOML: line 1: it is not text in UTF-8"),
    ])
  func bad(text: String, words: String) throws {
    try folder.write(text, to: "bad.toml")
    let run = try folder.undertone("train", "--recipe", "bad.toml", "--data", "corpus/manifest.csv")
    #expect(run.failed(65, naming: "bad.toml: \(words)"), "\(run)")
    #expect(folder.files(in: "output") == [])
  }

  @Test("Neither a name nor a file, a folder, bytes, and a file of 100 MB are refused in a line")
  func noFile() throws {
    func fails(_ path: String, _ status: Int32, _ words: String) throws {
      let run = try folder.undertone("train", "cnnatt", "--recipe", path, "--data", "corpus/manifest.csv")
      #expect(run.failed(status, naming: path, words), "\(run)")
    }
    try fails("missing.toml", 64, "no recipe of that name; there are report, published")
    try fails("corpus", 66, "cannot be read")
    try folder.write([0xFF, 0xFE, 0x00] as [UInt8], to: "bytes.toml")
    try fails("bytes.toml", 65, "not text in UTF-8")
    try folder.write("", to: "large.toml")
    #expect(truncate(folder.path("large.toml"), 100_000_000) == 0)
    try fails("large.toml", 65, "100000000 bytes are too many")
    try folder.write("a = " + String(repeating: "[", count: 100_000), to: "deep.toml")
    try fails("deep.toml", 65, "no TOML")
  }
}
