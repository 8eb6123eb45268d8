import Kernels

/// A converter between rates whose ratio is of small numbers, such as 44,100 to 16,000: each output sample is one sum
/// over the input, with weights that are computed once (``PolyphaseFilter``).
final class PolyphaseResampler: Resampler {
  private let filter: PolyphaseFilter
  /// The samples that sums still need; the first is sample `first` of the signal.
  private var held: [Float]
  private var first: Int
  private var fed = 0
  private var made = 0

  init(_ filter: PolyphaseFilter) {
    self.filter = filter
    // Silence before the signal.
    held = [Float](repeating: 0, count: filter.reach - 1)
    first = 1 - filter.reach
  }

  func feed(_ block: ArraySlice<Float>, into samples: inout [Float]) {
    fed += block.count
    held.append(contentsOf: block)
    convert(upTo: .max, into: &samples)
  }

  func finish(into samples: inout [Float]) {
    // Silence after the signal.
    held.append(contentsOf: repeatElement(0, count: filter.taps))
    convert(upTo: (fed * filter.phases + filter.step - 1) / filter.step, into: &samples)
  }

  /// Appends the outputs whose sums are complete, up to output `end`.
  private func convert(upTo end: Int, into samples: inout [Float]) {
    // The last place whose sum is complete, as the first sample that the sum reads.
    let last = first + held.count - filter.taps
    // Output m reads from ⌊m · step / phases⌋ − reach + 1 on.
    let complete = ((last + filter.reach) * filter.phases + filter.step - 1) / filter.step
    let count = min(end, complete) - made
    guard count > 0 else { return }
    let start = samples.count
    samples.append(contentsOf: repeatElement(0, count: count))
    samples.withUnsafeMutableBufferPointer { samples in
      kernel_polyphase(
        held, first + filter.reach - 1, filter.weights, filter.taps, filter.phases, filter.step, made, count,
        samples.baseAddress! + start)
    }
    made += count
    let passed = min(held.count, made * filter.step / filter.phases - filter.reach + 1 - first)
    held.removeFirst(passed)
    first += passed
  }
}
