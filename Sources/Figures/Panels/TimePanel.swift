/// An input over time, ready to be drawn above or beside others.
struct TimePanel {
  let axis: Axis
  /// The key to the attribution's colours, and that to what is below.
  let bars: [ColorBar]
  let draw: (Canvas, Plot) -> Void
  /// The height of the panel, in points.
  let height: Double

  /// Between the panels of one input, one above the other.
  static let gap = 11.0
  /// The height of each of two panels beside the one that both replace.
  private static let shareOfTwo = 2.0 / 3

  /// The panels of an input, one above the other: one, or the input and its attribution.
  /// - Parameter height: Of one panel, in points.
  static func stack(
    _ input: ExplainedInput, overlay: AttributionOverlay, duration: Double, height: Double
  ) -> [TimePanel] {
    guard input.attribution != nil else { return [TimePanel(input, .matrix, duration: duration, height: height)] }
    switch overlay {
    case .alpha: return [TimePanel(input, .colors, duration: duration, height: height)]
    case .contour: return [TimePanel(input, .contours, duration: duration, height: height)]
    case .side:
      return [.matrix, .attribution].map {
        TimePanel(input, $0, duration: duration, height: (shareOfTwo * height).rounded())
      }
    }
  }

  /// The height of a stack of panels.
  static func stackHeight(_ input: ExplainedInput?, overlay: AttributionOverlay, height: Double) -> Double {
    guard overlay == .side, input?.attribution != nil else { return height }
    return 2 * (shareOfTwo * height).rounded() + gap
  }

  /// The height of a column's level bars under a panel, with the distances around them.
  static let levelBars = ColorBar.levelHeight + Plot.tickLength + 8

  /// The height of all level bars under a stack of panels; none over a page's width, where bars stand beside them.
  static func barsHeight(_ input: ExplainedInput, overlay: AttributionOverlay, _ layout: FigureLayout) -> Double {
    guard layout.isNarrow else { return 0 }
    let isStack = overlay == .side && input.attribution != nil
    // A waveform and its curve have axes; only colours under it need a key.
    if case .waveform(let waveform) = input { return isStack || waveform.attribution == nil ? 0 : levelBars }
    return isStack ? 2 * levelBars : levelBars
  }

  init(_ input: ExplainedInput, _ content: FramePanel.Content, duration: Double, height: Double) {
    self.height = height
    let panel: FramePanel
    let label: String
    switch input {
    case .waveform(let waveform):
      // Lines around places of a curve would be points; colours stand under it instead.
      let own: WaveformPanel.Content =
        switch content {
        case .matrix: .waveform
        case .attribution: .attribution
        case .colors, .contours: .colors
        }
      let panel = WaveformPanel(waveform, duration: duration, content: own)
      (axis, draw) = (panel.axis, panel.draw)
      let key = waveform.attribution.flatMap { attribution -> ColorBar? in
        guard let scale = panel.scale, !scale.isZero, own == .colors else { return nil }
        return scale.bar(name: attribution.name, unit: attribution.unit, note: "mean over 5 ms", height: height)
      }
      bars = [key].compactMap { $0 }
      return
    case .spectrogram(let spectrogram):
      panel = FramePanel(
        spectrogram.frames, attribution: spectrogram.attribution,
        rows: .bins(maximumFrequency: spectrogram.maximumFrequency), duration: duration, content: content)
      label = "magnitude (dB)"
    case .logMel(let mel):
      panel = FramePanel(
        mel.frames, attribution: mel.attribution, rows: .mel(maximumFrequency: mel.maximumFrequency),
        duration: duration, content: content)
      label = "log-mel power (dB)"
    case .mfcc(let mfcc):
      panel = FramePanel(
        mfcc.frames, attribution: mfcc.attribution, rows: .coefficients, duration: duration, content: content)
      label = mfcc.label
    }
    (axis, draw) = (panel.axis, panel.draw)
    let key = input.attribution.flatMap { attribution -> ColorBar? in
      guard let scale = panel.scale, !scale.isZero else { return nil }
      return panel.contours?.bar(
        name: attribution.name, unit: attribution.unit, isSigned: attribution.isSigned, height: height)
        ?? scale.bar(name: attribution.name, unit: attribution.unit, height: height)
    }
    bars = [key, content == .attribution ? nil : panel.bar(label, height: height)].compactMap { $0 }
  }
}

extension AttributionOverlay {
  /// The key that pictures share of which each has a scale of its own.
  /// - Parameters:
  ///   - name: Of the attribution.
  ///   - owner: Whose scale it is: "clip’s".
  func sharedBar(_ name: String, of owner: String, isSigned: Bool, height: Double) -> ColorBar {
    self == .contour
      ? AttributionContours.sharedBar(
        [name, "lines: top 20, 5, 1 % of each \(owner) values"], isSigned: isSigned, height: height)
      : AttributionScale.unitBar(
        [name, "relative to each \(owner) 99.5th percentile"], isSigned: isSigned, height: height)
  }
}
