import Foundation
import Models
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
      ("explain", "no clips"), ("predict clip.wav --hop 1", "--hop needs --window"),
      ("explain clip.wav --method magic", "no method \"magic\"; there is saliency"),
      ("explain clip.wav --input ears", "no input \"ears\"; there are waveform, spectrogram, mel, mfcc"),
      ("explain clip.wav --input ,", "no input"), ("explain clip.wav --format gif", "no format \"gif\""),
      ("explain clip.wav --width 3.3", "it needs a number with its unit, in, cm, mm or pt"),
      ("explain clip.wav --width wide", "it needs a number with its unit"),
      ("explain clip.wav --width 1in", "it must lie between 2in and 20in"),
      ("explain clip.wav --width 0mm", "it must lie between 2in and 20in"),
      ("explain clip.wav --width nanin", "it needs a number with its unit"),
      ("explain clip.wav --width 0x4in", "it needs a number with its unit"),
      ("explain clip.wav --font-size 2", "--font-size must lie between 4 and 24 points"),
      (
        "explain clip.wav --width 2in --font-size 24",
        "--width 2in is too narrow for text of --font-size 24: it needs --width 8.1in, or --font-size 5.9"
      ),
      ("explain clip.wav --width 2in", "it needs --width 2.4in, or --font-size 5.9"),
      ("predict clip.wav --width 3.3in", "--width is of figures, and none are plotted: it needs --format"),
      ("predict clip.wav --window 5 --html --font-size 7", "--font-size is of figures"),
      ("corpus describe clips.csv --scale 3", "--scale is of figures"),
      ("explain clip.wav --parts nose", "no part \"nose\"; there are title, caption, waveform, spectrogram, mel"),
      ("explain clip.wav --parts spectrogram", "--parts spectrogram needs spectrogram in --input"),
      ("figures --data clips.csv --width 84", "it needs a number with its unit"),
      ("compare clip.wav --width 84", "it needs a number with its unit"),
      ("trust --data clips.csv --width 84", "it needs a number with its unit"),
      ("evaluate --data clips.csv --width 84", "it needs a number with its unit"),
      ("curves . --width 84", "it needs a number with its unit"),
      ("train cnnatt --data clips.csv --width 84", "it needs a number with its unit"),
      ("explain clip.wav --format ,", "no format"), ("explain clip.wav --target joy", "no emotion \"joy\""),
      ("explain clip.wav --neuron one", "neither a channel, as 12, nor channel,row,column"),
      ("explain clip.wav --baseline noise:loud", "no baseline \"noise:loud\""),
      ("explain clip.wav --tile big", "is not seconds x Hz"),
      ("explain clip.wav --method lrp --rule none", "there is composite, epsilon, gamma, z-plus"),
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
      ("train", EmotionModels.names.joined(separator: ", ")), ("train cnnatt", "--data"),
      ("train hubert --data clips.csv", "hubert"),
      ("train cnnatt --data clips.csv --epochs 0", "--epochs must lie between 1 and"),
      ("train cnnatt --data clips.csv --epochs -5", "--epochs must lie between"),
      ("train cnnatt --data clips.csv --epochs 9000000000000000000", "--epochs must lie"),
      ("train --resume m --epochs 9000000000000000000", "--epochs must lie"),
      ("train cnnatt --data clips.csv --batch 1", "--batch must lie between 2 and"),
      ("train cnnatt --data clips.csv --batch 2000000000000000000", "--batch must lie"),
      ("train cnnatt --data clips.csv --rate -0.1", "--rate must lie"),
      ("train cnnatt --data clips.csv --rate nan", "--rate must lie"),
      ("train cnnatt --data clips.csv --split 1", "--split must lie"),
      ("train cnnatt --data clips.csv --recipe mine", "mine"), ("train --resume m --seed 3", "--seed"),
      ("train --resume m --split 0.5", "does not take --split"), ("train --resume m --by clip", "does not take --by"),
      ("train cnnatt --data clips.csv --validation clips.csv --by clip", "does not go with --by"),
      ("corpus split clips.csv --share 1.5", "--share must"), ("corpus split clips.csv --folds 1", "--folds must"),
      ("corpus split clips.csv --by word", "word"), ("corpus synthesize --clips 0", "--clips must"),
      ("corpus synthesize --speakers -2", "--speakers must"), ("corpus prepare . --corpora iemocap", "iemocap"),
      ("corpus split clips.csv --leave-one-out clip", "speaker or corpus"),
      ("corpus split clips.csv --leave-one-out speaker --folds 3", "--folds does not go with --leave-one-out"),
      ("corpus split clips.csv --leave-one-out speaker --by speaker", "does not go with --by"),
      ("corpus split clips.csv --folds-from folds --apart sentence", "does not go with --apart"),
      ("corpus split clips.csv --apart word", "word"), ("corpus prepare", "source"),
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
      "", "explain", "predict", "train", "curves", "runs", "evaluate", "figures", "compare", "trust", "attack",
      "certify",
      "corpus",
      "corpus prepare",
      "corpus describe",
      "corpus split", "corpus synthesize", "methods", "models", "models show", "models get", "doctor",
    ])
  func help(command: String) throws {
    let run = try folder.undertone(command.split(separator: " ").map(String.init) + ["--help"])
    #expect(run.status == 0 && run.errors.isEmpty)
    #expect(run.output.allSatisfy { $0.count <= 80 }, "\(run.output.filter { $0.count > 80 })")
    #expect(run.output.contains { $0.hasPrefix("  undertone \(command)") })
  }

  /// Whether there are pseudo-terminals: a container without /dev/pts has none.
  static let hasTerminals: Bool = {
    var (terminal, side): (Int32, Int32) = (-1, -1)
    guard openpty(&terminal, &side, nil, nil, nil) == 0 else { return false }
    close(terminal)
    close(side)
    return true
  }()

  @Test(
    "A progress bar leaves a column of the terminal free, however narrow it is",
    .enabled(if: hasTerminals, "this machine gives no pseudo-terminals"), arguments: [1, 20, 47, 200])
  func progressBar(columns: Int) throws {
    var (terminal, side): (Int32, Int32) = (-1, -1)
    var size = winsize(ws_row: 24, ws_col: UInt16(columns), ws_xpixel: 0, ws_ypixel: 0)
    try #require(openpty(&terminal, &side, nil, nil, &size) == 0)
    defer { close(terminal) }
    // A few bars of text, which the terminal holds until they are read.
    let run = try folder.start(["evaluate", "--data", "clips.csv"], errors: FileHandle(fileDescriptor: side)).finish()
    #expect(run.status == 0)
    close(side)
    var bytes = [UInt8](repeating: 0, count: 65_536)
    let count = read(terminal, &bytes, bytes.count)
    let drawn = String(decoding: bytes[..<max(0, count)], as: UTF8.self).split(separator: "\r\u{1B}[K")
      .filter { !$0.hasPrefix("undertone: warning: ") }
    #expect(drawn.contains { $0.hasPrefix("evaluating █".prefix(columns - 1)) } || columns == 1)
    #expect(drawn.allSatisfy { $0.count < columns }, "\(drawn)")
    #expect(columns < 200 || drawn.contains { $0.count > 40 })
  }

  @Test("The lists, and the check of this machine")
  func lists() throws {
    let methods = try folder.undertone("methods").output
    #expect(methods.first == "GRADIENT" && methods.dropFirst().first?.hasPrefix("  saliency") == true)
    let models = try folder.undertone("models")
    // The numbers of parameters are those of the report's specification.
    for (name, count) in [("cnnlstm", 1_466_455), ("fcmfcc", 872_071), ("cnnatt", 186_679)] {
      let line = try #require(models.output.first { $0.hasPrefix("\(name): ") })
      #expect(line.filter(\.isNumber).hasSuffix("\(count)"))
    }
    let doctor = try folder.undertone("doctor")
    #expect(doctor.status == 0 && doctor.output.last?.contains("works") == true)
    for name in ["Swift", "system", "processor", "threads", "oneDNN", "OpenBLAS"] {
      #expect(doctor.output.contains { $0.hasPrefix("\(name): ") && $0.count > name.count + 2 }, "\(doctor)")
    }
  }
}
