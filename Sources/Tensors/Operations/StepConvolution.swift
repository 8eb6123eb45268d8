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
    /// The taps that one product covers, and whether more follow.
    var runs: [(first: Int, count: Int)] {
      Swift.stride(from: 0, to: taps, by: stride).map { ($0, min(stride, taps - $0)) }
    }
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

  /// [filters, channels, taps] → [filters, taps, channels]: the order in which an output reads its input.
  private func packed(_ weight: Tensor) -> Tensor { weight.detached.permuted([0, 2, 1]).rowMajor }

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
    let (factor, w) = (Factor(input, precision), Factor(packed(weight), precision))
    return Tensor([s.batch, s.outputs, s.filters]) { out in
      let size = input.shape[1] * s.channels
      if s.isUnfolded {
        let product = ProductShape(
          rows: s.outputs, columns: s.groupFilters, inner: s.row, a: .init(row: s.row),
          b: .init(row: s.row, isTransposed: true), c: .init(row: s.filters))
        eachPart(s.batch * s.groups, of: product, like: factor) { part in
          let (clip, group) = (part / s.groups, part % s.groups)
          let rows = Factor(count: s.outputs * s.row, like: factor)
          unfold(factor, from: clip * size, group, s, into: rows)
          product.multiply(
            rows, from: 0, by: w, from: group * s.groupFilters * s.row,
            into: out + clip * s.outputs * s.filters + group * s.groupFilters)
        }
      } else {
        for clip in 0..<s.batch {
          for run in s.runs {
            ProductShape(
              rows: s.outputs, columns: s.filters, inner: run.count * s.channels, a: .init(row: s.stride * s.channels),
              b: .init(row: s.row, isTransposed: true), c: .init(row: s.filters), accumulates: run.first > 0
            ).multiply(
              factor, from: clip * size + run.first * s.channels, by: w, from: run.first * s.channels,
              into: out + clip * s.outputs * s.filters)
          }
        }
      }
    }
  }

  /// The gradient at an input of `shape`.
  func inputGradient(_ dy: Tensor, _ weight: Tensor, shape: [Int]) -> Tensor {
    let s = sizes(shape, weight.shape)
    let (dy, w) = (Factor(dy, precision), Factor(packed(weight), precision))
    let steps = shape[1] + before + after
    let padded = Tensor([s.batch, steps, s.channels]) { out in
      let size = steps * s.channels
      out.update(repeating: 0, count: s.batch * size)
      if s.isUnfolded {
        let product = ProductShape(
          rows: s.outputs, columns: s.row, inner: s.groupFilters, a: .init(row: s.filters), b: .init(row: s.row),
          c: .init(row: s.row))
        eachPart(s.batch * s.groups, of: product, like: dy) { part in
          let (clip, group) = (part / s.groups, part % s.groups)
          let rows = Storage(count: s.outputs * s.row)
          product.multiply(
            dy, from: clip * s.outputs * s.filters + group * s.groupFilters, by: w,
            from: group * s.groupFilters * s.row,
            into: rows.pointer)
          fold(rows.pointer, group, s, into: out + clip * size)
        }
      } else {
        for clip in 0..<s.batch {
          for run in s.runs {
            ProductShape(
              rows: s.outputs, columns: run.count * s.channels, inner: s.filters, a: .init(row: s.filters),
              b: .init(row: s.row), c: .init(row: s.stride * s.channels), accumulates: true
            ).multiply(
              dy, from: clip * s.outputs * s.filters, by: w, from: run.first * s.channels,
              into: out + clip * size + run.first * s.channels)
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
    let found = Tensor([s.filters, s.taps, s.groupChannels]) { out in
      let size = input.shape[1] * s.channels
      func product(columns: Int, _ row: Int, accumulates: Bool) -> ProductShape {
        ProductShape(
          rows: s.groupFilters, columns: columns, inner: s.outputs, a: .init(row: s.filters, isTransposed: true),
          b: .init(row: row), c: .init(row: s.row), accumulates: accumulates)
      }
      if s.isUnfolded {
        eachPart(s.groups, of: product(columns: s.row, s.row, accumulates: true), like: dy) { group in
          let rows = Factor(count: s.outputs * s.row, like: factor)
          for clip in 0..<s.batch {
            unfold(factor, from: clip * size, group, s, into: rows)
            product(columns: s.row, s.row, accumulates: clip > 0).multiply(
              dy, from: clip * s.outputs * s.filters + group * s.groupFilters, by: rows, from: 0,
              into: out + group * s.groupFilters * s.row)
          }
        }
      } else {
        for clip in 0..<s.batch {
          for run in s.runs {
            product(columns: run.count * s.channels, s.stride * s.channels, accumulates: clip > 0).multiply(
              dy, from: clip * s.outputs * s.filters, by: factor, from: clip * size + run.first * s.channels,
              into: out + run.first * s.channels)
          }
        }
      }
    }
    return found.permuted([0, 2, 1])
  }

  /// Calls `body` with each part: one after another where all threads share a product, else one on each thread.
  private func eachPart(_ count: Int, of product: ProductShape, like factor: Factor, _ body: (Int) -> Void) {
    if factor.isNarrow || ProductPrimitive.isFaster(product) { return (0..<count).forEach(body) }
    parallel(count, grain: 1) { $0.forEach(body) }
  }

  /// What each output of a group reads, as a row: [outputs, taps × channels of the group].
  private func unfold(_ x: Factor, from start: Int, _ group: Int, _ s: Sizes, into rows: Factor) {
    let bytes = s.groupChannels * x.width
    parallel(s.outputs, grain: max(1, 16_384 / s.row)) { outputs in
      for output in outputs {
        for tap in 0..<s.taps {
          rows.address(output * s.row + tap * s.groupChannels).copyMemory(
            from: x.address(start + (output * s.stride + tap) * s.channels + group * s.groupChannels), byteCount: bytes)
        }
      }
    }
  }

  /// Adds such rows back to where they were read.
  private func fold(
    _ rows: UnsafeMutablePointer<Float>, _ group: Int, _ s: Sizes, into x: UnsafeMutablePointer<Float>
  ) {
    for output in 0..<s.outputs {
      for tap in 0..<s.taps {
        let from = rows + output * s.row + tap * s.groupChannels
        let to = x + (output * s.stride + tap) * s.channels + group * s.groupChannels
        for channel in 0..<s.groupChannels { to[channel] += from[channel] }
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
