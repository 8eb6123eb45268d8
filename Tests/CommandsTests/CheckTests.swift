import Foundation
import Models
import Tensors
import TestSupport
import Testing

@Suite("check")
struct CheckTests {
  let folder: Folder

  init() throws {
    folder = try Folder()
    try folder.write(WAV().file(voice(seconds: 1)), to: "clips/a.wav")
  }

  /// A file of one test of the clip.
  private func write(_ conditions: String, above: String = "", to name: String = "check.toml") throws {
    try folder.write("\(above)\n[[test]]\nname = \"one\"\nclip = \"clips/a.wav\"\n\(conditions)\n", to: name)
  }

  private func text(_ name: String) throws -> String { String(decoding: try folder.contents(name), as: UTF8.self) }

  /// JUnit without its times, which differ from run to run.
  private func timeless(_ name: String) throws -> String { try text(name).replacing(/time="[\d.]+"/, with: "") }

  @Test(
    "The project's own check: what the built-in model says of clips of the synthetic corpus, and where saliency lies")
  func own() throws {
    let made = try folder.undertone("corpus", "synthesize", "--clips", "1", "--speakers", "2", "--output", "corpus")
    #expect(made.status == 0, "\(made)")
    try folder.write(try Data(contentsOf: Checkout.fixture("check/own.toml")), to: "own.toml")
    let run = try folder.undertone("check", "own.toml", "--html")
    #expect(run.status == 0 && run.errors.isEmpty, "\(run)")
    #expect(run.output.first == "test                                 result  conditions", "\(run)")
    #expect(run.output.contains("a sad voice, on the mel                pass      9 of 9"), "\(run)")
    #expect(run.output.contains("3 of 3 tests pass"))
    #expect(run.output.suffix(2) == ["output/check/check.html", "output/check/check.xml"])
    #expect(run.output.allSatisfy { $0.count <= 80 })
    let xml = ReadXML(try text("output/check/check.xml"))
    #expect(xml.isWhole && xml.all("testcase").count == 3)
    #expect(xml.all("testsuites").first?.attributes["failures"] == "0" && xml.all("failure").isEmpty)
    #expect(xml.all("testcase").first?.attributes["classname"] == "undertone.own")
    let page = try text("output/check/check.html")
    #expect(page.components(separatedBy: "<img src=\"data:image/png;base64,").count == 4)
    #expect(!page.contains("http://") && !page.contains("https://"))
    #expect(page.contains("<th scope=\"row\">a sad voice, on the mel</th><td>gini</td><td>0.5 to 0.6</td>"))
    // Another run is the same but for its times.
    let (first, junit) = (try folder.contents("output/check/check.html"), try timeless("output/check/check.xml"))
    #expect(try folder.undertone("check", "own.toml", "--html").output == run.output)
    #expect(try folder.contents("output/check/check.html") == first && timeless("output/check/check.xml") == junit)
  }

  @Test("A test that fails is told in a line with the value and the bound, the status is 1, and JUnit has it")
  func failing() throws {
    try folder.write(
      """
      [[test]]
      name = "sparse <&>"
      clip = "clips/a.wav"
      outside = [{ hertz = [0, 8000], share = 0.5 }]
      measures = { gini = { most = 0.01 }, entropy = [0, 100] }
      [[test]]
      clip = "clips/a.wav"
      method = "integrated-gradients"
      options = { steps = 4 }
      inside = [{ seconds = [0, 1], share = 0.1 }]
      """, to: "tests/check.toml")
    try folder.write(WAV().file(voice(seconds: 1)), to: "tests/clips/a.wav")
    let run = try folder.undertone("check", "tests/check.toml", "--output", "out")
    #expect(run.status == 1 && run.errors.isEmpty, "\(run)")
    #expect(run.output.contains("sparse <&>     fail      1 of 3"), "\(run)")
    #expect(run.output.contains("clips/a.wav    pass      1 of 1"), "\(run)")
    #expect(run.output.contains("sparse <&>: share in 0–8000 Hz 1, at most 0.5"), "\(run)")
    let gini = try #require(run.output.first { $0.hasPrefix("sparse <&>: gini ") })
    #expect(gini.hasSuffix(", at most 0.01") && run.output.contains("1 of 2 tests pass"))
    let xml = ReadXML(try text("out/check.xml"))
    #expect(xml.isWhole && xml.all("testcase").map { $0.attributes["name"] } == ["sparse <&>", "clips/a.wav"])
    let failure = try #require(xml.all("failure").first)
    #expect(failure.attributes["message"]?.hasPrefix("share in 0–8000 Hz 1, at most 0.5; gini ") == true)
    #expect(failure.text.split(separator: "\n").count == 2 && xml.all("failure").count == 1)
    #expect(xml.all("testsuite").first?.attributes["failures"] == "1")
    #expect(folder.files(in: "out") == ["check.xml"])

    struct Line: Decodable {
      struct Test: Decodable {
        struct Judged: Decodable {
          struct Condition: Decodable {
            let name: String
            let holds: Bool
            let value, least, most: Double?
          }
          let result: String
          let messages: [String]
          let conditions: [Condition]
        }
        let name, method: String
        let model: Judged
      }
      let passed, failed, errors: Int
      let tests: [Test]
    }
    let json = try folder.undertone("check", "tests/check.toml", "--json")
    #expect(json.status == 1 && json.output.count == 1)
    let line: Line = try decoded(json.output[0])
    #expect((line.passed, line.failed, line.errors) == (1, 1, 0))
    #expect(line.tests[1].method.contains("steps 4"))
    let conditions = line.tests[0].model.conditions
    #expect(conditions.map(\.name) == ["share in 0–8000 Hz", "gini", "entropy"])
    #expect(conditions.map(\.holds) == [false, false, true] && conditions[1].most == 0.01)
    #expect(line.tests[0].model.messages.count == 2 && line.tests[1].model.messages.isEmpty)
  }

  @Test("A clip that is missing is an error of its test, with its status; the others are judged")
  func missing() throws {
    try folder.write(
      """
      [[test]]
      name = "gone"
      clip = "clips/gone.wav"
      expect = "angry"
      [[test]]
      clip = "clips/a.wav"
      measures = { gini = { most = 0.01 } }
      """, to: "check.toml")
    let run = try folder.undertone("check", "check.toml", "--html")
    #expect(run.status == 66, "\(run)")
    #expect(run.errors == ["undertone: check.toml: test \"gone\": clip: clips/gone.wav: no such file"], "\(run)")
    #expect(run.output.contains { $0.hasPrefix("gone ") && $0.contains("error") }, "\(run)")
    #expect(run.output.contains("0 of 2 tests pass, 1 could not be judged"), "\(run)")
    let xml = ReadXML(try text("output/check/check.xml"))
    #expect(
      xml.all("error").map { $0.attributes["message"] }
        == ["check.toml: test \"gone\": clip: clips/gone.wav: no such file"])
    #expect(xml.all("failure").count == 1 && xml.all("testsuite").first?.attributes["errors"] == "1")
  }

  @Test(
    "A golden that --update writes is what explain --arrays writes; another one fails, of another shape is an error")
  func golden() throws {
    try write("golden = \"golden/deep/a.npy\"\ntolerance = 0.99\nlargest = 0.001")
    let golden = "golden/deep/a.npy"
    let before = try folder.undertone("check", "check.toml")
    #expect(before.status == 66 && before.errors.count == 1, "\(before)")
    #expect(
      before.errors[0].contains("test \"one\": golden: golden/deep/a.npy: ") && before.errors[0].contains("--update"))
    let update = try folder.undertone("check", "check.toml", "--update")
    #expect(update.status == 0 && update.output.contains(golden), "\(update)")
    #expect(try folder.undertone("explain", "clips/a.wav", "--input", "mel", "--arrays").status == 0)
    let own = try folder.contents("output/explain/a.saliency.mel.npy")
    #expect(try folder.contents(golden) == own)
    #expect(folder.files(in: "golden/deep") == ["a.npy"])
    let after = try folder.undertone("check", "check.toml")
    #expect(after.status == 0 && !after.output.contains(golden), "\(after)")
    #expect(try folder.contents(golden) == own)

    let kept = try NPY.read(folder.path(golden))
    try NPY.write(Tensor(kept.floats.reversed(), shape: kept.shape), to: folder.path(golden))
    let turned = try folder.undertone("check", "check.toml")
    #expect(turned.status == 1, "\(turned)")
    #expect(turned.output.contains { $0.hasPrefix("one: rank correlation with the golden ") }, "\(turned)")
    #expect(turned.output.contains { $0.hasPrefix("one: largest difference from the golden ") }, "\(turned)")
    // A thousandth of the largest is not far; twice as much is too far.
    let largest = kept.floats.reduce(0) { max($0, abs($1)) }
    for (step, status) in [(Float(0.0005), Int32(0)), (0.002, 1)] {
      var floats = kept.floats
      floats[floats.firstIndex(of: 0) ?? 0] += step * largest
      try NPY.write(Tensor(floats, shape: kept.shape), to: folder.path(golden))
      let run = try folder.undertone("check", "check.toml")
      #expect(run.status == status, "\(step): \(run)")
    }
    try NPY.write(Tensor([1, 2, 3], shape: [3]), to: folder.path(golden))
    let other = try folder.undertone("check", "check.toml")
    #expect(other.status == 65 && other.errors.count == 1, "\(other)")
    let shape = kept.shape.map(String.init).joined(separator: " × ")
    #expect(
      other.errors.first
        == "undertone: check.toml: test \"one\": golden: \(golden): has 3 values, and the attribution has \(shape)")
  }

  @Test("Against another model the page shows what moved; the status is that of the tested one")
  func against() throws {
    try TrainedModel(untrained: .init(architecture: .cnnatt), seed: 1).write(to: folder.path("models/other"))
    try write("inside = [{ seconds = [0, 1], share = 0.2 }]", above: "model = \"models/other\"")
    let run = try folder.undertone("check", "check.toml", "--against", "built-in")
    #expect(run.status == 0 && run.errors.isEmpty, "\(run)")
    #expect(run.output.contains("A: other") && run.output.contains("B: built-in"), "\(run)")
    let row = try #require(run.output.last { $0.hasPrefix("one ") })
    #expect(row.contains(/pass +−?[01]\.\d\d$/), "\(row)")
    #expect(run.output.allSatisfy { $0.count <= 80 })
    let page = try text("output/check/check.html")
    #expect(page.contains("what moved from built-in") && page.contains("<th scope=\"col\">rank correlation</th>"))
    #expect(page.components(separatedBy: "<img src=\"data:image/png;base64,").count == 2)
    #expect(page.contains("<td>share in 0–1 s</td><td>at least 0.2</td>"))
    let same = try folder.undertone("check", "check.toml", "--model", "built-in", "--against", "built-in")
    #expect(same.failed(64, naming: "--against", "built-in"), "\(same)")
    // What fails of the other model only, does not fail.
    try write("measures = { gini = { least = 0 } }\nexpect = \"angry\"", to: "class.toml")
    let angry = try folder.undertone("check", "class.toml", "--model", "models/other", "--against", "built-in")
    let turned = try folder.undertone("check", "class.toml", "--model", "built-in", "--against", "models/other")
    #expect([0, 1].contains(angry.status) && [0, 1].contains(turned.status), "\(angry) \(turned)")
    #expect((turned.status == 0) == turned.output.contains("1 of 1 tests pass"))
  }

  @Test(
    "A file that asks what cannot be is named in one line with the test, the key and the reason",
    arguments: [
      ("", "clip: nothing is asked of it"), ("expcet = \"angry\"", "expcet: there is no such key here; there are"),
      ("expect = 3", "expect: must be text in quotes, not 3"),
      ("expect = \"bored\"", "expect: the model built-in has no emotion \"bored\"; it has angry"),
      ("expect = \"angry\"\nprobability = [0.9, 0.1]", "probability: 0.9 to 0.1 is upside down"),
      ("expect = \"angry\"\nprobability = [0.1, 1.1]", "probability: must lie between 0 and 1, not be 1.1"),
      ("expect = \"angry\"\nprobability = 0.5", "probability: must be [least, most], or a table"),
      ("expect = \"angry\"\nprobability = {}", "probability: it has neither least nor most"),
      ("expect = \"angry\"\nprobability = { low = 1 }", "probability: it has neither least nor most"),
      ("probability = [0, 1]", "probability: it is that of a class, and needs expect"),
      ("expect = \"angry\"\nmethod = \"magic\"", "method: there is no method \"magic\"; there is saliency"),
      ("expect = \"angry\"\noptions = { steps = 5 }", "options.steps: there is no such key here"),
      ("expect = \"angry\"\nmethod = \"lime\"\noptions = { draws = \"few\" }", "options: "),
      ("expect = \"angry\"\ninput = \"sound\"", "input: must be one of \"waveform\""),
      ("expect = \"angry\"\ntarget = \"bored\"", "target: the model built-in has no output \"bored\""),
      ("inside = [{ share = 0.5 }]", "inside 1.seconds: it is missing, and so is hertz"),
      ("inside = [{ seconds = [0, 1] }]", "inside 1.share: it is missing"),
      ("inside = [{ seconds = [0, 1], share = 2 }]", "inside 1.share: must lie between 0 and 1, not be 2"),
      ("inside = [{ seconds = [0.8, 0.2], share = 0.5 }]", "inside 1.seconds: 0.8 to 0.2 is upside down"),
      ("inside = [{ seconds = [-1, 1], share = 0.5 }]", "inside 1.seconds: -1.0 to 1.0: both must be"),
      ("inside = [{ seconds = [0, nan], share = 0.5 }]", "inside 1.seconds: 0.0 to nan: both must be"),
      ("inside = [{ seconds = [0, 1, 2], share = 0.5 }]", "inside 1.seconds: must be two numbers"),
      ("inside = [{ seconds = [0, 1], share = 0.5 }, { herz = 1 }]", "inside 2.seconds: it is missing"),
      ("outside = [{ hertz = [0, 9000], share = 0.5 }]", "outside 1.hertz: 0–9000 Hz lies beyond 8000 Hz"),
      ("input = \"waveform\"\ninside = [{ hertz = [0, 9], share = 0.5 }]", "inside 1.hertz: a sample of the waveform"),
      ("input = \"mfcc\"\ninside = [{ hertz = [0, 9], share = 0.5 }]", "inside 1.hertz: an MFCC depends on all"),
      ("inside = 1", "inside: must be a list of tables, not 1"),
      ("golden = \"a.npy\"", "golden: it needs tolerance"), ("tolerance = 0.5", "tolerance: it needs golden"),
      ("golden = \"a.npy\"\ntolerance = 2", "tolerance: must lie between −1 and 1, not be 2"),
      ("golden = \"a.npy\"\nlargest = -1", "largest: must be 0 or more, not -1"),
      ("measures = { ginni = { most = 1 } }", "measures.ginni: there is no such key here; there are deletion"),
      ("measures = { in_cue = { most = 1 } }", "measures.in_cue: there is no such key here"),
      ("measures = { gini = { most = \"much\" } }", "measures.gini.most: must be a number, not \"much\""),
      ("measures = { gini = { most = 1, leest = 0 } }", "measures.gini.leest: there is no such key here"),
      ("measures = { gini = [0.9, 0.1] }", "measures.gini: 0.9 to 0.1 is upside down"),
      ("measures = { gini = [nan, 1] }", "measures.gini: nan is no finite number"),
      ("measures = { gini = { most = inf } }", "measures.gini: inf is no finite number"),
    ])
  func bad(conditions: String, words: String) throws {
    try write(conditions)
    let run = try folder.undertone("check", "check.toml")
    #expect(run.failed(65, naming: "undertone: check.toml: test \"one\": \(words)"), "\(run)")
    #expect(folder.files(in: "output") == [])
  }

  @Test(
    "So is a file that is wrong as a whole",
    arguments: [
      ("", "test: there are no tests; [[test]] begins one"), ("model = 1", "model: must be text in quotes, not 1"),
      ("[[tests]]\nclip = \"clips/a.wav\"", "test: there are no tests"),
      ("[test]\nclip = \"clips/a.wav\"", "test: must be a list of tables, not a table"),
      ("[[test]]\nexpect = \"angry\"", "test 1.clip: it is missing"),
      ("seed = -1\n[[test]]\nclip = \"a\"", "seed: must be a whole number, 0 or more"),
      ("modell = \"a\"\n[[test]]\nclip = \"a\"\nexpect = \"angry\"", "modell: there is no such key here"),
      (
        "[[test]]\nclip = \"a\"\nexpect = \"angry\"\n[[test]]\nname = \"a\"\nclip = \"b\"\nexpect = \"angry\"",
        "test \"a\": name: there are two tests of this name"
      ), ("[[test]]\nclip = ", "no TOML: line 2"), ("a = 1\n\n[[test", "no TOML: line 3"),
    ])
  func badFile(text: String, words: String) throws {
    try folder.write(text, to: "check.toml")
    let run = try folder.undertone("check", "check.toml")
    #expect(run.failed(65, naming: "undertone: check.toml: \(words)"), "\(run)")
  }

  @Test("A file, a model and a place for results that are not there; a range beyond the clip; one golden of two tests")
  func others() throws {
    #expect(try folder.undertone("check", "none.toml").failed(66, naming: "none.toml"))
    #expect(try folder.undertone("check").status == 64)
    try write("expect = \"angry\"", above: "model = \"nowhere\"")
    #expect(try folder.undertone("check", "check.toml").failed(66, naming: "nowhere"))
    try folder.write("", to: "taken")
    let taken = try folder.undertone("check", "check.toml", "--model", "built-in", "--output", "taken")
    #expect(taken.failed(73, naming: "taken"), "\(taken)")
    try write("inside = [{ seconds = [0.5, 1.5], share = 0.5 }]")
    let beyond = try folder.undertone("check", "check.toml")
    #expect(beyond.status == 65 && beyond.errors.count == 1, "\(beyond)")
    #expect(
      beyond.errors.first
        == "undertone: check.toml: test \"one\": inside 1.seconds: 0.5–1.5 s lies beyond the clip, which ends at 1.00 s",
      "\(beyond)")
    let golden = "golden = \"a.npy\"\ntolerance = 0.5\n"
    try write("\(golden)[[test]]\nname = \"two\"\nclip = \"clips/a.wav\"\n\(golden)")
    let shared = try folder.undertone("check", "check.toml", "--update")
    #expect(shared.failed(65, naming: "test \"two\": golden: a.npy is that of another test too"), "\(shared)")
    #expect(!FileManager.default.fileExists(atPath: folder.path("a.npy")))
  }
}
