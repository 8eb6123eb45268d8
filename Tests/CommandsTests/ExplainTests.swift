import Attributions
import Figures
import Foundation
import TestSupport
import Testing

@Suite("explain")
struct ExplainTests {
  let folder: Folder

  init() throws {
    folder = try Folder()
    try folder.write(WAV().file(voice(seconds: 0.5)), to: "clip.wav")
  }

  /// What `explain --json` prints.
  struct Line: Decodable {
    struct Input: Decodable {
      let shape: [Int]
      struct Axis: Decodable {
        let name, array: String
        let unit: String?
      }

      let array, feature: String?
      let axes: [Axis]?
      let sum: Double
    }

    let file: String
    let start, end: Double
    let window: [Double]?
    let model, method, target, predicted: String
    let probabilities: [String: Double]
    let inputs: [String: Input]
    let figure: String?
    let figures: [String]
    let elapsedSeconds: Double
    let versus: String?
    let command: String
  }

  /// The shape in the header of an array file and its numbers, read as numpy.lib.format describes version 1.0.
  func array(_ name: String) throws -> (shape: [Int], values: [Float]) {
    let bytes = try [UInt8](folder.contents(name))
    try #require(Array(bytes.prefix(8)) == [0x93] + Array("NUMPY".utf8) + [1, 0])
    let start = 10 + Int(bytes[8]) + 256 * Int(bytes[9])
    #expect(start.isMultiple(of: 64) && bytes[start - 1] == UInt8(ascii: "\n"))
    let header = String(decoding: bytes[10..<start], as: UTF8.self)
    let match = try #require(
      header.wholeMatch(of: /\{'descr': '<f4', 'fortran_order': False, 'shape': \(([0-9, ]+)\), \} *\n/))
    let values = bytes[start...].withUnsafeBytes { raw in
      stride(from: 0, to: raw.count, by: 4).map { raw.loadUnaligned(fromByteOffset: $0, as: Float.self) }
    }
    return (match.1.split(separator: ",").compactMap { Int($0.trimmingCharacters(in: .whitespaces)) }, values)
  }

  @Test("--json: one object a file with every field; arrays have the shapes and sums that it says")
  func json() throws {
    try folder.write(WAV(rate: 44_100).file(voice(seconds: 1, rate: 44_100)), to: "other.wav")
    let run = try folder.undertone(
      "explain", "clip.wav", "other.wav", "--json", "--arrays", "--format", "png,svg,pdf", "--target", "fear",
      "--versus", "happy")
    #expect(run.status == 0 && run.errors.isEmpty, "\(run)")
    let lines: [Line] = try run.output.map(decoded)
    #expect(lines.map(\.file) == ["clip.wav", "other.wav"])
    for (line, stem) in zip(lines, ["clip", "other"]) {
      #expect(line.model == "built-in" && line.method == "saliency" && line.target == "fear")
      #expect(line.versus == "happy" && line.command.hasPrefix("undertone explain clip.wav other.wav --json"))
      #expect(line.elapsedSeconds > 0)
      #expect(line.probabilities.count == 7)
      #expect(abs(line.probabilities.values.reduce(0, +) - 1) < 1e-5)
      #expect(line.probabilities[line.predicted] == line.probabilities.values.max())
      #expect(line.figures == ["png", "svg", "pdf"].map { "output/explain/\(stem).saliency.\($0)" })
      #expect(line.figure == line.figures[0])
      #expect(Set(line.inputs.keys) == ["waveform", "mel", "mfcc"])

      let samples = try #require(line.inputs["waveform"]?.shape.first)
      // A frame every 256 samples, from the first on.
      #expect(line.inputs["mel"]?.shape == [128, 1 + samples / 256])
      #expect(line.inputs["mfcc"]?.shape == [40, 1 + samples / 256])
      for (space, input) in line.inputs {
        #expect(input.array == "output/explain/\(stem).saliency.\(space).npy")
        let (shape, values) = try array(#require(input.array))
        #expect(shape == input.shape)
        #expect(values.count == shape.reduce(1, *))
        #expect(values.allSatisfy { $0.isFinite && $0 >= 0 })
        let sum = values.reduce(0.0) { $0 + Double($1) }
        #expect(sum > 0 && abs(sum - input.sum) < 1e-3 * sum)
      }
    }
    let starts = [("png", "\u{89}PNG\r\n"), ("svg", "<?xml"), ("pdf", "%PDF-")]
    for (format, start) in starts {
      let bytes = try folder.contents("output/explain/clip.saliency.\(format)")
      #expect(bytes.starts(with: start.unicodeScalars.map { UInt8($0.value) }), "\(format)")
    }
  }

  @Test("A PNG says how it was made, and making it again gives the same bytes")
  func provenance() throws {
    let command = ["explain", "clip.wav", "--target", "sadness", "--arrays"]
    #expect(try folder.undertone(command + ["--output", "a"]).status == 0)
    #expect(try folder.undertone(command + ["--output", "b"]).status == 0)
    #expect(folder.files(in: "a") == explainedFiles("clip.saliency"))
    for name in folder.files(in: "a") { #expect(try folder.contents("a/\(name)") == folder.contents("b/\(name)")) }
    let texts = try PNGImage(contentsOf: folder.path("a/clip.saliency.png")).texts
    #expect(texts["Method"] == "saliency" && texts["Target"] == "sadness" && texts["Source"] == "clip.wav")
    #expect(texts["Architecture"] == "cnnasp")
    #expect(texts["Software"]?.wholeMatch(of: /Undertone [0-9.]+/) != nil)
    #expect(texts["Model"]?.wholeMatch(of: /built-in \([0-9a-f]+\)/) != nil)
  }

  @Test("--width is the figure's width on paper at 300 dpi, --parts its panels; metadata has no folders")
  func column() throws {
    let run = try folder.undertone(
      "explain", folder.path("clip.wav"), "--width", "84mm", "--font-size", "7", "--format", "png,svg", "--method",
      "integrated-gradients", "--parts", "mel,caption", "--output", "out")
    #expect(run.status == 0, "\(run)")
    let image = try PNGImage(contentsOf: folder.path("out/clip.integrated-gradients.png"))
    // 84 mm of 25.4 mm an inch.
    #expect(image.width == 993)
    #expect(try abs(#require(image.pixelsPerInch) - 300) < 0.01)
    #expect(image.texts["Source"] == "clip.wav")
    #expect(image.texts.values.allSatisfy { !$0.contains(folder.path("")) && !$0.contains(" /") })
    let svg = String(decoding: try folder.contents("out/clip.integrated-gradients.svg"), as: UTF8.self)
    for words in ["Frequency (kHz)", "blue: lowers it", "completeness gap:", "50 steps"] {
      #expect(svg.contains(words), "\(words)")
    }
    #expect(!svg.contains("Probability") && !svg.contains("Amplitude"))
  }

  @Test("A figure of parts that the clip's explanation does not have is refused, not blank")
  func emptyFigure() throws {
    // Saliency on no signed input: neither baseline nor steps; a clip in the training's domain has no warning.
    let run = try folder.undertone("explain", "clip.wav", "--parts", "caption", "--format", "svg")
    if run.warnings.isEmpty {
      #expect(run.failed(65, naming: "clip.wav: caption: there is nothing to draw"), "\(run)")
      #expect(folder.files(in: "output/explain").isEmpty)
    } else {
      #expect(run.status == 0, "\(run)")
    }
  }

  @Test(
    "--input picks the places; the figure has only their panels", arguments: ["waveform", "spectrogram", "mel", "mfcc"])
  func oneInput(space: String) throws {
    let run = try folder.undertone("explain", "clip.wav", "--json", "--arrays", "--input", space)
    let line: Line = try decoded(#require(run.output.first))
    #expect(Array(line.inputs.keys) == [space])
    let rows = ["waveform": [], "mfcc": ["coefficients"]][space] ?? ["hertz"]
    let arrays = ["", ".feature", ".seconds"] + rows.map { ".\($0)" }
    #expect(
      Set(folder.files(in: "output/explain"))
        == Set(arrays.map { "clip.saliency.\(space)\($0).npy" } + ["clip.saliency.png"]))
    #expect(try folder.undertone("explain", "clip.wav", "--output", "all").status == 0)
    let one = try PNGImage(contentsOf: folder.path("output/explain/clip.saliency.png"))
    let all = try PNGImage(contentsOf: folder.path("all/clip.saliency.png"))
    #expect(one.width == all.width && one.height < all.height)
  }

  @Test("Every method explains a clip; what it promises is said", arguments: AttributionMethods.all.map { $0.name })
  func everyMethod(method: String) throws {
    // One method is for attention among frames, which the built-in model does not have.
    let isOfFrames = method == "value-zeroing"
    let model = isOfFrames ? Checkout.fixture("encoders/hubert-base-er").path : "built-in"
    let run = try folder.undertone("explain", "clip.wav", "--json", "--method", method, "--model", model)
    #expect(run.status == 0 && run.errors.isEmpty, "\(run)")
    let line: Line = try decoded(#require(run.output.first))
    #expect(line.method == method)
    let blurred = method == "blurred-integrated-gradients"
    let all: Set<String> = isOfFrames ? ["waveform", "mel"] : ["waveform", "mel", "mfcc"]
    #expect(Set(line.inputs.keys) == (blurred ? ["mel", "mfcc"] : all))
  }

  @Test("--listen: what matters and the rest are two sounds that are together the clip, with what is heard in each")
  func listen() throws {
    let run = try folder.undertone("explain", "clip.wav", "--listen", "--method", "deeplift")
    #expect(run.status == 0 && run.errors.isEmpty, "\(run)")
    #expect(
      run.output.contains {
        $0.contains("what matters: ") && $0.hasSuffix("→ output/explain/clip.deeplift.matters.wav")
      })
    #expect(
      run.output.contains { $0.contains("the rest: ") && $0.hasSuffix("→ output/explain/clip.deeplift.rest.wav") })
    #expect(
      folder.files(in: "output/explain") == [
        "clip.deeplift.matters.wav", "clip.deeplift.png", "clip.deeplift.rest.wav",
      ])
    let sizes = try ["matters", "rest"].map { try folder.contents("output/explain/clip.deeplift.\($0).wav").count }
    #expect(sizes[0] == sizes[1] && sizes[0] > 1000)
    let refused = try folder.undertone("explain", "clip.wav", "--listen", "--input", "waveform")
    #expect(refused.failed(64, naming: "--listen", "add mel to --input"))
  }

  @Test("Files of one name in several folders all keep their results")
  func sameNames() throws {
    let files = ["a/clip.wav", "b/clip.wav", "c/b/clip.wav", "b/clip.flac.wav", "clip.wav"]
    for file in files.dropLast() { try folder.write(folder.contents("clip.wav"), to: file) }
    let run = try folder.undertone(["explain", "--json", "--input", "mfcc", "--arrays"] + files)
    #expect(run.status == 0)
    let lines: [Line] = try run.output.map(decoded)
    #expect(lines.map(\.file) == files)
    #expect(Set(lines.map(\.figure)).count == files.count)
    #expect(Set(lines.map { $0.inputs["mfcc"]?.array }).count == files.count)
    #expect(folder.files(in: "output/explain").count == 5 * files.count)
    for line in lines {
      let source = try PNGImage(contentsOf: folder.path(#require(line.figure))).texts["Source"]
      #expect(source == line.file)
    }
  }

  #if MPI
    @Test("Two ranks of mpirun write and print what one does, once, and so it is with what is wrong")
    func ranks() throws {
      func clips() throws -> Folder {
        let folder = try Folder()
        for index in 0..<5 {
          try folder.write(WAV().file(voice(seconds: 0.4 + 0.1 * Double(index))), to: "clips/\(index).wav")
        }
        try folder.write("no sound", to: "clips/2.wav")
        return folder
      }
      let (one, two) = (try clips(), try clips())
      let explain = [
        "explain", "clips", "missing.wav", "--method", "saliency,deeplift", "--arrays", "--listen", "--threads", "1",
        "--html",
      ]
      let (alone, shared) = (try one.undertone(explain), try two.undertoneOnRanks(explain))
      #expect(alone.status == 65 && shared.status == 65 && shared.output == alone.output, "\(shared)")
      #expect(shared.told == alone.told && alone.told.last == "undertone: 2 of 6 files failed", "\(shared)")
      #expect(shared.warnings == alone.warnings)
      let names = one.files(in: "output/explain")
      #expect(names.contains("explain.html") && two.files(in: "output/explain") == names)
      for name in names {
        #expect(try two.contents("output/explain/\(name)") == one.contents("output/explain/\(name)"), "\(name)")
      }
      let single = ["explain", "clips/0.wav", "--method", "saliency", "--threads", "1", "--output", "single"]
      let (oneFile, onTwo) = (try one.undertone(single), try two.undertoneOnRanks(single))
      #expect(onTwo.status == 0 && onTwo.output == oneFile.output && two.files(in: "single") == one.files(in: "single"))
      let wrong = try two.undertoneOnRanks(["explain", "clips", "--model", "none"])
      #expect(wrong.status == 66 && wrong.told.count == 1, "\(wrong)")
      let piped = try two.undertoneOnRanks(["explain", "-"])
      #expect(piped.status == 64 && piped.told.count == 1 && piped.output.isEmpty, "\(piped)")
    }
  #endif

  @Test("Times are the file's: of the JSON, of the arrays' axes and in the figure, whatever was trimmed")
  func fileTime() throws {
    let quiet = [Float](repeating: 0, count: 16_000)
    // A second, and half a second, in multiples of the 512 samples that trimming goes by, but for the last.
    try folder.write(WAV().file(quiet + voice(seconds: 1) + quiet[..<8_000]), to: "quiet.wav")
    let run = try folder.undertone("explain", "quiet.wav", "--arrays", "--json")
    let line: Line = try decoded(#require(run.output.first))
    #expect(abs(line.start - 1) < 0.07 && abs(line.end - 2) < 0.07 && line.window == nil)
    for (space, step) in [("waveform", 1.0 / 16_000), ("mel", 0.016), ("mfcc", 0.016)] {
      let input = try #require(line.inputs[space])
      let axes = try #require(input.axes)
      #expect(axes.map(\.name) == [["mel": "frequency", "mfcc": "coefficient"][space], "time"].compactMap { $0 })
      let places = try axes.map { try array($0.array).values }
      #expect(places.map(\.count) == input.shape)
      #expect(places.last!.first == Float(line.start))
      #expect(abs(Double(places.last![1] - places.last![0]) - step) < 1e-6)
      #expect(try array(#require(input.feature)).shape == input.shape)
    }
    let mel = try array(line.inputs["mel"]!.axes![0].array).values
    #expect(mel.first! > 0 && mel.last! < 8_000 && zip(mel, mel.dropFirst()).allSatisfy { $0 < $1 })
    let texts = try PNGImage(contentsOf: folder.path(#require(line.figure))).texts
    let speech = String(
      format: "%.3f–%.3f s of 0.000–2.500 s, trimmed 20 dB below the loudest frame", line.start, line.end)
    #expect(texts["Speech"] == speech)
    let text = try folder.undertone("explain", "quiet.wav").output
    #expect(text[0].contains(String(format: "quiet.wav (%.2f–%.2f s, trimmed): ", line.start, line.end)))
  }

  @Test("--versus the prediction itself is said, and left out")
  func versusPrediction() throws {
    let first: Line = try decoded(
      #require(folder.undertone("explain", "clip.wav", "--json", "--input", "mfcc").output.first))
    let run = try folder.undertone("explain", "clip.wav", "--json", "--versus", first.predicted)
    #expect(run.status == 0)
    #expect(run.errors.count == 1 && run.errors[0].contains("\(first.predicted) is the prediction itself"))
    #expect(try (decoded(#require(run.output.first)) as Line).target == first.predicted)
  }

  @Test("--window: each window has its figure and its array, and a silent one none")
  func windows() throws {
    let silence = [Float](repeating: 0, count: 16_000)
    try folder.write(WAV().file(voice(seconds: 1) + silence + voice(seconds: 1.4)), to: "talk.wav")
    let run = try folder.undertone(
      "explain", "talk.wav", "--window", "1", "--input", "mel", "--arrays", "--json")
    #expect(run.status == 0 && run.errors.isEmpty, "\(run)")
    let lines: [Line] = try run.output.map(decoded)
    #expect(lines.map(\.window) == [[0, 1], [2, 3], [2.4, 3.4]])
    #expect(lines.map(\.figure) == ["0000.00", "0002.00", "0002.40"].map { "output/explain/talk-\($0).saliency.png" })
    for line in lines {
      let window = try #require(line.window)
      #expect(line.start >= window[0] && line.end <= window[1])
      #expect(line.inputs["mel"]?.shape == [128, 1 + Int((line.end - line.start) * 16_000) / 256])
      let place = String(format: "talk.wav %.2f–%.2f s", window[0], window[1])
      #expect(try PNGImage(contentsOf: folder.path(#require(line.figure))).texts["Source"] == place)
    }
    #expect(folder.files(in: "output/explain").count == 3 * 5)
    let text = try folder.undertone("explain", "talk.wav", "--window", "1", "--hop", "1.2").output
    #expect(text.map { $0.prefix(20) }.contains("talk.wav 1.20–2.20 s"))
    #expect(try folder.undertone("explain", "talk.wav", "--hop", "1").status == 64)
    #expect(try folder.undertone("explain", "talk.wav", "--window", "0").status == 64)
  }

  @Test("--window: of four hours the first explanation comes in the memory of any other")
  func manyHours() throws {
    let samples = 4 * 3600 * 16_000
    try folder.write(WAV().header(samples: samples) + WAV().file(voice(seconds: 20)).dropFirst(44), to: "day.wav")
    // The rest is a hole in the file: zeros, which are silence.
    let file = try FileHandle(forWritingTo: URL(fileURLWithPath: folder.path("day.wav")))
    try file.truncate(atOffset: UInt64(44 + 2 * samples))
    try file.close()
    // 1,100 MB, of which the libraries need 860 at the start: four hours of samples alone would be 920.
    let run = try folder.undertone(
      after: "ulimit -d 1100000; export OMP_NUM_THREADS=2", "explain", "day.wav", "--window", "5", "--input", "mfcc")
    #expect(run.status == 0 && run.errors.isEmpty, "\(run.errors)")
    #expect(run.output.count == 4 * 3600 / 5)
    #expect(run.output.last == "day.wav 14395.00–14400.00 s: silent")
    #expect(folder.files(in: "output/explain").count == 4)
  }
}
