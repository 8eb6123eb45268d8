import Basics
import Figures
import Foundation

/// The figures that are timed alone, of made-up numbers: bands that rise and fall over noise, as speech has them.
/// `peer.py` draws the same figures with as many pixels.
extension Worker {
  static func rendering(_ work: BenchmarkCase.Work) -> () throws -> Void {
    var generator = SeededGenerator(seed: 0)
    func noise(_ count: Int) -> [Float] { (0..<count).map { _ in Float(generator.normal()) } }
    func frames(_ rows: Int) -> FrameMatrix {
      let noise = noise(rows * 313)
      let values = (0..<rows * 313).map { place in
        let (row, column) = (Float(place / 313), Float(place % 313))
        return -40 + 20 * sin(row * 0.6 + 2 * sin(column / 30)) * sin(column / 15) + 4 * noise[place]
      }
      return FrameMatrix(values: values, rows: rows, columns: 313, hop: 0.016)
    }
    func attribution(_ count: Int) -> Attribution {
      Attribution(values: noise(count).map { abs($0 * $0 * $0) }, isSigned: false, name: "saliency", unit: "logit/dB")
    }
    let probabilities = [0.5, 0.2, 0.1, 0.1, 0.05, 0.03, 0.02]
    switch work {
    case .explanation:
      let samples = noise(80_000).enumerated().map { 0.1 * $0.element * sin(Float($0.offset) / 8000) }
      let (mel, mfcc) = (frames(128), frames(40))
      let (onWaveform, onMel, onMFCC) = (attribution(80_000), attribution(128 * 313), attribution(40 * 313))
      return {
        _ = try ExplanationFigure(
          title: ["clip.wav", "predicted angry (p = 0.50) · target angry · saliency · CNNATT"], duration: 5,
          waveform: .init(samples: samples, sampleRate: 16_000, attribution: onWaveform),
          logMel: .init(frames: mel, attribution: onMel), mfcc: .init(frames: mfcc, attribution: onMFCC),
          probabilities: probabilities, target: 0
        ).encoded()
      }
    case .contactSheet:
      let clips = (1...12).map { number in
        ContactSheet.Clip(
          name: "clip-\(number).wav", input: .logMel(.init(frames: frames(128), attribution: attribution(128 * 313))),
          duration: 5,
          prediction: .emotion("angry", probability: 0.5, truth: "angry"))
      }
      return { _ = try ContactSheet(title: ["angry", "12 clips · saliency"], clips: clips).encoded() }
    case .comparison:
      let (mel, maps) = (frames(128), (0..<3).map { _ in noise(128 * 313).map { min(1, abs($0 * $0 * $0) / 20) } })
      return {
        _ = try ComparisonFigure(
          title: ["clip.wav", "saliency"], logMel: mel, duration: 5, method: "saliency", isSigned: false,
          models: maps.enumerated().map {
            .init(
              name: "model \($0.offset)", map: $0.element, emotions: EmotionColors.names, probabilities: probabilities,
              target: "angry")
          }
        ).encoded()
      }
    case .attention:
      let heads = (0..<144).map { head in
        AttentionFigure.Matrix(
          values: (0..<249 * 249).map { place in
            exp(-abs(Float(place % 249 - place / 249)) / Float(1 + head)) / Float(1 + head)
          }, rows: 249)
      }
      let layers = (0..<12).map { Array(heads[(12 * $0)..<(12 * $0 + 12)]) }
      return {
        _ = try AttentionFigure(
          title: ["clip.wav: the attention of HuBERT"], matrices: layers, takers: "Frame", givers: "Frame", duration: 5
        ).encoded()
      }
    default:
      let counts = (0..<7).map { row in (0..<7).map { $0 == row ? 20 : (row + $0) % 4 } }
      return {
        _ = try ConfusionFigure(title: ["CNNATT on clips.csv"], counts: counts, accuracy: 0.7, macroF1: 0.7).encoded()
      }
    }
  }
}
