import Foundation

/// A waveform and its attribution, which is averaged over 5 ms.
struct WaveformPanel {
  /// What a panel shows of a waveform and its attribution.
  enum Content {
    /// The waveform alone.
    case waveform
    /// The attribution alone, as a curve.
    case attribution
    /// The waveform over the attribution's colours, which fill the panel's height.
    case colors
  }

  let axis: Axis
  let scale: AttributionScale?
  private let content: Content
  private let samples: ArraySlice<Float>
  private let sampleRate: Double
  private let attribution: [Float]

  private static let bin = 0.005

  init(_ waveform: ExplanationFigure.Waveform, duration: Double, content: Content) {
    self.content = content
    sampleRate = waveform.sampleRate
    samples = waveform.samples.prefix(max(1, Int(duration * sampleRate)))
    let loudest = Double(max(samples.max() ?? 0, -(samples.min() ?? 0)))
    let reach = loudest > 0 ? 1.06 * loudest : 1
    var amplitude = Axis.linear("Amplitude", from: -reach, to: reach, ticks: 4)
    amplitude.brief = "Ampl."
    guard let values = waveform.attribution, content != .waveform else {
      attribution = []
      scale = nil
      axis = amplitude
      return
    }
    let binCount = max(1, Int((Double(samples.count) / sampleRate / Self.bin).rounded(.up)))
    let perBin = sampleRate * Self.bin
    attribution = (0..<binCount).map { [count = samples.count] bin in
      let start = min(count - 1, Int(Double(bin) * perBin))
      let end = min(count, max(start + 1, Int(Double(bin + 1) * perBin)))
      let sum = values.values[start..<end].reduce(Float(0)) { $0 + (values.isSigned ? $1 : abs($1)) }
      return sum / Float(end - start)
    }
    let scale = AttributionScale(
      attribution, isSigned: values.isSigned, limit: values.limit, isThresholded: content == .colors)
    self.scale = scale
    guard content == .attribution else {
      axis = amplitude
      return
    }
    let most = scale.isZero ? 1 : 1.06 * Double(attribution.map(abs).max() ?? 1)
    let (label, power) = AttributionScale.label(name: values.name, unit: values.unit, limit: most)
    var ticked = Axis.linear(label, from: values.isSigned ? -most / power : 0, to: most / power, ticks: 4)
    ticked.ticks = ticked.ticks.map { .init(value: $0.value * power, label: $0.label) }
    // Without the name, but with what the numbers are to be multiplied by.
    ticked.brief = AttributionScale.label(name: "", unit: values.unit, limit: most).words
      .trimmingCharacters(in: CharacterSet(charactersIn: " ()"))
    (ticked.lower, ticked.upper) = (ticked.lower * power, most)
    axis = ticked
  }

  func draw(on canvas: Canvas, in plot: Plot) {
    if content == .attribution {
      canvas.clipped(to: plot.frame) { drawAttribution(on: canvas, in: plot) }
    } else if let scale, !scale.isZero {
      var colors = Heatmap(
        attribution.map { _ in 0 }, rows: 1, columns: attribution.count, map: .paper, lower: 0, upper: 1)
      colors.overlay(attribution, scale)
      let end = min(plot.x.upper, Double(attribution.count) * Self.bin)
      let (frame, start) = (plot.frame, plot.x(0))
      colors.draw(
        on: canvas, in: Rectangle(x: start, y: frame.y, width: plot.x(end) - start, height: frame.height),
        left: -0.5, right: end / Self.bin - 0.5, top: 0, bottom: 0)
    }
    if scale?.isZero == true { canvas.writeZero(in: plot.frame) }
    if content != .attribution { canvas.clipped(to: plot.frame) { drawLine(on: canvas, in: plot) } }
  }

  /// A step for each 5 ms, from zero to the mean there.
  private func drawAttribution(on canvas: Canvas, in plot: Plot) {
    guard let scale, !scale.isZero else { return }
    for (bin, value) in attribution.enumerated() where value != 0 {
      let (left, right) = (plot.x(Double(bin) * Self.bin), plot.x(Double(bin + 1) * Self.bin))
      let (zero, end) = (plot.y(0), plot.y(Double(value)))
      canvas.fill(
        Rectangle(x: left, y: min(zero, end), width: right - left, height: abs(zero - end)),
        scale.color(at: value < 0 ? -0.8 : 0.8))
    }
    if scale.isSigned {
      canvas.rule(from: plot.point(plot.x.lower, 0), to: plot.point(plot.x.upper, 0), .secondaryInk)
    }
  }

  /// The line itself where there are few samples; else from the lowest to the highest in each pixel.
  private func drawLine(on canvas: Canvas, in plot: Plot) {
    let pixels = Int(plot.frame.width * canvas.scale)
    let perPixel = (plot.x.upper - plot.x.lower) * sampleRate / Double(pixels)
    let first = plot.x.lower * sampleRate
    guard perPixel > 3 else {
      let points = samples.enumerated().map { plot.point(Double($0.offset) / sampleRate, Double($0.element)) }
      return canvas.stroke(points, .ink, width: 0.7)
    }
    var upper: [Point] = []
    var lower: [Point] = []
    for pixel in 0..<pixels {
      let start = max(0, Int(first + Double(pixel) * perPixel))
      let end = min(samples.count, Int(first + Double(pixel + 1) * perPixel) + 1)
      guard start < end else { continue }
      var (low, high) = (samples[start], samples[start])
      for index in start..<end {
        low = min(low, samples[index])
        high = max(high, samples[index])
      }
      let x = plot.frame.left + (Double(pixel) + 0.5) / canvas.scale
      upper.append(Point(x: x, y: plot.y(Double(high)) - 0.25))
      lower.append(Point(x: x, y: plot.y(Double(low)) + 0.25))
    }
    canvas.fill(upper + lower.reversed(), Color(0x303030))
  }
}
