import Attributions
import AudioFiles
import Foundation
import Models
import TestSupport
import Testing

@testable import Reports

@Suite("Check: JUnit XML and conditions")
struct CheckTests {
  @Test("JUnit XML read back has every name, time and message, whatever is in them, without control characters")
  func junit() throws {
    let name = "<b>\"one\" & 'two'\t]]>\nthree é 😀"
    let junit = JUnit(
      name: name, className: "undertone.a",
      cases: [
        .init(name: name, seconds: 0.25, outcome: .passed),
        .init(name: "\u{0}b\u{1B}[31m\u{7F}\u{9B}\r\u{FFFE}", seconds: 1, outcome: .failed(["x < 1", "y \u{8}> 2"])),
        .init(name: "c", seconds: 0.5, outcome: .errored("no <file>")),
      ])
    let read = ReadXML(junit.xml)
    #expect(read.isWhole)
    #expect(read.elements.map(\.name).prefix(3) == ["testsuites", "testsuite", "testcase"])
    let counts = ["tests": "3", "failures": "1", "errors": "1", "time": "1.750"]
    for element in read.all("testsuites") + read.all("testsuite") {
      for (key, value) in counts { #expect(element.attributes[key] == value, "\(key)") }
    }
    #expect(read.all("testsuite").map { $0.attributes["name"] } == [name])
    let cases = read.all("testcase").map(\.attributes)
    #expect(cases.map { $0["name"] } == [name, "b[31m", "c"])
    #expect(cases.map { $0["time"] } == ["0.250", "1.000", "0.500"])
    #expect(cases.allSatisfy { $0["classname"] == "undertone.a" })
    let (failures, errors) = (read.all("failure"), read.all("error"))
    #expect(failures.map { $0.attributes["message"] } == ["x < 1; y > 2"] && failures.map(\.text) == ["x < 1\ny > 2"])
    #expect(errors.map { $0.attributes["message"] } == ["no <file>"] && errors.map(\.text) == ["no <file>"])
  }

  @Test(
    "A line has as many digits as leave the value on its side of the bound",
    arguments: [
      (0.97, nil, 0.95, false, "gini 0.97, at most 0.95"), (0.95, nil, 0.95, true, "gini 0.95, at most 0.95"),
      (0.9501, nil, 0.95, false, "gini 0.9501, at most 0.95"), (0.94999, nil, 0.95, true, "gini 0.95, at most 0.95"),
      (0.5, 0.25, nil, true, "gini 0.5, at least 0.25"), (0.2499999, 0.25, nil, false, "gini 0.2499999, at least 0.25"),
      (-0.5, 0.0, 1.0, false, "gini −0.5, 0 to 1"),
    ] as [(Double, Double?, Double?, Bool, String)])
  func lines(value: Double, least: Double?, most: Double?, holds: Bool, line: String) {
    let condition = CheckedCondition("gini", .number(value, Bounds(least: least, most: most)))
    #expect(condition.holds == holds && condition.line == line, "\(condition.line)")
  }

  @Test("What is not defined does not hold; a class holds where it is the expected one")
  func undefined() {
    let undefined = CheckedCondition("redrawn", .number(nil, Bounds(least: nil, most: 1)))
    #expect(!undefined.holds && undefined.line == "redrawn not defined, at most 1")
    let wrong = CheckedCondition("class", .text("fear", expected: "angry"))
    #expect(!wrong.holds && wrong.line == "class fear, not angry")
    let right = CheckedCondition("class", .text("fear", expected: "fear"))
    #expect(right.holds && right.line == "class fear")
  }

  @Test("A clip whose quiet ends are trimmed is tested at its file's seconds; measures are those of trust")
  func trimmed() throws {
    let model = TrainedModel(untrained: .init(architecture: .cnnatt), seed: 1)
    let quiet = [Float](repeating: 0, count: 16_000)
    let tone = (0..<16_000).map { Float(0.3 * sin(2 * .pi * 200 * Double($0) / 16_000)) }
    let sound = AudioClip(samples: quiet + tone + quiet, sampleRate: 16_000)
    func test(_ seconds: ClosedRange<Double>, measures: Bool = false) -> ClipTest {
      ClipTest(
        file: "a.toml", name: "tone", clip: "tone.wav", method: Saliency(), space: .waveform,
        regions: [.init(key: "inside 1", seconds: seconds, hertz: nil, share: Bounds(least: 0.999, most: nil))],
        measures: measures ? [(.gini, Bounds(least: 0, most: nil))] : [], seed: 3)
    }
    let checked = try Checker(model).check(test(0.9...2.1, measures: true), on: sound)
    #expect(checked.explanation.place.start > 0.8)
    #expect(checked.passes, "\(checked.failures)")
    #expect(try !Checker(model).check(test(0.5...1.2), on: sound).passes)
    var settings = TrustSettings()
    settings.seed = 3
    let speech = try #require(sound.trimmed(model.configuration.trimming))
    let trust = try TrustExaminer(model: model, methods: [Saliency()], space: .waveform, settings: settings)
      .examine(speech.samples, path: "tone.wav")
    #expect(
      checked.conditions.last?.finding == .number(trust.methods[0].values[.gini], Bounds(least: 0, most: nil)))
    // Beside what is used, a share would be 0 whatever the model does.
    #expect { try Checker(model).check(test(0...0.4), on: sound) } throws: {
      "\($0)".hasPrefix("a.toml: test \"tone\": inside 1.seconds: 0–0.4 s lies beside ")
    }
    #expect { try Checker(model).check(test(2...3.5), on: sound) } throws: {
      "\($0)" == "a.toml: test \"tone\": inside 1.seconds: 2–3.5 s lies beyond the clip, which ends at 3.00 s"
    }
  }
}
