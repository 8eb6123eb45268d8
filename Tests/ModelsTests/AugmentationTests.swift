import Foundation
import Models
import Testing

@Suite("What an augmentation is called")
struct AugmentationTests {
  @Test("A text becomes steps in their order, with the standard numbers where none is given")
  func text() throws {
    let found = try Augmentation(text: "masks:3,stretch,codec")
    #expect(found.text == "stretch:0.1,codec,masks:3")
    #expect(found[.masks] == 3 && found[.stretch] == 0.1 && found[.pitch] == nil)
    let mixture = try Augmentation(text: "mixup,mixstyle")
    #expect(found.changesClips && !mixture.changesClips)
    #expect(try Augmentation(text: "") == .none && Augmentation(text: "none") == .none)
    let adversarial = try Augmentation(text: "masks,adversarial")
    #expect(adversarial.text == "adversarial:30,masks:2" && adversarial.changesClips)
    #expect(
      Augmentation.Kind.allCases.filter { $0.asksNetwork && !$0.changesSound && !$0.changesMel } == [.adversarial])
    let read = try JSONDecoder().decode([Augmentation].self, from: JSONEncoder().encode([found, .none]))
    #expect(read == [found, .none])
  }

  @Test(
    "What cannot be understood is refused by name",
    arguments: [
      ("louder", "no augmentation \"louder\""), ("stretch:", "stretch:"), ("stretch:much", "stretch:much"),
      ("stretch:9", "stretch:9 lies outside 0.01 to 1"), ("codec:2", "codec takes no number"),
      ("pitch,pitch:1", "pitch is named twice"),
      ("vtlp:2", "vtlp:2 lies outside 0.01 to 0.5"), ("crop:1", "crop:1 lies outside 0.1 to 0.99"),
      ("pitch,,gain", "no augmentation \"\""), ("adversarial:-1", "adversarial:-1 lies outside 0 to 80"),
      ("adversarial:81", "adversarial:81 lies outside 0 to 80"), ("adversarial:loud", "adversarial:loud"),
      ("noise:nan", "noise:nan"), ("masks:2.5", "masks:2.5 is no whole number"),
    ])
  func refused(text: String, reason: String) {
    let error = #expect(throws: AugmentationError.self) { try Augmentation(text: text) }
    #expect("\(error!)".contains(reason), "\(error!)")
  }
}
