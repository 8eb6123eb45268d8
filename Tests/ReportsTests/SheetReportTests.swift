import Attributions
import Corpora
import Figures
import Foundation
import Models
import Reports
import Testing

@Suite struct SheetReportTests {
  private func truth(of clip: ContactSheet.Clip) -> String? {
    if case .emotion(_, _, let truth) = clip.prediction { truth } else { nil }
  }

  @Test("A sheet shows each clip on the mel, says how it was chosen, and names the clips in full")
  func sheet() throws {
    let model = TrainedModel(untrained: .init(architecture: .cnnatt), seed: 1)
    let explainer = Explainer(model: model, method: Saliency(), spaces: [.waveform, .mel, .mfcc])
    let entries = ["deep/one.wav", "deep/two.wav"].map { Manifest.Entry(path: $0, emotion: .fear) }
    let manifest = Manifest(folder: "corpora", entries: entries)
    let clips = try entries.enumerated().map { index, entry in
      let samples = (0..<(8000 * (index + 1))).map { Float(0.3 * sin(2 * .pi * 200 * Double($0) / 16_000)) }
      return SheetReport.Clip(entry, try explainer.explain(samples, path: entry.path))
    }
    let report = SheetReport(
      .fear, clips,
      of: ClipSelection(
        model: model, method: Saliency(), target: .label, choice: .errors, seed: 7, manifest: manifest,
        path: "corpora/clips.csv"))
    let figure = try #require(report.figure())
    #expect(figure.clips.map(\.name) == ["one", "two"])
    #expect(figure.clips.map(\.duration) == [0.5, 1])
    #expect(
      figure.clips.allSatisfy {
        truth(of: $0) == "fear" && $0.input.frames?.rows == 128 && $0.input.attribution?.unit == "logit/dB"
      })
    let waveform = try #require(report.figure(at: .waveform)), mfcc = try #require(report.figure(at: .mfcc))
    #expect(waveform.clips[1].input.attribution?.values.count == 16_000 && mfcc.clips[0].input.frames?.rows == 40)
    #expect(waveform.title[0] == "fear: saliency on the waveform" && report.figure(at: .spectrogram) == nil)
    let title = figure.title.joined(separator: " ")
    for part in ["fear", "saliency", "the true emotion", "clips predicted wrong", "seed 7"] {
      #expect(title.contains(part), "\(part) is not in \(title)")
    }
    let texts = try PNGImage(decoding: figure.encoded(provenance: report.provenance)).texts
    #expect(texts["Clips"] == "deep/one.wav; deep/two.wav" && texts["Which"] == "errors" && texts["Target"] == "label")
    #expect(texts["Source digest"] == manifest.digest && texts["Seed"] == "7")
  }
}
