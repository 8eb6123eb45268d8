import ArgumentParser
import AudioFeatures

/// The settings of a new model's front-end, which its folder keeps and every later use obeys.
struct FrontEndOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      """
      The number of samples a second at which the model reads clips: \(words(FrontEnd.sampleRates)). \
      (default: \(standard.sampleRate))
      """, valueName: "count"))
  var sampleRate: Int?

  @Option(
    help: ArgumentHelp(
      """
      The number of samples in a window of the STFT: \(words(FrontEnd.windows)), even. \
      (default: \(standard.windowSamples))
      """, valueName: "count"))
  var window: Int?

  @Option(
    help: ArgumentHelp(
      """
      The number of samples from one frame to the next: \(words(FrontEnd.hops)), at most half a window. \
      (default: \(standard.hopSamples))
      """, valueName: "count"))
  var hop: Int?

  @Option(
    help: ArgumentHelp(
      "The number of mel bands: \(words(FrontEnd.melCounts)). (default: \(standard.mels))", valueName: "count"))
  var mels: Int?

  @Option(
    help: ArgumentHelp(
      "The number of coefficients of the MFCC: 1 or more, at most the mels. (default: \(standard.coefficients))",
      valueName: "count"))
  var coefficients: Int?

  @Option(
    help: ArgumentHelp(
      """
      The number of derivatives below the coefficients of the MFCC: \(words(FrontEnd.deltaOrders)) (1 has their slopes, \
      2 their curvatures too). (default: \(standard.deltas))
      """, valueName: "count"))
  var deltas: Int?

  private static let standard = FrontEnd()

  private static func words(_ range: ClosedRange<Int>) -> String { "\(range.lowerBound) to \(range.upperBound)" }

  private var settings: [(name: String, place: WritableKeyPath<FrontEnd, Int>, value: Int?)] {
    [
      ("--sample-rate", \.sampleRate, sampleRate), ("--window", \.windowSamples, window), ("--hop", \.hopSamples, hop),
      ("--mels", \.mels, mels), ("--coefficients", \.coefficients, coefficients), ("--deltas", \.deltas, deltas),
    ]
  }

  /// The options' names, with whether they are given.
  var given: [(String, Bool)] { settings.map { ($0.name, $0.value != nil) } }

  func apply(to frontEnd: inout FrontEnd) {
    for setting in settings { if let value = setting.value { frontEnd[keyPath: setting.place] = value } }
  }

  func validate() throws {
    var frontEnd = FrontEnd()
    apply(to: &frontEnd)
    if let problem = frontEnd.problem { throw ValidationError("the model: \(problem)") }
  }
}
