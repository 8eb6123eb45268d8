import Corpora
import Foundation
import TestSupport
import Testing

@testable import Models
@testable import Tensors

@Suite("What a model's folder is")
struct ModelDescriptionTests {
  private func described(_ name: String) throws -> ModelDescription {
    try ModelDescription(folder: Checkout.fixture("encoders/\(name)").path)
  }

  @Test("A downloaded folder with a head")
  func whole() throws {
    let found = try described("hubert-base-er")
    #expect(found.title == "HuBERT" && found.architecture == SpeechClassifier.name)
    let encoder = try #require(found.encoder)
    #expect((encoder.layers, encoder.width, encoder.heads) == (3, 24, 4))
    #expect(!encoder.normalizes && encoder.padding == "alone")
    #expect(found.classes == ["neu", "hap", "ang", "sad"] && found.dimensions.isEmpty)
    #expect(found.samplingRate == 16_000 && found.types == ["F32"] && found.leftOut.isEmpty)
    #expect(found.files == ["config.json", "preprocessor_config.json", "model.safetensors"])
    // All arrays are parameters here, of four bytes each.
    #expect(found.size == 4 * found.parameters)
    #expect(found.head == "weighted sum of all states, projection to 12, mean over steps, linear")
    #expect(found.licence == nil && found.training.isEmpty)
    let line = found.facts.map { "\($0.name): \($0.words)" }.joined(separator: "\n")
    #expect(line.contains("HuBERT, 3 layers × 24 × 4 heads") && line.contains("labels: neu, hap, ang, sad"))
  }

  @Test(
    "The behaviour that is followed is said",
    arguments: [
      ("hubert-large-er", "up to 5.15.0"), ("wavlm-base-er", "attention heads of its own"),
      ("wav2vec2-dense-output", "transformers would draw a random head"),
      ("wav2vec2-dimensions", "classifier.out_proj; transformers has no class"),
      ("distilhubert-bare", "without a head"), ("distilhubert-bare", "no preprocessor_config.json"),
      ("hubert-base-er", "one by one"),
    ])
  func notes(name: String, words: String) throws {
    #expect(try described(name).notes.contains { $0.contains(words) })
  }

  @Test("Every folder of the fixtures, files in parts and .bin too")
  func all() throws {
    for name in SpeechModelsTests.classifiers + SpeechModelsTests.encoders {
      let found = try described(name)
      #expect((found.architecture == nil) == name.hasSuffix("-bare") && found.parameters > 1000, "\(name)")
    }
    let sharded = try described("sharded").files
    #expect(sharded.count == 6 && sharded.contains("model-00003-of-00003.safetensors"))
    #expect(try described("wav2vec2-dimensions").dimensions == ["arousal", "dominance", "valence"])
    // The encoder of Undertone's own folder.
    #expect(try described("hubertft").encoder?.layers == 2)
    let images = try described("convnext")
    #expect(images.title == "ConvNeXt" && images.samplingRate == nil && images.parameters > 1000)
  }

  @Test("The built-in model, and a folder of one's own")
  func own() throws {
    let found = try ModelDescription(TrainedModel.builtIn(), folder: "built-in")
    #expect(found.architecture == "cnnasp" && found.parameters == 100_439 && found.encoder == nil)
    #expect(found.classes == ModelConfiguration.emotions && found.training["seed"] != nil)
  }

  @Test(
    "The licence is the one of the front matter",
    arguments: [
      ("---\nlicense: apache-2.0\n---\nText", "apache-2.0"), ("---\r\nlicense: \"mit\"\r\n---\r\n", "mit"),
      ("---\ntags:\n- audio\nlicense:\n- cc-by-4.0\n- mit\n---\n", "cc-by-4.0"), ("license: mit", nil),
      ("---\ntags: []\n---\nlicense: mit", nil), ("", nil), ("---", nil), ("---\nlicense:\n---\n", nil),
    ] as [(String, String?)])
  func licence(text: String, expected: String?) throws {
    #expect(ModelDescription.licence(inFrontMatter: text) == expected)
    let folder = try FreshFolder.copy(of: "hubert-base-er")
    try folder.write(text, to: "README.md")
    #expect(try ModelDescription(folder: folder.path).licence == expected)
    try folder.edit("config.json") { $0["license"] = "other" }
    #expect(try ModelDescription(folder: folder.path).licence == expected ?? "other")
  }

  @Test("Commands for a download are quoted for a shell")
  func commands() throws {
    let model = try #require(PublishedModel.named("hubert-large-superb-er"))
    #expect(model == PublishedModel.named("superb/hubert-large-superb-er"))
    #expect(
      model.commands(into: "models/it's mine").first
        == "curl --fail --location --create-dirs --output 'models/it'\\''s mine/config.json' "
        + "\(model.page)/resolve/main/config.json")
    #expect(
      model.toolCommand(into: "here")
        == "hf download \(model.name) config.json preprocessor_config.json pytorch_model.bin --local-dir here")
    #expect(model.toolCommand(into: "-x").hasSuffix("'-x'"))
    #expect(PublishedModel.named("superb/none") == nil)
    #expect(Set(PublishedModel.all.map(\.folder)).count == PublishedModel.all.count)
  }

  @Test("A label finds the class that is a word for the same emotion")
  func classes() throws {
    let configuration = try TrainedModel.configuration(of: Checkout.fixture("encoders/hubert-base-er").path)
    #expect([Emotion.neutral, .happy, .angry, .sadness].map(configuration.classIndex) == [0, 1, 2, 3])
    #expect(configuration.classIndex(of: Emotion(rawValue: "Happiness")) == 1)
    #expect(configuration.classIndex(of: Emotion(rawValue: "hap")) == 1)
    #expect(configuration.classIndex(of: .surprise) == nil && configuration.classIndex(of: .none) == nil)
    var both = configuration
    both.classes = ["sad", "sadness", "joy", "happiness"]
    // Of its own name first; of two words for one emotion neither.
    #expect(both.classIndex(of: .sadness) == 1 && both.classIndex(of: .happy) == nil)
    #expect(ModelConfiguration(CNNATT.self).classIndex(of: Emotion(rawValue: "calm")) == nil)
  }
}
