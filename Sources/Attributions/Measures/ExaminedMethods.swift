import Models

extension [any AttributionMethod] {
  /// The methods, then the controls that they are measured beside: loudness and random numbers.
  func besideControls(seed: UInt64) -> Self {
    var options = MethodOptions()
    options.seed = seed
    return self + [LoudnessMap(), RandomAttribution(options)]
  }

  /// Removes the methods that cannot explain a clip's model, and returns the reasons.
  mutating func leaveOutInapplicable(to clip: Clip, at space: InputSpace) -> [MethodError] {
    var kept: Self = []
    var reasons: [MethodError] = []
    for method in self {
      do throws(MethodError) {
        try method.checkPath(of: clip, at: space)
        try method.checkApplies(to: clip, at: space)
      } catch {
        if case .inapplicable = error {
          reasons.append(error)
          continue
        }
      }
      kept.append(method)
    }
    self = kept
    return reasons
  }
}
