import Foundation
import Testing

@Suite("Wrong usage, and help")
struct OptionTests {
  let folder: Folder

  init() throws {
    folder = try Folder()
    try folder.write(WAV().file(voice(seconds: 0.3)), to: "clip.wav")
    try folder.write("path,emotion\nclip.wav,fear\n", to: "clips.csv")
  }

  @Test(
    "A wrong option: exit 64, one line that says what is wrong, nothing written",
    arguments: [
      ("explain", "<files>"), ("explain clip.wav --method magic", "no method \"magic\"; there is saliency"),
      ("explain clip.wav --input ears", "no input \"ears\"; there are waveform, mel, mfcc"),
      ("explain clip.wav --input ,", "no input"), ("explain clip.wav --format gif", "no format \"gif\""),
      ("explain clip.wav --format ,", "no format"), ("explain clip.wav --target joy", "no emotion \"joy\""),
      ("explain clip.wav --versus joy", "it has angry, disgust"), ("explain clip.wav --loud", "--loud"),
      ("explain clip.wav --target fear --versus fear", "--target and --versus are the same"),
      ("predict clip.wav --top 0", "--top must be at least 1"), ("predict clip.wav --top -3", "--top must be"),
      ("predict clip.wav --top three", "three"), ("predict clip.wav --window 0", "--window must lie"),
      ("predict clip.wav --window -1", "--window must lie"), ("predict clip.wav --window nan", "--window must"),
      ("predict clip.wav --window inf", "--window must lie"), ("predict clip.wav --window 5 --hop 0", "--hop must"),
      ("predict clip.wav --window 5 --hop inf", "--hop must lie"), ("predict clip.wav --format png", "needs --window"),
      ("predict clip.wav --window 5 --format gif", "no format \"gif\""), ("predict clip.wav --csv --json", "exclude"),
      ("figures", "--data"), ("figures --data clips.csv --clips 0", "--clips"),
      ("figures --data clips.csv --which some", "'all', 'correct' or 'errors'"), ("evaluate", "--data"),
      ("figures --data clips.csv --seed -1", "-1"),
      ("train", "cnnlstm, fcmfcc, cnnatt"), ("train cnnatt", "--data"), ("train hubert --data clips.csv", "hubert"),
      ("train cnnatt --data clips.csv --epochs 0", "--epochs must be at least 1"),
      ("train cnnatt --data clips.csv --epochs -5", "--epochs must be at least 1"),
      ("train cnnatt --data clips.csv --batch 1", "--batch must be at least 2"),
      ("train cnnatt --data clips.csv --rate -0.1", "--rate must lie"),
      ("train cnnatt --data clips.csv --rate nan", "--rate must lie"),
      ("train cnnatt --data clips.csv --split 1", "--split must lie"),
      ("train cnnatt --data clips.csv --recipe mine", "mine"), ("train --resume m --seed 3", "--seed"),
      ("corpus split clips.csv --share 1.5", "--share must"), ("corpus split clips.csv --folds 1", "--folds must"),
      ("corpus split clips.csv --by word", "word"), ("corpus synthesize --clips 0", "--clips must"),
      ("corpus synthesize --speakers -2", "--speakers must"), ("corpus prepare . --corpora iemocap", "iemocap"),
      ("sing", "sing"), ("corpus sing", "sing"),
    ])
  func wrong(arguments: String, reason: String) throws {
    let run = try folder.undertone(arguments.split(separator: " ").map(String.init))
    #expect(run.failed(64, naming: reason), "\(run)")
    #expect(folder.files(in: "output").isEmpty)
  }

  @Test(
    "Help fits 80 columns and has examples",
    arguments: [
      "", "explain", "predict", "train", "evaluate", "figures", "corpus", "corpus prepare", "corpus describe",
      "corpus split", "corpus synthesize", "methods", "models", "doctor",
    ])
  func help(command: String) throws {
    let run = try folder.undertone(command.split(separator: " ").map(String.init) + ["--help"])
    #expect(run.status == 0 && run.errors.isEmpty)
    #expect(run.output.allSatisfy { $0.count <= 80 }, "\(run.output.filter { $0.count > 80 })")
    if !["methods", "models", "doctor"].contains(command) {
      #expect(run.output.contains { $0.hasPrefix("  undertone \(command)") })
    }
  }

  @Test("The lists, and the check of this machine")
  func lists() throws {
    #expect(try folder.undertone("methods").output.first == "saliency")
    let models = try folder.undertone("models")
    // The numbers of parameters are those of the report's specification.
    for (name, count) in [("cnnlstm", 1_466_455), ("fcmfcc", 872_071), ("cnnatt", 186_679)] {
      let line = try #require(models.output.first { $0.hasPrefix("\(name): ") })
      #expect(line.filter(\.isNumber).hasSuffix("\(count)"))
    }
    let doctor = try folder.undertone("doctor")
    #expect(doctor.status == 0 && doctor.output.last?.contains("works") == true)
  }
}
