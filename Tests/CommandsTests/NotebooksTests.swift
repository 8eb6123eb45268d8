import Foundation
import Testing

@Suite("The report's notebooks")
struct NotebooksTests {
  @Test("Each runs from top to bottom in its shortest form, on made clips")
  func run() throws {
    let folder = try Folder()
    let scripts = try FileManager.default
      .contentsOfDirectory(atPath: ReadmeTests.repository.appendingPathComponent("notebooks-cli").path)
      .filter { $0.first!.isNumber }.sorted()
    #expect(scripts.count == 11)
    let settings =
      "UNDERTONE='\(program.path)' OUTPUT=results CLIPS=4 EPOCHS=3 FOLDS=2 ARCHITECTURES=cnnatt METHODS=saliency CUES=pitch PLANTS=noise CONTROLS=1 STEPS=2"
    for script in scripts {
      let path = ReadmeTests.repository.appendingPathComponent("notebooks-cli/\(script)").path
      let run = try folder.start(
        ["-c", "\(settings) '\(path)'"],
        executable: URL(fileURLWithPath: "/bin/bash")
      ).finish()
      #expect(run.status == 0 && !run.output.isEmpty, "\(script): \(run)")
    }
    for (name, file) in [
      ("split", "train.csv"), ("2-training", "model.safetensors"), ("3-explaining", "angry.png"),
      ("4-emotions", "profiles.png"), ("1-corpus", "samples.png"),
      ("5-attention", "compare.html"), ("6-trust", "trust.csv"), ("7-splits/cnnatt-by-clip", "predictions.csv"),
      ("8-built-in/rows/recipe", "predictions.csv"), ("8-built-in/model", "recipe.toml"),
      ("9-planted/pitch/flips", "flips.csv"), ("9-planted/pitch/concepts", "concepts.csv"),
      ("10-audit/controls/rooms-1", "audit.json"), ("10-audit/noise/audit", "audit.html"),
      ("10-audit/noise/train/edited", "angry-001.edited.wav"), ("11-attack", "attack.csv"), ("11-attack", "attack.png"),
    ] {
      #expect(folder.files(in: "results/\(name)").contains(file), "\(name)")
    }
  }
}
