import TestSupport
import Testing

@testable import Tensors

@Suite struct StepConvolutionTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var channels, filters, taps: Int
    var stride = 1
    var before = 0
    var after = 0
    var groups = 1
    var steps = 23

    var testDescription: String {
      "\(channels)→\(filters), \(taps) taps, stride \(stride), padding \(before) \(after), \(groups) groups"
    }
  }

  /// The layers of the published encoders, and odd sizes.
  static let cases = [
    Case(channels: 1, filters: 5, taps: 10, stride: 5, steps: 41), Case(channels: 5, filters: 7, taps: 3, stride: 2),
    Case(channels: 5, filters: 4, taps: 2, stride: 2),
    Case(channels: 6, filters: 9, taps: 4, before: 2, after: 1, groups: 3),
    Case(channels: 8, filters: 8, taps: 5, before: 2, after: 2, groups: 4),
    Case(channels: 3, filters: 2, taps: 7, stride: 3),
    Case(channels: 4, filters: 4, taps: 3, stride: 1), Case(channels: 4, filters: 6, taps: 3, stride: 2, groups: 2),
    Case(channels: 2, filters: 3, taps: 1, stride: 2), Case(channels: 2, filters: 3, taps: 23),
  ]

  /// The sum as it is written, tap by tap, in double.
  private func slow(_ x: Tensor, _ w: Tensor, _ b: Tensor, _ c: Case) -> [Double] {
    let (values, weights, bias) = (x.floats, w.floats, b.floats)
    let outputs = (c.steps + c.before + c.after - c.taps) / c.stride + 1
    let (perGroup, filtersPerGroup) = (c.channels / c.groups, c.filters / c.groups)
    return (0..<x.shape[0]).flatMap { clip in
      (0..<outputs).flatMap { output in
        (0..<c.filters).map { filter in
          var sum = Double(bias[filter])
          for tap in 0..<c.taps {
            let step = output * c.stride + tap - c.before
            guard (0..<c.steps).contains(step) else { continue }
            for channel in 0..<perGroup {
              let read = (clip * c.steps + step) * c.channels + filter / filtersPerGroup * perGroup + channel
              sum += Double(values[read]) * Double(weights[(filter * perGroup + channel) * c.taps + tap])
            }
          }
          return sum
        }
      }
    }
  }

  private func convolved(
    _ x: Tensor, _ w: Tensor, _ b: Tensor?, _ c: Case, _ precision: Precision = .float32
  ) -> Tensor {
    x.convolvedSteps(
      with: w, bias: b, stride: c.stride, padding: (before: c.before, after: c.after), groups: c.groups,
      precision: precision)
  }

  @Test("The sum tap by tap", arguments: cases)
  func values(_ c: Case) {
    let x = sampled([2, c.steps, c.channels], 1)
    let (w, b) = (sampled([c.filters, c.channels / c.groups, c.taps], 2), sampled([c.filters], 3))
    let found = convolved(x, w, b, c)
    #expect(found.shape == [2, (c.steps + c.before + c.after - c.taps) / c.stride + 1, c.filters])
    #expect(relativeDistance(found, slow(x, w, b, c)) < 1e-6)
  }

  @Test("Derivatives", arguments: cases)
  func derivatives(_ c: Case) {
    let inputs = [
      sampled([2, c.steps, c.channels], 1), sampled([c.filters, c.channels / c.groups, c.taps], 2),
      sampled([c.filters], 3),
    ]
    expectDerivatives(at: inputs) { convolved($0[0], $0[1], $0[2], c) }
  }

  @Test("Sizes large enough for products of their own, in either precision", arguments: Precision.allCases)
  func large(precision: Precision) {
    func read(_ x: Tensor) -> Tensor { precision == .bfloat16 ? x.roundedToBFloat16() : x }
    for c in [
      Case(channels: 33, filters: 70, taps: 3, stride: 2, steps: 701),
      Case(channels: 96, filters: 96, taps: 128, before: 64, after: 63, groups: 2, steps: 99),
    ] {
      let x = sampled([2, c.steps, c.channels], 1)
      let (w, b) = (sampled([c.filters, c.channels / c.groups, c.taps], 2), sampled([c.filters], 3))
      let found = convolved(x, w, b, c, precision)
      #expect(relativeDistance(found, slow(read(x), read(w), b, c)) < 1e-6)
      // The gradients are the transposes: ⟨dy, f(x′)⟩ = ⟨dx, x′⟩, for any x′ of numbers that are read as they are.
      let (input, weight) = (x.variable(), w.variable())
      let dy = read(sampled(found.shape, 4))
      let slopes = gradients(of: convolved(input, weight, nil, c, precision), weight: dy, at: [input, weight])
      let (otherX, otherW) = (read(sampled(x.shape, 5)), read(sampled(w.shape, 6)))
      func product(_ a: Tensor, _ b: Tensor) -> Double {
        zip(a.floats, b.floats).reduce(0) { $0 + Double($1.0) * Double($1.1) }
      }
      let (ofX, ofW) = (convolved(otherX, w, nil, c, precision), convolved(x, otherW, nil, c, precision))
      let size = norm(dy.floats.map(Double.init)) * norm(ofX.floats.map(Double.init))
      #expect(abs(product(dy, ofX) - product(slopes[0], otherX)) < 1e-6 * size)
      #expect(abs(product(dy, ofW) - product(slopes[1], otherW)) < 1e-6 * size)
    }
  }

  @Test("Relevance of the ε rule sums to the score without the bias")
  func relevance() {
    let c = Self.cases[1]
    let x = sampled([1, c.steps, c.channels], 1).variable()
    let w = sampled([c.filters, c.channels, c.taps], 2)
    let y = convolved(x, w, nil, c)
    let rule = BackwardRule.relevance(RelevanceRules(convolutions: .epsilon, dense: .epsilon))
    let found = gradients(of: y, at: [x], rule: rule)[0]
    #expect(abs((found * x).sum().scalar / y.sum().scalar - 1) < 1e-3)
  }
}
