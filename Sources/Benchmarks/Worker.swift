import ArgumentParser
import Attributions
import AudioFeatures
import AudioFiles
import Basics
import Foundation
import Layers
import Models
import Tensors
import Training

/// Undertone's side of a case. It prints "ready" when it is warm, for every line that it reads the milliseconds per
/// clip of a turn, and at the end of its input the most memory it held, in bytes. `peer.py` does the same.
struct Worker {
  /// The least duration of a turn; short work is repeated, and its median taken.
  private static let turn: Duration = .milliseconds(250)

  private let batch: Int
  private let step: () throws -> Void

  init(_ benchmark: BenchmarkCase) throws {
    batch = benchmark.batch
    if let model = benchmark.model {
      step = try Self.network(model, benchmark.work, batch: benchmark.batch)
    } else if let encoder = benchmark.encoder {
      step = try encoder.step(benchmark.work, batch: benchmark.batch)
    } else if benchmark.work == .prepare {
      step = try ProgramRun("corpus prepare CORPUS --audio RESULTS --to RESULTS/manifest.csv", clips: batch).run
    } else if benchmark.work == .coldEpoch {
      step = try ProgramRun("train fcmfcc --data CORPUS --final --epochs 1 --output RESULTS", clips: batch).run
    } else if benchmark.work == .figure {
      step = try ProgramRun(["explain"]).run
    } else if benchmark.subject == "render" {
      step = Self.rendering(benchmark.work)
    } else if let divergence = NonnegativeFactorization.Divergence(rawValue: benchmark.work.rawValue) {
      step = Self.factorization(divergence)
    } else {
      step = Self.frontEnd(benchmark.work, batch: benchmark.batch)
    }
  }

  func serve() throws {
    for _ in 0..<2 { try step() }
    say("ready")
    while readLine() != nil {
      var times: [Duration] = []
      let begin = ContinuousClock.now
      repeat {
        let start = ContinuousClock.now
        try step()
        times.append(ContinuousClock.now - start)
      } while ContinuousClock.now - begin < Self.turn
      say(times.sorted()[times.count / 2] / .milliseconds(1) / Double(batch))
    }
    say(Self.peakMemory)
  }

  /// Writes a line at once, without a buffer, into a pipe too.
  private func say(_ line: some CustomStringConvertible) {
    FileHandle.standardOutput.write(Data("\(line)\n".utf8))
  }

  private static var peakMemory: Int {
    var (own, children) = (rusage(), rusage())
    // RUSAGE_SELF and RUSAGE_CHILDREN, whose types differ between systems.
    getrusage(0, &own)
    getrusage(-1, &children)
    return 1024 * max(own.ru_maxrss, children.ru_maxrss)
  }

  private static func network(
    _ kind: any EmotionModel.Type, _ work: BenchmarkCase.Work, batch: Int
  ) throws -> () throws -> Void {
    let model = TrainedModel(untrained: ModelConfiguration(kind), seed: 0)
    let x = random([batch, 1, kind.input == .mel ? 128 : 40, 313])
    let input = NetworkInput([kind.input: x])
    switch work {
    case .train:
      let labels = (0..<batch).map { $0 % model.classes.count }
      guard let recipe = kind.recipes[.published] else {
        throw ValidationError("\(kind.name) has no recipe \(Recipe.Name.published.rawValue)")
      }
      let optimizer = Adam(recipe.optimizer, parts: recipe.parts, of: model.network)
      return {
        let pass = ForwardPass(.training, learning: optimizer.parameters)
        let loss = model.network(input, pass).crossEntropy(labels: labels)
        optimizer.step(pass.gradients(of: loss, at: optimizer.parameters), rate: recipe.rate)
      }
    case .saliency:
      return {
        let input = x.variable()
        let logit = model.network(NetworkInput([kind.input: input]), .inference).slice(axis: 1, 0..<1)
        _ = gradients(of: logit, at: [input])[0].absolute()
      }
    case .inputXGradient, .integratedGradients, .smoothGrad:
      let clip = Clip(random([80_000]).floats.map { 0.1 * $0 }, model: model)
      // IntegratedGradients has 50 steps and SmoothGrad 50 draws by default.
      let method: any AttributionMethod =
        switch work {
        case .inputXGradient: InputXGradient()
        case .integratedGradients: try IntegratedGradients()
        default: try SmoothGrad()
        }
      let space = kind.input
      return { _ = try method.attribute(batch == 1 ? clip[space] : x, of: clip, at: space, target: Target(0)) }
    case .pgd:
      let clips = (0..<batch).map { _ in Clip(random([80_000]).floats.map { 0.1 * $0 }, model: model) }
      let attacked = AttackedClips(clips, at: kind.input)
      let attack = PGD(AttackSettings(budget: .largest(1), steps: 40))
      return { _ = try attack.run(attacked) { _ in } }
    default:
      return { _ = model.network(input, .inference).floats }
    }
  }

  /// From the same magnitudes each time, of noise.
  private static func factorization(_ divergence: NonnegativeFactorization.Divergence) -> () -> Void {
    let magnitudes = FeatureExtractor().spectrogram(random([1, 80_000])).magnitude.reshaped([513, 313])
    let (components, activations) = (random([513, 8]).absolute(), random([8, 313]).absolute())
    return {
      _ = NonnegativeFactorization(
        magnitudes, components: components, activations: activations, divergence: divergence, steps: 100,
        isTraced: false)
    }
  }

  private static func frontEnd(_ work: BenchmarkCase.Work, batch: Int) -> () -> Void {
    let features = FeatureExtractor()
    let waveform = random([batch, 80_000])
    switch work {
    case .mfccGradient:
      return {
        let input = waveform.variable()
        _ = gradients(of: features.mfcc(logMel: features.logMel(input)).sum(), at: [input])
      }
    case .mfcc: return { _ = features.mfcc(logMel: features.logMel(waveform)) }
    default: return { _ = features.logMel(waveform) }
    }
  }
}
