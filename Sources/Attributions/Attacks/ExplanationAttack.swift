import Basics
import Models
import Tensors

/// An attack on an explanation: it seeks a change of the waveform after which the model still predicts the same class, and the
/// map of that class on the mel is another (Ghorbani, Abid and Zou 2019, arXiv:1710.10547; Dombrowski et al. 2019,
/// arXiv:1906.07983). Of a model that reads the waveform only, the map is the waveform's.
///
/// With m the map's input, g(m) = ∂f/∂m the gradient of the class's logit and L(s) a loss of the sizes s of a map,
///
///     ∂L/∂m = H v + w,  v = ∂L/∂g,  H = ∂²f/∂m²,
///
/// where w is what L takes from m itself: of input × gradient ∂L/∂A · g, of saliency nothing. There are no second derivatives
/// here, and none are needed, as H is only applied to one vector:
///
///     H v ≈ ‖v‖ (g(m + ε v/‖v‖) − g(m − ε v/‖v‖)) / 2ε,
///
/// two gradients a step besides g. One vector-Jacobian product of the front-end leads from ∂L/∂m to the waveform; there the steps
/// are those of ``PGD``, x ← P(x − α d), α = 2.5 / steps, from the clip itself, and within a larger budget from what the smaller
/// one found. Where the model predicts another class, the next step goes back along that class's cross-entropy instead. Only
/// iterates of the same class that have a gradient are kept, and of these that of the least loss.
///
/// What the map's input has beside it, as the waveform in a model of both, is held fixed in H: such a model's attack follows a part
/// of the slope, but is measured whole.
struct ExplanationAttack: Sendable {
  /// A clip after the attack within one budget.
  struct Found: Sendable {
    /// Predicted as before.
    let clip: AttackedClip
    /// The loss of the map before and after: see ``ExplanationAim``.
    let before, after: Double
  }

  private let map: AttackedMap
  /// Where the map is: the mel or the waveform.
  private let space: InputSpace
  private let settings: AttackSettings
  /// ε as a share of ‖m − mean(m)‖: of the mel a constant is only its level. On a smooth network any share from 0.001 to 0.1
  /// gives the same slope to 1 %, so near are rounding and the next term to nothing. A network of ReLU has no second
  /// derivatives but at its kinks, and of these only what ε reaches across is seen, so that a small share finds less. Dombrowski et
  /// al. replace ReLU by softplus to the same end.
  var reach = 0.03

  /// - Parameter settings: But for the budget; restarts are not used.
  init(_ map: AttackedMap, at space: InputSpace, _ settings: AttackSettings) {
    demand([.waveform, .mel].contains(space), "an attack on a map on the \(space)")
    (self.map, self.space, self.settings) = (map, space, settings)
  }

  /// Attacks clips of one length at once.
  /// - Parameters:
  ///   - clips: On the waveform, without targets.
  ///   - budgets: The smallest first.
  ///   - losses: Of each clip.
  ///   - progress: Called with the part that is done, 0 to 1.
  /// - Returns: [clip][budget].
  func run(
    _ clips: AttackedClips, within budgets: [AttackBudget], losses: [MapLoss], progress: (Double) -> Void = { _ in }
  ) throws(AttackError) -> [[Found]] {
    demand(clips.space == .waveform && clips.targets == nil, "maps are attacked on the waveform, without targets")
    demand(losses.count == clips.clips.count, "\(losses.count) losses of \(clips.clips.count) clips")
    var found = clips.clips.map { _ in [Found]() }
    var starts: [[Float]]?
    var before: [Double] = []
    for (place, budget) in budgets.enumerated() {
      let run = try AttackRun(clips, settings.with(budget))
      // A change of a smaller budget is one of this.
      var best = run.allowed.map { (change: $0.none, loss: Double.infinity) }
      var changes = starts.map { starts in zip(run.allowed, starts).map { $0.project($1) } } ?? best.map(\.change)
      for step in 0...settings.steps {
        let views = look(run, changes, losses)
        if before.isEmpty { before = views.map(\.loss) }
        for number in run.numbers where views[number].isMap && views[number].loss < best[number].loss {
          best[number] = (changes[number], views[number].loss)
        }
        guard step < settings.steps else { break }
        let lost = run.numbers.filter { !views[$0].holds }
        let back = lost.isEmpty ? [] : run.lossSlopes(lost.map { changes[$0] }, of: lost).slopes
        let slopes = Dictionary(uniqueKeysWithValues: zip(lost, back))
        for number in run.numbers {
          let direction = run.allowed[number].direction(slopes[number] ?? views[number].slope)
          changes[number] = run.allowed[number].project(
            combined(changes[number], 1, direction, Float(-2.5 / Double(settings.steps))))
        }
        progress((Double(place) + Double(step + 1) / Double(settings.steps)) / Double(budgets.count))
      }
      // Among others a clip may be predicted as before by rounding alone.
      for number in run.numbers where best[number].loss == .infinity || run.isFooledAlone(best[number].change, number) {
        best[number] = (run.allowed[number].none, before[number])
      }
      for (number, clip) in try run.results(best.map(\.change)).enumerated() {
        found[number].append(Found(clip: clip, before: before[number], after: best[number].loss))
      }
      starts = best.map(\.change)
    }
    return found
  }

  /// What there is to know of a clip after a change.
  struct View {
    /// Whether the class is that of the clip as it is.
    let holds: Bool
    /// Whether it is so, and the map has any relevance left: where the gradient vanishes there is none, nothing of it is on
    /// top, and yet that is no other map.
    let isMap: Bool
    let loss: Double
    /// ∂ loss / ∂ waveform, [samples].
    let slope: [Float]
  }

  /// A view of each clip after its change.
  func look(_ run: AttackRun, _ changes: [[Float]], _ losses: [MapLoss]) -> [View] {
    // Two inputs a clip are in one pass.
    let most = max(1, run.clips.clips[0].batch / 2)
    return stride(from: 0, to: changes.count, by: most).flatMap { first in
      look(run, Array(first..<min(first + most, changes.count)), changes, losses)
    }
  }

  private func look(_ run: AttackRun, _ numbers: [Int], _ changes: [[Float]], _ losses: [MapLoss]) -> [View] {
    let clips = numbers.map { run.clips.clips[$0] }
    let shape = [numbers.count] + run.clips.shape
    let waveforms = Tensor(numbers.flatMap { run.allowed[$0].applied(changes[$0]) }, shape: shape).variable()
    let paths = zip(clips, numbers.indices).map { clip, place in
      clip.path.with(waveforms.detached.slice(axis: 0, place..<(place + 1)), at: .waveform)
    }
    let made = space == .waveform ? waveforms : run.clips.model.features.logMel(waveforms)
    let inputs = made.detached
    let (logits, slopes) = run.classSlopes(inputs, at: space, on: paths, of: numbers)
    let size = inputs.count / numbers.count
    let (input, slope) = (inputs.floats, slopes.floats)
    let parts = numbers.indices.map { place in
      let own = (place * size)..<((place + 1) * size)
      return MapSlope(
        map, of: clips[place], at: space, input: Array(input[own]), slope: Array(slope[own]), losses[numbers[place]],
        reach: reach)
    }
    // m + ε v/‖v‖ of all, then m − ε v/‖v‖.
    let pair = parts.flatMap { $0.moved(by: 1) } + parts.flatMap { $0.moved(by: -1) }
    let curved = run.classSlopes(
      Tensor(pair, shape: [2 * numbers.count] + inputs.shape.dropFirst()), at: space, on: paths + paths,
      of: numbers + numbers
    ).slopes.floats
    let half = input.count
    let found = parts.enumerated().flatMap { place, part in
      let own = (place * size)..<((place + 1) * size)
      return part.slope(ahead: curved[own], behind: curved[(half + own.lowerBound)..<(half + own.upperBound)])
    }
    let weight = Tensor(found, shape: inputs.shape)
    let pulled = space == .waveform ? weight : gradients(of: made, weight: weight, at: [waveforms])[0]
    let floats = pulled.floats
    let samples = floats.count / numbers.count
    return numbers.indices.map { place in
      let holds = !run.isFooled(logits[place], numbers[place]) && logits[place].allSatisfy(\.isFinite)
      return View(
        holds: holds, isMap: holds && !parts[place].isEmpty, loss: parts[place].loss,
        slope: Array(floats[(place * samples)..<((place + 1) * samples)]))
    }
  }
}

/// The loss of a clip's map at one input, and its slope there: see ``ExplanationAttack``.
private struct MapSlope {
  let loss: Double
  /// Whether no cell has any relevance.
  let isEmpty: Bool
  private let input: [Float]
  /// v/‖v‖, ‖v‖ and w.
  private var direction: [Float]
  private let size: Double
  private var direct: [Float]
  /// ε.
  private let reach: Double

  init(
    _ map: AttackedMap, of clip: Clip, at space: InputSpace, input: [Float], slope: [Float], _ loss: MapLoss,
    reach: Double
  ) {
    let isTimesInput = map.isTimesInput(at: space)
    let values = isTimesInput ? zip(input, slope).map { $0 * $1 } : slope
    let cells = Cells(of: clip, at: space)
    let frames = cells.speechFrames(of: clip)
    let spoken = (0..<cells.rows).flatMap { row in (0..<frames).map { row * cells.frames + $0 } }
    let sizes = spoken.map { cell in cells[cell].reduce(0.0) { $0 + Double(abs(values[$1])) } }
    let found = loss(sizes)
    (self.loss, isEmpty) = (found.loss, sizes.allSatisfy { $0 == 0 })
    (direction, direct) = (input.map { _ in 0 }, input.map { _ in 0 })
    for (cell, weight) in zip(spoken, found.slopes) {
      for place in cells[cell] {
        let signed = values[place] < 0 ? -Float(weight) : values[place] > 0 ? Float(weight) : 0
        direction[place] = isTimesInput ? signed * input[place] : signed
        if isTimesInput { direct[place] = signed * slope[place] }
      }
    }
    size = direction.norm
    let scale = size > 0 ? 1 / size : 0
    direction = direction.map { Float(Double($0) * scale) }
    let mean = input.reduce(0.0) { $0 + Double($1) } / Double(input.count)
    self.reach = reach * input.reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) }.squareRoot()
    self.input = input
  }

  /// m ± ε v/‖v‖.
  func moved(by sign: Float) -> [Float] { combined(input, 1, direction, sign * Float(reach)) }

  /// H v + w from the gradients at both.
  func slope(ahead: ArraySlice<Float>, behind: ArraySlice<Float>) -> [Float] {
    let scale = reach > 0 ? size / (2 * reach) : 0
    return zip(zip(ahead, behind), direct).map { Float(scale * (Double($0.0) - Double($0.1))) + $1 }
  }
}
