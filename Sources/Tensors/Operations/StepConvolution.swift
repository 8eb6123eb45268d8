import Basics

/// A convolution (cross-correlation) along the steps of [batch, steps, channels], as matrix products over the steps where
/// they lie: `stride` steps after one another are a row of stride × channels floats, so that so many taps are one product
/// over all outputs, without a copy. Groups of channels, and taps that overlap (stride 1), are copied first.
struct StepConvolution {
  let stride: Int
  /// Zeros before the first and after the last step.
  let before, after: Int
  let groups: Int
  let precision: Precision

  /// The sizes of one run.
  private struct Sizes {
    let batch, steps, channels, filters, taps, outputs: Int
    let groups, stride, before: Int

    var groupChannels: Int { channels / groups }
    var groupFilters: Int { filters / groups }
    /// Floats of a row of the unfolded input: all that one output of one group reads.
    var row: Int { taps * groupChannels }
    var isUnfolded: Bool { groups > 1 || stride == 1 }
    /// The taps of one product: all of an unfolded input, else as many as steps lie between two outputs.
    var runs: [Run] {
      let most = isUnfolded ? taps : stride
      return Swift.stride(from: 0, to: taps, by: most).map { first in
        let count = min(most, taps - first)
        return Run(
          first: first, count: count, row: count * groupChannels, weights: filters * first * groupChannels,
          input: first * channels)
      }
    }
  }

  /// Taps after one another: their weights are a matrix [filters, row] by itself.
  private struct Run {
    let first, count: Int
    let row: Int
    /// Where their weights begin, and what the first output reads.
    let weights, input: Int
  }

  private func sizes(_ x: [Int], _ weight: [Int]) -> Sizes {
    demand(
      x.count == 3 && weight.count == 3 && x[2] == weight[1] * groups && weight[0] % groups == 0,
      "a convolution along the steps of \(x) with \(weight) in \(groups) groups")
    let outputs = (x[1] + before + after - weight[2]) / stride + 1
    demand(x[1] + before + after >= weight[2], "\(x[1]) steps are fewer than \(weight[2]) taps")
    return Sizes(
      batch: x[0], steps: x[1], channels: x[2], filters: weight[0], taps: weight[2], outputs: outputs, groups: groups,
      stride: stride, before: before)
  }

  /// [filters, channels, taps] as [filters, taps, channels] of each run, the order in which an output reads its input.
  private func packed(_ weight: Tensor, _ s: Sizes) -> Tensor {
    let runs = s.runs.map { run in
      weight.detached.slice(axis: 2, run.first..<(run.first + run.count)).permuted([0, 2, 1]).rowMajor.reshaped([-1])
    }
    return runs.count == 1 ? runs[0] : .concatenated(runs, axis: 0)
  }

  private func factor(_ weight: Tensor, _ s: Sizes) -> Factor {
    Factor(weight: weight, precision, order: [s.filters, s.taps] + s.runs.map(\.row)) { packed($0, s) }
  }

  /// The reverse of ``packed(_:_:)``.
  private func unpacked(_ packed: Tensor, _ s: Sizes) -> Tensor {
    let runs = s.runs.map { run in
      packed.slice(axis: 0, run.weights..<(run.weights + s.filters * run.row))
        .reshaped([s.filters, run.count, s.groupChannels]).permuted([0, 2, 1])
    }
    return runs.count == 1 ? runs[0] : .concatenated(runs, axis: 2)
  }

  private func padded(_ x: Tensor) -> Tensor {
    guard before + after > 0 else { return x.detached.rowMajor }
    let (batch, channels) = (x.shape[0], x.shape[2])
    return .concatenated(
      [.zeros([batch, before, channels]), x.detached, .zeros([batch, after, channels])], axis: 1)
  }

  /// [batch, steps, channels] → [batch, outputs, filters].
  func forward(_ x: Tensor, _ weight: Tensor) -> Tensor {
    let s = sizes(x.shape, weight.shape)
    let input = padded(x)
    let (factor, w) = (Factor(input, precision), self.factor(weight, s))
    return Tensor([s.batch, s.outputs, s.filters]) { out in
      let size = input.shape[1] * s.channels
      if s.isUnfolded {
        let product = ProductShape(
          rows: s.outputs, columns: s.groupFilters, inner: s.row, a: .init(row: s.row),
          b: .init(row: s.row, isTransposed: true), c: .init(row: s.groupFilters))
        eachPart(s.batch * s.groups, of: product, like: factor) { part in
          let (clip, group) = (part / s.groups, part % s.groups)
          let rows = unfolded(factor, from: clip * size, group, s)
          let found = Storage(count: s.outputs * s.groupFilters)
          product.multiply(rows, from: 0, by: w, from: group * s.groupFilters * s.row, into: found.pointer)
          let own = out + clip * s.outputs * s.filters + group * s.groupFilters
          for output in 0..<s.outputs {
            (own + output * s.filters).update(
              from: found.pointer + output * s.groupFilters, count: s.groupFilters)
          }
        }
      } else {
        for clip in 0..<s.batch {
          for run in s.runs {
            ProductShape(
              rows: s.outputs, columns: s.filters, inner: run.row, a: .init(row: s.stride * s.channels),
              b: .init(row: run.row, isTransposed: true), c: .init(row: s.filters), accumulates: run.first > 0
            ).multiply(
              factor, from: clip * size + run.input, by: w, from: run.weights, into: out + clip * s.outputs * s.filters)
          }
        }
      }
    }
  }

  /// The gradient at an input of `shape`.
  func inputGradient(_ dy: Tensor, _ weight: Tensor, shape: [Int]) -> Tensor {
    let s = sizes(shape, weight.shape)
    let (dy, w) = (Factor(dy, precision), factor(weight, s))
    let steps = shape[1] + before + after
    let padded = Tensor([s.batch, steps, s.channels]) { out in
      let size = steps * s.channels
      out.update(repeating: 0, count: s.batch * size)
      if s.isUnfolded {
        let product = ProductShape(
          rows: s.outputs, columns: s.row, inner: s.groupFilters, a: .init(row: s.groupFilters), b: .init(row: s.row),
          c: .init(row: s.row))
        eachPart(s.batch * s.groups, of: product, like: dy) { part in
          let (clip, group) = (part / s.groups, part % s.groups)
          let rows = Storage(count: s.outputs * s.row)
          product.multiply(
            filters(of: dy, clip, group, s), from: 0, by: w, from: group * s.groupFilters * s.row, into: rows.pointer)
          fold(rows.pointer, steps: steps, s, into: out + clip * size + group * s.groupChannels)
        }
      } else {
        for clip in 0..<s.batch {
          for run in s.runs {
            ProductShape(
              rows: s.outputs, columns: run.row, inner: s.filters, a: .init(row: s.filters), b: .init(row: run.row),
              c: .init(row: s.stride * s.channels), accumulates: true
            ).multiply(
              dy, from: clip * s.outputs * s.filters, by: w, from: run.weights, into: out + clip * size + run.input)
          }
        }
      }
    }
    return padded.slice(axis: 1, before..<(before + shape[1]))
  }

  /// The gradient at weights of `shape`.
  func weightGradient(_ x: Tensor, _ dy: Tensor, shape: [Int]) -> Tensor {
    let s = sizes(x.shape, shape)
    let input = padded(x)
    let (factor, dy) = (Factor(input, precision), Factor(dy, precision))
    let found = Tensor([s.filters * s.row]) { out in
      let size = input.shape[1] * s.channels
      func product(of filters: Int, _ run: Run, row: Int, accumulates: Bool) -> ProductShape {
        ProductShape(
          rows: filters, columns: run.row, inner: s.outputs, a: .init(row: filters, isTransposed: true),
          b: .init(row: row), c: .init(row: run.row), accumulates: accumulates)
      }
      if s.isUnfolded {
        let run = s.runs[0]
        eachPart(s.groups, of: product(of: s.groupFilters, run, row: s.row, accumulates: true), like: dy) { group in
          for clip in 0..<s.batch {
            product(of: s.groupFilters, run, row: s.row, accumulates: clip > 0).multiply(
              filters(of: dy, clip, group, s), from: 0, by: unfolded(factor, from: clip * size, group, s), from: 0,
              into: out + group * s.groupFilters * s.row)
          }
        }
      } else {
        for clip in 0..<s.batch {
          for run in s.runs {
            product(of: s.filters, run, row: s.stride * s.channels, accumulates: clip > 0).multiply(
              dy, from: clip * s.outputs * s.filters, by: factor, from: clip * size + run.input,
              into: out + run.weights)
          }
        }
      }
    }
    return unpacked(found, s)
  }

  /// Calls `body` with each part: one after another where all threads share a product, else one on each thread.
  private func eachPart(_ count: Int, of product: ProductShape, like factor: Factor, _ body: (Int) -> Void) {
    if factor.isNarrow || ProductPrimitive.isFaster(product) { return (0..<count).forEach(body) }
    parallel(count, grain: 1) { $0.forEach(body) }
  }

  /// What each output of a group reads, as a row: [outputs, taps × channels of the group].
  private func unfolded(_ x: Factor, from start: Int, _ group: Int, _ s: Sizes) -> Factor {
    let rows = Factor(count: s.outputs * s.row, like: x)
    let bytes = s.groupChannels * x.width
    parallel(s.outputs, grain: max(1, 16_384 / s.row)) { outputs in
      for output in outputs {
        for tap in 0..<s.taps {
          rows.address(output * s.row + tap * s.groupChannels).copyMemory(
            from: x.address(start + (output * s.stride + tap) * s.channels + group * s.groupChannels), byteCount: bytes)
        }
      }
    }
    return rows
  }

  /// The outputs of a clip that a group has, [outputs, filters of the group].
  private func filters(of y: Factor, _ clip: Int, _ group: Int, _ s: Sizes) -> Factor {
    let own = Factor(count: s.outputs * s.groupFilters, like: y)
    for output in 0..<s.outputs {
      own.address(output * s.groupFilters).copyMemory(
        from: y.address((clip * s.outputs + output) * s.filters + group * s.groupFilters),
        byteCount: s.groupFilters * y.width)
    }
    return own
  }

  /// Adds such rows, of floats, to the steps of a group's channels from which they were read.
  private func fold(
    _ rows: UnsafePointer<Float>, steps: Int, _ s: Sizes, into x: UnsafeMutablePointer<Float>
  ) {
    parallel(steps, grain: max(1, 16_384 / s.row)) { steps in
      for step in steps {
        let to = x + step * s.channels
        let (first, last) = (max(0, step - (s.outputs - 1) * s.stride), min(s.taps - 1, step))
        for tap in Swift.stride(from: last, through: first, by: -1)
        where (step - tap) % s.stride == 0 {
          let from = rows + (step - tap) / s.stride * s.row + tap * s.groupChannels
          for channel in 0..<s.groupChannels { to[channel] += from[channel] }
        }
      }
    }
  }
}

/// A convolution along steps with one set of weights.
private struct StepSum: WeightedSum {
  let convolution: StepConvolution
  let weight: Tensor
  let bias: Tensor?
  let input: [Int]
  let channelAxis = 2

  func apply(_ x: Tensor, _ part: WeightPart, bias hasBias: Bool) -> Tensor {
    let sum = convolution.forward(x, part(weight))
    return hasBias && bias != nil ? sum + part(bias!) : sum
  }

  func transpose(_ dy: Tensor, _ part: WeightPart) -> Tensor {
    convolution.inputGradient(dy, part(weight), shape: input)
  }
}

extension Tensor {
  /// The cross-correlation along the steps of [batch, steps, channels] with PyTorch's weights [filters, channels / groups,
  /// taps] of a `Conv1d`, plus `bias` [filters]: [batch, (steps + padding − taps) / stride + 1, filters].
  public func convolvedSteps(
    with weight: Tensor, bias: Tensor? = nil, stride: Int = 1, padding: (before: Int, after: Int) = (0, 0),
    groups: Int = 1, precision: Precision = .float32
  ) -> Tensor {
    let convolution = StepConvolution(
      stride: stride, before: padding.before, after: padding.after, groups: groups, precision: precision)
    let (x, w) = (rowMajor.detached, weight.rowMajor.detached)
    let sum = StepSum(convolution: convolution, weight: w, bias: bias?.detached, input: shape)
    let y = sum.apply(x, .all, bias: true)
    return y.recorded(
      from: [self, weight] + (bias.map { [$0] } ?? []), as: .weighted(sum, x: x, y: y, by: \.convolutions)
    ) { dy, wanted in
      [
        wanted[0] ? sum.transpose(dy, .all) : nil,
        wanted[1] ? convolution.weightGradient(x, dy, shape: w.shape) : nil,
      ] + wanted.dropFirst(2).map { $0 ? sum.biasGradient(dy) : nil }
    }
  }
}
