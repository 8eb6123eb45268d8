import Basics
import COpenBLAS

/// A convolution (cross-correlation) along the steps of [batch, steps, channels], as matrix products over the steps where
/// they lie: `stride` steps after one another are a row of stride × channels floats, so that so many taps are one product
/// over all outputs, without a copy. Groups of channels, and taps that overlap (stride 1), are copied first.
struct StepConvolution {
  let stride: Int
  /// Zeros before the first and after the last step.
  let before, after: Int
  let groups: Int

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
    let (input, w) = (padded(x), packed(weight))
    let s = sizes(x.shape, weight.shape)
    return Tensor([s.batch, s.outputs, s.filters]) { out in
      let (x, w) = (input.storage.pointer, w.storage.pointer)
      let size = input.shape[1] * s.channels
      if s.isUnfolded {
        parallel(s.batch * s.groups, grain: 1) { range in
          let rows = Storage(count: s.outputs * s.row)
          for part in range {
            let (clip, group) = (part / s.groups, part % s.groups)
            unfold(x + clip * size, group, s, into: rows.pointer)
            cblas_sgemm(
              CblasRowMajor, CblasNoTrans, CblasTrans, blasint(s.outputs), blasint(s.groupFilters), blasint(s.row), 1,
              rows.pointer, blasint(s.row), w + group * s.groupFilters * s.row, blasint(s.row), 0,
              out + clip * s.outputs * s.filters + group * s.groupFilters, blasint(s.filters))
          }
        }
      } else {
        for clip in 0..<s.batch {
          for run in s.runs {
            cblas_sgemm(
              CblasRowMajor, CblasNoTrans, CblasTrans, blasint(s.outputs), blasint(s.filters),
              blasint(run.count * s.channels), 1, x + clip * size + run.first * s.channels,
              blasint(s.stride * s.channels), w + run.first * s.channels, blasint(s.row), run.first == 0 ? 0 : 1,
              out + clip * s.outputs * s.filters, blasint(s.filters))
          }
        }
      }
    }
  }

  /// The gradient at an input of `shape`.
  func inputGradient(_ dy: Tensor, _ weight: Tensor, shape: [Int]) -> Tensor {
    let s = sizes(shape, weight.shape)
    let (dy, w) = (dy.rowMajor, packed(weight))
    let steps = shape[1] + before + after
    let padded = Tensor([s.batch, steps, s.channels]) { out in
      let (dy, w) = (dy.storage.pointer, w.storage.pointer)
      let size = steps * s.channels
      out.update(repeating: 0, count: s.batch * size)
      if s.isUnfolded {
        parallel(s.batch * s.groups, grain: 1) { range in
          let rows = Storage(count: s.outputs * s.row)
          for part in range {
            let (clip, group) = (part / s.groups, part % s.groups)
            cblas_sgemm(
              CblasRowMajor, CblasNoTrans, CblasNoTrans, blasint(s.outputs), blasint(s.row), blasint(s.groupFilters), 1,
              dy + clip * s.outputs * s.filters + group * s.groupFilters, blasint(s.filters),
              w + group * s.groupFilters * s.row, blasint(s.row), 0, rows.pointer, blasint(s.row))
            fold(rows.pointer, group, s, into: out + clip * size)
          }
        }
      } else {
        for clip in 0..<s.batch {
          for run in s.runs {
            cblas_sgemm(
              CblasRowMajor, CblasNoTrans, CblasNoTrans, blasint(s.outputs), blasint(run.count * s.channels),
              blasint(s.filters), 1, dy + clip * s.outputs * s.filters, blasint(s.filters), w + run.first * s.channels,
              blasint(s.row), 1, out + clip * size + run.first * s.channels, blasint(s.stride * s.channels))
          }
        }
      }
    }
    return padded.slice(axis: 1, before..<(before + shape[1]))
  }

  /// The gradient at weights of `shape`.
  func weightGradient(_ x: Tensor, _ dy: Tensor, shape: [Int]) -> Tensor {
    let s = sizes(x.shape, shape)
    let (input, dy) = (padded(x), dy.rowMajor)
    let found = Tensor([s.filters, s.taps, s.groupChannels]) { out in
      let (x, dy) = (input.storage.pointer, dy.storage.pointer)
      let size = input.shape[1] * s.channels
      if s.isUnfolded {
        parallel(s.groups, grain: 1) { range in
          let rows = Storage(count: s.outputs * s.row)
          for group in range {
            for clip in 0..<s.batch {
              unfold(x + clip * size, group, s, into: rows.pointer)
              cblas_sgemm(
                CblasRowMajor, CblasTrans, CblasNoTrans, blasint(s.groupFilters), blasint(s.row), blasint(s.outputs), 1,
                dy + clip * s.outputs * s.filters + group * s.groupFilters, blasint(s.filters), rows.pointer,
                blasint(s.row), clip == 0 ? 0 : 1, out + group * s.groupFilters * s.row, blasint(s.row))
            }
          }
        }
      } else {
        for clip in 0..<s.batch {
          for run in s.runs {
            cblas_sgemm(
              CblasRowMajor, CblasTrans, CblasNoTrans, blasint(s.filters), blasint(run.count * s.channels),
              blasint(s.outputs), 1, dy + clip * s.outputs * s.filters, blasint(s.filters),
              x + clip * size + run.first * s.channels, blasint(s.stride * s.channels), clip == 0 ? 0 : 1,
              out + run.first * s.channels, blasint(s.row))
          }
        }
      }
    }
    return found.permuted([0, 2, 1])
  }

  /// What each output of a group reads, as a row: [outputs, taps × channels of the group].
  private func unfold(
    _ x: UnsafeMutablePointer<Float>, _ group: Int, _ s: Sizes, into rows: UnsafeMutablePointer<Float>
  ) {
    for output in 0..<s.outputs {
      for tap in 0..<s.taps {
        (rows + output * s.row + tap * s.groupChannels).update(
          from: x + (output * s.stride + tap) * s.channels + group * s.groupChannels, count: s.groupChannels)
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
    let convolution = StepConvolution(stride: stride, before: padding.before, after: padding.after, groups: groups)
    let (x, w) = (rounded(to: precision), weight.rounded(to: precision))
    let sum = StepSum(convolution: convolution, weight: w, bias: bias?.detached, input: shape)
    let y = sum.apply(x, .all, bias: true)
    return y.recorded(
      from: [self, weight] + (bias.map { [$0] } ?? []), as: .weighted(sum, x: x, y: y, by: \.convolutions)
    ) { dy, wanted in
      let factor = dy.rounded(to: precision)
      return [
        wanted[0] ? sum.transpose(factor, .all) : nil,
        wanted[1] ? convolution.weightGradient(x, factor, shape: w.shape) : nil,
      ] + wanted.dropFirst(2).map { $0 ? sum.biasGradient(dy) : nil }
    }
  }
}
