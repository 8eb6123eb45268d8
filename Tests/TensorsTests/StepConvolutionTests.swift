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

  private func convolved(_ x: Tensor, _ w: Tensor, _ b: Tensor?, _ c: Case) -> Tensor {
    x.convolvedSteps(
      with: w, bias: b, stride: c.stride, padding: (before: c.before, after: c.after), groups: c.groups)
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
