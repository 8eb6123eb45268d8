import Attributions
import AudioFiles
import Foundation

/// How long one answer may take the models.
enum PassLimit {
  /// Passes through the network times seconds of speech.
  private static let most = 12_000.0

  /// The passes of a method on one input: its steps or draws.
  static func passes(of method: String, _ options: MethodOptions = MethodOptions()) -> Int {
    let defaults = AttributionMethods.all.first { $0.name == method }?.description.defaults ?? [:]
    func asked(_ given: Int?, _ option: MethodOptions.Name) -> Int {
      given ?? defaults[option].flatMap { Int($0) } ?? 1
    }
    return max(asked(options[.steps], .steps), asked(options[.draws], .draws))
  }

  /// Throws where passes are too many.
  /// - Parameter words: What their number is made of.
  static func check(
    _ passes: Int, _ speech: AudioClip, field: String, _ words: String
  ) throws(RequestFault) {
    let seconds = max(1, speech.duration)
    guard Double(passes) * seconds <= most else {
      throw RequestFault(
        .unprocessableContent, field,
        "asks for too much: \(words) × seconds (\(seconds.formatted(.number.precision(.fractionLength(1))))) are "
          + "\(Int(most)) at most")
    }
  }
}
