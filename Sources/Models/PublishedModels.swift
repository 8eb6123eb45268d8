/// A model that others published, and how a folder of it comes here: Undertone itself downloads nothing.
public struct PublishedModel: Equatable, Sendable {
  public enum Kind: String, Sendable {
    case emotions, encoder
    /// An encoder of images.
    case images
  }

  /// The name on Hugging Face: owner/name.
  public let name: String
  public let kind: Kind
  /// One line on what it is.
  public let summary: String
  /// The licence, where it is known here; nil means that its page has to be read.
  public let licence: String?
  /// The files that are needed.
  public let files: [String]

  /// The files of nearly all: sizes, what happens to a waveform, weights.
  private static let usual = ["config.json", "preprocessor_config.json", "pytorch_model.bin"]

  private init(_ name: String, _ kind: Kind, _ summary: String, licence: String? = nil, files: [String] = usual) {
    (self.name, self.kind, self.summary, self.licence, self.files) = (name, kind, summary, licence, files)
  }

  /// The part of the name after the owner.
  public var folder: String { String(name.split(separator: "/").last!) }

  public static let all = [
    PublishedModel("superb/hubert-large-superb-er", .emotions, "HuBERT large, IEMOCAP: neu, hap, ang, sad"),
    PublishedModel("superb/hubert-base-superb-er", .emotions, "HuBERT base, IEMOCAP: neu, hap, ang, sad"),
    PublishedModel("superb/wav2vec2-base-superb-er", .emotions, "wav2vec 2.0 base, IEMOCAP: neu, hap, ang, sad"),
    PublishedModel(
      "ehcalabres/wav2vec2-lg-xlsr-en-speech-emotion-recognition", .emotions,
      "wav2vec 2.0 large XLSR, RAVDESS: eight emotions"),
    PublishedModel(
      "audeering/wav2vec2-large-robust-12-ft-emotion-msp-dim", .emotions,
      "wav2vec 2.0 large robust, 12 layers, MSP-Podcast: arousal, dominance, valence", licence: "CC BY-NC-SA 4.0"),
    PublishedModel(
      "speechbrain/emotion-recognition-wav2vec2-IEMOCAP", .emotions, "wav2vec 2.0 base, IEMOCAP: neu, ang, hap, sad",
      files: ["hyperparams.yaml", "wav2vec2.ckpt", "model.ckpt", "label_encoder.txt"]),
    PublishedModel(
      "tiantiaf/wavlm-large-categorical-emotion", .emotions, "WavLM large, MSP-Podcast: eight emotions and other",
      files: ["config.json", "model.safetensors"]),
    PublishedModel(
      "tiantiaf/wavlm-large-msp-podcast-emotion-dim", .emotions,
      "WavLM large, MSP-Podcast: arousal, valence, dominance", files: ["config.json", "model.safetensors"]),
    PublishedModel("facebook/hubert-base-ls960", .encoder, "HuBERT base, 12 layers × 768"),
    PublishedModel("facebook/hubert-large-ll60k", .encoder, "HuBERT large, 24 layers × 1024: the report's"),
    PublishedModel("facebook/wav2vec2-base", .encoder, "wav2vec 2.0 base, 12 layers × 768"),
    PublishedModel("facebook/wav2vec2-large-robust", .encoder, "wav2vec 2.0 large, 24 layers × 1024"),
    PublishedModel("microsoft/wavlm-base", .encoder, "WavLM base, 12 layers × 768"),
    PublishedModel("microsoft/wavlm-base-plus", .encoder, "WavLM base, more data"),
    PublishedModel("microsoft/wavlm-large", .encoder, "WavLM large, 24 layers × 1024"),
    PublishedModel("ntu-spml/distilhubert", .encoder, "DistilHuBERT, 2 layers × 768"),
    PublishedModel("facebook/data2vec-audio-base", .encoder, "data2vec-audio base, 12 layers × 768"),
    PublishedModel("microsoft/unispeech-sat-base", .encoder, "UniSpeech-SAT base, 12 layers × 768"),
    PublishedModel("facebook/convnext-base-224", .images, "ConvNeXt base, the report's encoder of spectrograms"),
  ]

  /// The model of a name, with or without its owner.
  public static func named(_ name: String) -> PublishedModel? {
    all.first { $0.name == name } ?? all.first { $0.folder == name }
  }

  // MARK: Commands

  private static let hub = "https://huggingface.co"

  /// The page to read: terms of use, the list of files.
  public var page: String { "\(Self.hub)/\(name)" }

  /// The command that downloads each file into a folder.
  /// - Parameter folder: As a shell is to read it; quoted here.
  public func commands(into folder: String) -> [String] {
    files.map { file in
      "curl --fail --location --create-dirs --output \(quoted("\(folder)/\(file)")) \(page)/resolve/main/\(file)"
    }
  }

  /// The one command that does the same with Hugging Face's own tool.
  public func toolCommand(into folder: String) -> String {
    "hf download \(name) \(files.joined(separator: " ")) --local-dir \(quoted(folder))"
  }

  /// A word as a shell takes it unchanged.
  private func quoted(_ word: String) -> String {
    let isPlain = word.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "/._-+@%".contains($0)) }
    return isPlain && !word.hasPrefix("-") ? word : "'\(word.replacing("'", with: "'\\''"))'"
  }
}
