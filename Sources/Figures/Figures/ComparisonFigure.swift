import Basics

/// One clip and the attributions of several models, side by side on one seconds × Hz grid: each model's attribution on the
/// log-mel with its prediction, and its difference from the first model's.
public struct ComparisonFigure: OverlaidFigure {
  public struct Model: Sendable {
    public var name: String
    /// Relative to its own strongest places, −1…1, of the log-mel's shape.
    public var map: [Float]
    public var emotions: [String]
    public var probabilities: [Double]
    /// The names of its dimensions, and their values.
    public var dimensions: [String]
    public var values: [Double]
    /// The output that its attribution explains.
    public var target: String
    /// The seconds of the clip that the model uses, from its start; nil where it uses all.
    public var seen: Range<Double>?

    public init(
      name: String, map: [Float], emotions: [String], probabilities: [Double], dimensions: [String] = [],
      values: [Double] = [], target: String, seen: Range<Double>? = nil
    ) {
      self.seen = seen
      (self.name, self.map, self.emotions, self.probabilities) = (name, map, emotions, probabilities)
      (self.dimensions, self.values, self.target) = (dimensions, values, target)
    }

    /// The place of the most probable class; nil without classes.
    var likeliest: Int? { probabilities.indices.max { probabilities[$0] < probabilities[$1] } }

    /// The prediction in words: "✓ angry 0.93", "arousal 0.71"; and the target where it is not the prediction.
    func caption(truth: String?) -> String {
      let value = dimensions.firstIndex(of: target).map { "\(target) \(number(values[$0], digits: 2))" }
      guard let likeliest else { return value ?? "target \(target)" }
      let mark = truth.map { $0 == emotions[likeliest] ? "✓ " : "✗ " } ?? ""
      return "\(mark)\(emotions[likeliest]) \(probabilityText(probabilities[likeliest]))"
        + (target == emotions[likeliest] ? "" : " · target \(value ?? target)")
    }
  }

  public var title: [String]
  /// dB, the lowest mel band first.
  public var logMel: FrameMatrix
  public var maximumFrequency: Double
  /// Seconds of speech that are in a model's input.
  public var duration: Double
  /// The clip's place in its file, whose time the axis has; nil where the clip is all there is.
  public var place: ClipPlace?
  /// The attribution method, as the colour bar calls it.
  public var method: String
  public var isSigned: Bool
  public var models: [Model]
  /// Lines under each difference, by model; the first model's are not used.
  public var remarks: [[String]]
  /// The true class, where it is known.
  public var truth: String?
  /// The true values of dimensions, by name.
  public var trueValues: [String: Double]
  public var overlay: AttributionOverlay

  public init(
    title: [String], logMel: FrameMatrix, maximumFrequency: Double = 8000, duration: Double, method: String,
    isSigned: Bool, models: [Model], remarks: [[String]] = [], truth: String? = nil,
    trueValues: [String: Double] = [:], overlay: AttributionOverlay = .standard
  ) {
    self.overlay = overlay
    (self.title, self.logMel, self.maximumFrequency) = (title, logMel, maximumFrequency)
    (self.duration, self.method, self.isSigned) = (duration, method, isSigned)
    (self.models, self.remarks, self.truth, self.trueValues) = (models, remarks, truth, trueValues)
  }

  private static let caption = Font.emphasis.line + Font.tick.line + 5

  /// The distances of a layout.
  private struct Grid {
    let columns: Int
    let panelHeight: Double
    /// Between two panels, one beside the other.
    let between: Double
    /// A panel with its caption and axis.
    var block: Double { ComparisonFigure.caption + panelHeight + Plot.below + 10 }

    init(_ layout: FigureLayout) {
      (columns, between) = layout.isNarrow ? (2, 28) : (3, 24)
      panelHeight = layout.height(193.5)
    }
  }

  private func rowHeight(_ grid: Grid) -> Double {
    grid.block + (models.map { bars(of: $0).height }.max() ?? 0) + Plot.below + FigureLayout.gap
  }
  /// The height of a last row of differences, under which stand only remarks.
  private func lastRowHeight(_ grid: Grid, on canvas: Canvas) -> Double {
    guard (panelCount - 1) / grid.columns * grid.columns >= matrixCount + models.count else { return rowHeight(grid) }
    let room = canvas.layout.width - left(on: canvas) - canvas.layout.margin - 8
    let width = (room + grid.between) / Double(grid.columns) - grid.between
    let lines = remarks.indices.map { remarkLines(of: $0, on: canvas, width: width).count }.max() ?? 0
    return grid.block + Double(lines) * Font.label.line
  }

  /// The remarks on a model's difference; in a column in as many lines as they need.
  private func remarkLines(of model: Int, on canvas: Canvas, width: Double) -> [String] {
    guard remarks.indices.contains(model) else { return [] }
    let most = canvas.layout.isNarrow ? 2 : 1
    return remarks[model].flatMap { canvas.wrapped($0, to: width, Self.remarkFont(canvas.layout), most: most) }
  }

  private static func remarkFont(_ layout: FigureLayout) -> Font { layout.isNarrow ? .tick : .label }

  /// Where panels begin: right of the frequencies and of the names of the outputs that all models have.
  private func left(on canvas: Canvas) -> Double {
    canvas.layout.margin
      + max(Axis.mel(to: maximumFrequency).room(on: canvas), haveSameOutputs ? nameRoom(on: canvas) : 0)
  }

  private func nameRoom(on canvas: Canvas) -> Double { models.map { bars(of: $0).room(on: canvas) }.max() ?? 0 }

  /// What the signs of the models' attributions say; the captions of the differences say what theirs are.
  private var signKey: SignKey? { isSigned ? SignKey(score: "the target’s score") : nil }

  /// Level bars, two beside each other.
  private var keyRows: Int { (matrixCount + 2 + 1) / 2 }

  /// 1 where the log-mel has a panel of its own, before the models.
  private var matrixCount: Int { overlay == .side ? 1 : 0 }
  /// The log-mel, the models, then the differences of all but the first from it.
  private var panelCount: Int { matrixCount + max(1, 2 * models.count - 1) }

  public func extent(on canvas: Canvas) -> Size {
    let (layout, grid) = (canvas.layout, Grid(canvas.layout))
    let rows = (panelCount + grid.columns - 1) / grid.columns
    return Size(
      width: layout.width,
      height: canvas.titleHeight(title + ClipTime.remark(duration, in: place, layout))
        + (signKey.map { $0.height(on: canvas, width: layout.width - 2 * layout.margin) } ?? 0)
        + Double(rows - 1) * rowHeight(grid) + lastRowHeight(grid, on: canvas)
        + (layout.isNarrow ? Double(keyRows) * TimePanel.levelBars : 0) + layout.margin)
  }

  public func draw(on canvas: Canvas) throws(FigureError) {
    try check()
    let margin = canvas.layout.margin
    let (layout, grid) = (canvas.layout, Grid(canvas.layout))
    let rowHeight = rowHeight(grid)
    var top = canvas.drawTitle(
      title + ClipTime.remark(duration, in: place, layout), left: margin, right: canvas.bounds.right - margin)
    if let signKey {
      signKey.draw(on: canvas, left: margin, right: canvas.bounds.right - margin, top: top)
      top += signKey.height(on: canvas, width: layout.width - 2 * margin)
    }
    let height = grid.panelHeight
    let matrix = TimePanel(
      .logMel(.init(frames: logMel, maximumFrequency: maximumFrequency)), .matrix, duration: duration, height: height)
    let keys =
      (overlay == .side ? matrix.bars : []) + [
        overlay.sharedBar(method, of: "model’s", isSigned: isSigned, height: height),
        overlay == .contour
          ? overlay.sharedBar("difference", of: "difference’s", isSigned: true, height: height)
          : AttributionScale.unitBar(["difference of relative attributions"], isSigned: true, height: height),
      ]
    let frequency = Axis.mel(to: maximumFrequency)
    let time = ClipTime(duration, in: place, ticks: layout.isNarrow ? 3 : 5)
    let (left, nameRoom) = (left(on: canvas), nameRoom(on: canvas))
    let right =
      canvas.bounds.right - margin
      - (layout.isNarrow ? 8 : keys.reduce(0) { $0 + $1.width(on: canvas) + 12 })
    let step = (right - left + grid.between) / Double(grid.columns)
    for panel in 0..<panelCount {
      let (row, column) = (panel / grid.columns, panel % grid.columns)
      let frame = canvas.aligned(
        Rectangle(
          x: left + Double(column) * step, y: top + Double(row) * rowHeight + Self.caption, width: step - grid.between,
          height: height))
      guard panel >= matrixCount else {
        let plot = Plot(frame: frame, x: time.axis, y: frequency)
        time.drawUnused(on: canvas, in: plot, isNamed: true)
        matrix.draw(canvas, plot)
        plot.drawAxes(on: canvas)
        canvas.text(
          "log-mel", at: Point(x: frame.left, y: frame.top - Self.caption), .emphasis, vertically: .start)
        continue
      }
      let number = panel - matrixCount
      let isDifference = number >= models.count
      let model = isDifference ? number - models.count + 1 : number
      let values =
        isDifference ? zip(models[model].map, models[0].map).map { $0 - $1 } : models[model].map
      let attribution = Attribution(
        values: values, isSigned: isDifference || isSigned, name: method, unit: "", limit: 1)
      let input = ExplainedInput.logMel(
        .init(frames: logMel, maximumFrequency: maximumFrequency, attribution: attribution))
      let plot = Plot(frame: frame, x: time.axis, y: frequency)
      time.drawUnused(on: canvas, in: plot, isNamed: panel == 0)
      TimePanel.stack(input, overlay: overlay, duration: duration, height: frame.height).last!.draw(canvas, plot)
      // A difference is only where both have something.
      let seen = [models[model], models[isDifference ? 0 : model]].compactMap(\.seen)
        .reduce(0..<duration) { $0.clamped(to: $1) }
      ClipTime.fill(outside: seen, of: duration, on: canvas, in: plot, isNamed: !layout.isNarrow)
      plot.drawAxes(on: canvas, namesY: column == 0)
      drawCaption(of: model, isDifference: isDifference, on: canvas, above: frame)
      let below = frame.bottom + Plot.below + 10
      if isDifference {
        for (line, remark) in remarkLines(of: model, on: canvas, width: frame.width).enumerated() {
          canvas.text(
            remark,
            at: Point(x: frame.left, y: below + Double(line) * Font.label.line), Self.remarkFont(layout),
            vertically: .start)
        }
      } else {
        // Where all have the same outputs their names stand once a row, and else all bars make room for them: they
        // begin at one place in each panel, so that their lengths compare.
        let start = haveSameOutputs ? frame.left : frame.left + nameRoom
        let bars = bars(of: models[model], ticks: layout.isNarrow ? 2 : 5)
        bars.draw(
          on: canvas, in: Rectangle(x: start, y: below, width: frame.right - start, height: bars.height),
          isNamed: column == 0 || !haveSameOutputs)
      }
    }
    guard !layout.isNarrow else {
      for row in 0..<keyRows {
        ColorBar.drawLevel(
          Array(keys.dropFirst(2 * row).prefix(2)), on: canvas, left: margin + 16, right: right,
          top: canvas.bounds.bottom - margin - Double(keyRows - row) * TimePanel.levelBars + 8)
      }
      return
    }
    var x = right + 12
    for key in keys {
      key.draw(on: canvas, left: x, top: top + Self.caption, height: height)
      x += key.width(on: canvas) + 12
    }
  }

  private func drawCaption(of index: Int, isDifference: Bool, on canvas: Canvas, above frame: Rectangle) {
    let model = models[index]
    let name = isDifference ? "\(model.name) − \(models[0].name)" : model.name
    let top = frame.top - Self.caption
    canvas.text(
      canvas.shortened(name, to: frame.width, .emphasis), at: Point(x: frame.left, y: top), .emphasis,
      vertically: .start)
    let both = "red: more to \(model.name), blue: to \(models[0].name)"
    let words =
      !isDifference
      ? model.caption(truth: truth)
      : canvas.width(of: both, .tick) <= frame.width ? both : "red: more to \(model.name)"
    canvas.text(
      canvas.shortened(words, to: frame.width, .tick), at: Point(x: frame.left, y: top + Font.emphasis.line), .tick,
      vertically: .start, color: .secondaryInk)
  }

  /// The bars of a model's prediction; the values of all models have one axis.
  private func bars(of model: Model, ticks: Int = 5) -> PredictionBars {
    let names = model.emotions + model.dimensions
    let chosen = model.likeliest.map { model.emotions[$0] } ?? model.target
    return PredictionBars(
      emotions: model.emotions, probabilities: model.probabilities, dimensions: model.dimensions,
      values: model.values, marks: names.map { $0 == chosen ? [""] : [] },
      truths: model.dimensions.map { trueValues[$0] },
      scale: models.flatMap(\.values) + trueValues.values, ticks: ticks)
  }

  private var haveSameOutputs: Bool {
    models.allSatisfy { $0.emotions == models[0].emotions && $0.dimensions == models[0].dimensions }
  }

  private func check() throws(FigureError) {
    guard models.count > 1 else { throw .empty(name: "second model of the comparison") }
    guard duration.isFinite, duration > 0 else {
      throw .outOfRange(name: "duration", value: duration, expected: "a positive number of seconds")
    }
    for model in models {
      if let seen = model.seen, !(0..<duration + 1).contains(seen.lowerBound) || seen.upperBound > duration + 1 {
        throw .outOfRange(name: "part of \(model.name)", value: seen.upperBound, expected: "a part of the clip")
      }
      let attribution = Attribution(values: model.map, isSigned: isSigned, unit: "")
      try ExplainedInput.logMel(
        .init(frames: logMel, maximumFrequency: maximumFrequency, attribution: attribution)
      ).check(name: model.name)
      try checkPrediction(
        model.probabilities, emotions: model.emotions, values: model.values, dimensions: model.dimensions,
        name: " of \(model.name)")
    }
  }
}
