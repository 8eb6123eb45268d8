import ArgumentParser
import Basics
import Foundation
import Tensors

@main
struct Benchmarks: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Times Undertone, beside PyTorch where asked, in one run.",
    discussion: """
      For each case every side takes its turn in a process of its own, one after the other, round after round; the
      table has the medians. A clip has five seconds.

      Examples:
        make benchmark
        make benchmark CASES="cnnlstm fcmfcc"
        make benchmark CASES="hubert-base infer" PEER=1 PYTHON=venv/bin/python
        make benchmark PEER=1 PYTHON=venv/bin/python
        make benchmark CASES="--agreement 50 hubert-base"
      """)

  @Argument(
    help: "Only these: a subject (cnnlstm, hubert-base, front-end, explain, render …) or a work (train, infer …).")
  var cases: [String] = []

  @Option(
    help:
      "The script that times PyTorch (and librosa, scikit-learn, Captum, torchattacks, matplotlib, transformers, ONNX Runtime, OpenVINO)."
  )
  var peer: String?

  @Option(help: "The Python that has them.")
  var python = "python3"

  @Option(help: "Turns of each side.")
  var rounds = 7

  @Option(
    help: ArgumentHelp(
      "Instead of times: how saliency in bfloat16 agrees with float32's on so many clips, by encoder.",
      valueName: "clips"))
  var agreement: Int?

  @Flag(help: "Print one JSON object a case instead of the table.")
  var json = false

  @Option(parsing: .remaining, help: .hidden)
  var worker: [String] = []

  func validate() throws {
    guard rounds > 0 else { throw ValidationError("--rounds must be at least 1") }
    guard agreement ?? 1 > 0 else { throw ValidationError("--agreement must be at least 1") }
    for name in cases
    where !BenchmarkCase.all.contains(where: { $0.subject == name || $0.work.rawValue == name }) {
      throw ValidationError("\(name) is no subject and no work of a benchmark")
    }
  }

  func run() throws {
    if !worker.isEmpty {
      // Here, as PyTorch is to keep its own setting.
      Threads.restartPrepared()
      guard let benchmark = BenchmarkCase(arguments: worker) else {
        throw ValidationError("no benchmark \(worker.joined(separator: " "))")
      }
      return try Worker(benchmark).serve()
    }
    if let agreement { return try compare(clips: agreement) }
    let subjects = Set(BenchmarkCase.all.map(\.subject))
    let asked = BenchmarkCase.all.filter { benchmark in
      let (ofSubject, ofWork) = (cases.filter(subjects.contains), cases.filter { !subjects.contains($0) })
      return (ofSubject.isEmpty || ofSubject.contains(benchmark.subject))
        && (ofWork.isEmpty || ofWork.contains(benchmark.work.rawValue))
    }
    let peak = Self.peakOfMatrixProducts()
    let table = BenchmarkTable(peak: peak, rounds: rounds, hasPeer: peer != nil)
    // Written line by line, because the whole takes minutes.
    func say(_ line: String) { FileHandle.standardOutput.write(Data("\(line)\n".utf8)) }
    if !json { say(table.header) }
    for benchmark in asked {
      let result = try time(benchmark)
      say(json ? try table.json(result) : table.row(result))
    }
    if !json { say(table.footer) }
  }

  /// Of the encoders named, or of all that read a waveform.
  private func compare(clips count: Int) throws {
    let clips = try PrecisionAgreement.clips(count)
    print(PrecisionAgreement.header)
    for encoder in BenchmarkedEncoder.allCases
    where encoder.readsWaveform && (cases.isEmpty || cases.contains(encoder.rawValue)) {
      print(PrecisionAgreement(encoder, clips: clips).line)
    }
  }

  private func time(_ benchmark: BenchmarkCase) throws -> BenchmarkResult {
    let own = try Contestant(
      "Undertone", program: CommandLine.arguments[0], arguments: ["--worker"] + benchmark.arguments)
    var all = [own]
    if let peer {
      for mode in benchmark.peerModes {
        all.append(try Contestant(mode, program: python, arguments: [peer] + benchmark.arguments + [mode]))
      }
    }
    // All are warm before the first is timed.
    all = all.filter { $0.isReady() }
    guard all.first === own else { throw ValidationError("\(benchmark.arguments) cannot be run") }
    for _ in 0..<rounds { all = all.filter { $0.run() } }
    for contestant in all { contestant.end() }
    return BenchmarkResult(benchmark: benchmark, own: own, peers: Array(all.dropFirst()))
  }

  /// 10⁹ floating-point operations a second of a product of 2048×2048 matrices: the best of ten.
  private static func peakOfMatrixProducts() -> Double {
    let size = 2048
    let a = Tensor((0..<size * size).map { Float($0 % 17) / 17 }, shape: [size, size])
    let times = (0..<10).map { _ in
      let start = ContinuousClock.now
      _ = a.matrixProduct(a)
      return (ContinuousClock.now - start) / .seconds(1)
    }
    return 2 * Double(size * size * size) / times.min()! / 1e9
  }
}

extension BenchmarkCase {
  /// The modes of the peer that are timed beside it.
  var peerModes: [String] {
    switch work {
    case .infer where encoder != nil: ["plain", "compiled", "onnxruntime", "openvino"]
    case .inferBFloat16: ["plain", "compiled", "openvino"]
    case .train where encoder != nil, .saliency where encoder != nil, .trainBFloat16, .saliencyBFloat16, .frames,
      .probe, .predict,
      .figure where encoder != nil:
      ["plain"]
    case .integratedGradients where encoder != nil, .occlusion: ["captum"]
    case .train, .infer: ["plain", "channels-last", "compiled"]
    case .saliency: ["plain", "channels-last"]
    case .inputXGradient, .integratedGradients, .smoothGrad: ["captum", "captum channels-last"]
    case .pgd: ["torchattacks"]
    case .logMel, .mfcc: ["librosa", "torch"]
    case .mfccGradient: ["torch"]
    case .euclidean, .kullbackLeibler, .itakuraSaito: ["scikit-learn"]
    case .prepare: ["librosa"]
    case .coldEpoch: ["librosa, torch"]
    case .figure: ["captum"]
    case .explanation, .contactSheet, .confusion, .comparison, .attention: ["matplotlib", "matplotlib constrained"]
    }
  }
}
