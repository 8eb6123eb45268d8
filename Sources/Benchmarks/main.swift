import AudioFeatures
import Foundation
import Layers
import Models
import Tensors
import Training

// Times Undertone: one line a measurement, median milliseconds a clip.
//   swift run -c release Benchmarks [cnnlstm fcmfcc cnnatt frontend …] [--batch 64]

/// Median milliseconds a clip.
func median(clips: Int, runs: Int = 5, warmup: Int = 2, _ step: () -> Void) -> Double {
  for _ in 0..<warmup { step() }
  let times = (0..<runs).map { _ in
    let start = ContinuousClock.now
    step()
    return (ContinuousClock.now - start) / .milliseconds(1)
  }
  return times.sorted()[runs / 2] / Double(clips)
}

func report(_ model: String, _ work: String, batch: Int, _ milliseconds: Double) {
  print(
    "{\"model\": \"\(model)\", \"work\": \"\(work)\", \"batch\": \(batch), \"ms\": \(String(format: "%.3f", milliseconds))}"
  )
}

func random(_ shape: [Int]) -> Tensor {
  var generator = SeededGenerator(seed: 0)
  return Tensor((0..<shape.reduce(1, *)).map { _ in Float(generator.normal()) }, shape: shape)
}

func benchmark(_ architecture: Architecture, batch: Int) {
  let name = architecture.rawValue
  let model = TrainedModel(untrained: .init(architecture: architecture), seed: 0)
  let x = random([batch, 1, architecture.inputSpace == .mel ? 128 : 40, 313])
  let labels = (0..<batch).map { $0 % 7 }
  let recipe = Recipe(for: architecture)
  let optimizer = Adam(recipe.optimizer, parts: recipe.parts, of: model.network)
  report(
    name, "train", batch: batch,
    median(clips: batch) {
      let pass = ForwardPass(.training, recordsWeights: true)
      let loss = model.network(x, pass).crossEntropy(labels: labels)
      optimizer.step(pass.gradients(of: loss, at: optimizer.parameters), rate: recipe.rate)
    })
  for n in [batch, 1] {
    let part = x.slice(axis: 0, 0..<n)
    let runs = n > 1 ? 5 : 20
    report(name, "infer", batch: n, median(clips: n, runs: runs) { _ = model.network(part, .inference).floats })
    report(
      name, "saliency", batch: n,
      median(clips: n, runs: runs) {
        let input = part.variable()
        _ = gradients(of: model.network(input, .inference).slice(axis: 1, 0..<1), at: [input])[0].absolute()
      })
  }
}

func benchmarkFrontEnd() {
  let features = FeatureExtractor()
  let y = random([1, 80_000])
  report("frontend", "log-mel", batch: 1, median(clips: 1, runs: 50, warmup: 5) { _ = features.logMel(y) })
  report(
    "frontend", "mfcc", batch: 1,
    median(clips: 1, runs: 50, warmup: 5) {
      _ = features.mfcc(logMel: features.logMel(y))
    })
  report(
    "frontend", "mfcc-gradient", batch: 1,
    median(clips: 1, runs: 50, warmup: 5) {
      let input = y.variable()
      _ = gradients(of: features.mfcc(logMel: features.logMel(input)).sum(), at: [input])
    })
}

var names = CommandLine.arguments.dropFirst().filter { !$0.hasPrefix("--") && Int($0) == nil }
let batch = CommandLine.arguments.firstIndex(of: "--batch").flatMap { Int(CommandLine.arguments[$0 + 1]) } ?? 64
if names.isEmpty { names = Architecture.allCases.map(\.rawValue) + ["frontend"] }
for name in names {
  if name == "frontend" { benchmarkFrontEnd() }
  if let architecture = Architecture(rawValue: name) {
    benchmark(architecture, batch: architecture == .cnnatt ? batch / 2 : batch)
  }
}
