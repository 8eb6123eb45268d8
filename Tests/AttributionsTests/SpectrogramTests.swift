import AudioFeatures
import Foundation
import Layers
import Models
import Tensors
import Testing

@testable import Attributions

@Suite("The spectrogram as a virtual layer, and listening")
struct SpectrogramTests {
  @Test(
    "What a waveform's attributions sum to, the spectrogram's do",
    arguments: ["input-x-gradient", "integrated-gradients", "lrp"])
  func sums(_ name: String) throws {
    let clip = Clip(makeSpeech(30_000), model: makeModel(.cnnatt))
    var options = MethodOptions()
    // Both paths from the same start: noise has phases of its own, which the spectrogram's path does not take.
    if name == "integrated-gradients" { (options[.steps], options[.baseline]) = (8, .silence) }
    let method = try AttributionMethods.make(name, options)
    func sum(_ space: InputSpace) throws -> Double {
      let floats = try method.attribute(clip, at: space, target: Target(2)).values.floats
      return floats.reduce(0) { $0 + Double($1) }
    }
    let (there, here) = (try sum(.waveform), try sum(.spectrogram))
    // Rounding moves some cells on the way over the mel's floor, where the gradient ends.
    #expect(abs(there - here) < 5e-3 * abs(there) && abs(there) > 1e-3, "\(there), \(here)")
  }

  @Test("The gradient at a magnitude is Re(phase* · adjoint): by hand for one bin of one frame")
  func gradient() {
    let clip = Clip(makeSpeech(4_096), model: makeModel(.cnnatt))
    let (bin, frame) = (40, 7)
    let frames = clip.mel.shape[3]
    let found = clip.gradient(clip[.spectrogram], at: .spectrogram, target: Target(1)).floats[bin * frames + frame]
    let slope = clip.gradient(clip.waveform, at: .waveform, target: Target(1)).floats.map(Double.init)
    // What one unit more of this magnitude adds to the waveform: a windowed cosine, over the squared windows' sum.
    let window = clip.model.configuration.frontEnd.window.map(Double.init)
    let spectrum = clip.waveform.stft(window: window.map(Float.init), hop: 256).floats
    let place = (frame * 513 + bin) * 2
    let phase = atan2(Double(spectrum[place + 1]), Double(spectrum[place]))
    let expected = (0..<1024).reduce(0.0) { sum, i in
      let sample = frame * 256 - 512 + i
      // Inside the clip four windows overlap, whose squares sum to 3/2.
      return sum + slope[sample] * window[i] / 1.5 * 2 / 1024 * cos(2 * .pi * Double(bin * i) / 1024 + phase)
    }
    #expect(abs(Double(found) - expected) < 1e-3 * abs(expected), "\(found), \(expected)")
  }

  @Test("What matters and the rest are together the clip; a mask on one band keeps that band's tone")
  func listening() throws {
    let model = makeModel(.cnnatt)
    // 500 Hz and 3 kHz.
    let samples = (0..<24_000).map { i -> Float in
      let time = 2 * .pi * Double(i) / 16_000
      return Float(0.2 * (sin(500 * time) + sin(3000 * time)))
    }
    let frames = Clip(samples, model: model).mel.shape[3]
    let centres = model.configuration.frontEnd.melCentres
    let low = Tensor(centres.flatMap { [Float](repeating: $0 < 1200 ? 1 : -1, count: frames) }, shape: [128, frames])
    let parts = try Listening(Clip(samples, model: model), attribution: low, isSigned: true, path: "a.wav")
    #expect(parts.kept.count == samples.count && parts.rest.count == samples.count)
    for i in samples.indices { #expect(abs(parts.kept[i] + parts.rest[i] - samples[i]) < 1e-4) }
    func level(_ samples: [Float], _ hertz: Double) -> Double {
      let sums = samples.enumerated().reduce((0.0, 0.0)) { sum, sample in
        let angle = 2 * .pi * hertz * Double(sample.offset) / 16_000
        return (sum.0 + Double(sample.element) * cos(angle), sum.1 + Double(sample.element) * sin(angle))
      }
      return 2 * hypot(sums.0, sums.1) / Double(samples.count)
    }
    #expect(abs(level(parts.kept, 500) - 0.2) < 0.01 && level(parts.kept, 3000) < 0.002)
    #expect(abs(level(parts.rest, 3000) - 0.2) < 0.01 && level(parts.rest, 500) < 0.01)
    for probabilities in [parts.keptProbabilities, parts.restProbabilities] {
      #expect(abs(probabilities.reduce(0, +) - 1) < 1e-6)
    }
  }

  @Test(
    "All spaces land on one grid with their sums; a tone on its own band and frames", arguments: InputSpace.allCases)
  func grid(_ space: InputSpace) {
    // Silence, 1 kHz from 0.5 to 1 s, silence.
    let samples = (0..<24_000).map { i -> Float in
      let noise = Float(1e-4 * sin(Double(i * i % 9973)))
      guard (8_000..<16_000).contains(i) else { return noise }
      return Float(0.3 * sin(2 * .pi * 1000 * Double(i) / 16_000)) + noise
    }
    let clip = Clip(samples, model: makeModel(.cnnatt))
    // As if the score were Σ x².
    let values = clip[space].squared()
    let grid = clip.onGrid(values, at: space)
    #expect(grid.shape == Array(clip.mel.shape.suffix(2)))
    func sum(_ values: [Float]) -> Double { values.reduce(0) { $0 + Double($1) } }
    #expect(abs(sum(grid.floats) / sum(values.floats) - 1) < 1e-3)
    guard space == .waveform || space == .spectrogram else { return }
    let centres = clip.model.configuration.frontEnd.melCentres
    let frames = grid.shape[1]
    let inside = grid.floats.enumerated().filter { place, _ in
      let time = Double(place % frames) * 0.016
      return (0.45..<1.05).contains(time) && (900..<1100).contains(centres[place / frames])
    }
    #expect(sum(inside.map(\.element)) > 0.9 * sum(grid.floats))
  }
}
