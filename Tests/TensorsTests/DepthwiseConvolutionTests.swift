import TestSupport
import Testing

@testable import Tensors

@Suite struct DepthwiseConvolutionTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let batch, rows, columns, channels, side: Int

    var testDescription: String { "\(batch)×\(rows)×\(columns)×\(channels), \(side)×\(side)" }
    var shape: [Int] { [batch, rows, columns, channels] }
  }

  /// Channels below, at and above a vector's, columns below and above a tile's, and a kernel that reaches over both borders.
  static let cases = [
    Case(batch: 2, rows: 5, columns: 9, channels: 3, side: 7),
    Case(batch: 1, rows: 2, columns: 3, channels: 16, side: 7),
    Case(batch: 1, rows: 2, columns: 13, channels: 19, side: 3),
    Case(batch: 3, rows: 1, columns: 1, channels: 2, side: 5),
    Case(batch: 1, rows: 8, columns: 6, channels: 4, side: 9),
    Case(batch: 2, rows: 3, columns: 7, channels: 5, side: 1),
  ]

  private func inputs(_ c: Case) -> [Tensor] {
    [sampled(c.shape, 1), sampled([c.channels, 1, c.side, c.side], 2), sampled([c.channels], 3)]
  }

  /// The sum as it is written, tap by tap, in double.
  private func slow(_ inputs: [Tensor], _ c: Case) -> [Double] {
    let (x, weights, bias) = (inputs[0].floats, inputs[1].floats, inputs[2].floats)
    let border = c.side / 2
    var sums: [Double] = []
    for image in 0..<c.batch {
      for row in 0..<c.rows {
        for column in 0..<c.columns {
          for channel in 0..<c.channels {
            var sum = Double(bias[channel])
            for i in 0..<c.side {
              for j in 0..<c.side {
                let (from, at) = (row + i - border, column + j - border)
                guard (0..<c.rows).contains(from), (0..<c.columns).contains(at) else { continue }
                let value = x[((image * c.rows + from) * c.columns + at) * c.channels + channel]
                sum += Double(value) * Double(weights[(channel * c.side + i) * c.side + j])
              }
            }
            sums.append(sum)
          }
        }
      }
    }
    return sums
  }

  @Test("The sum tap by tap", arguments: cases)
  func values(_ c: Case) {
    let inputs = inputs(c)
    let found = inputs[0].convolvedDepthwise(with: inputs[1], bias: inputs[2])
    #expect(found.shape == c.shape)
    #expect(relativeDistance(found, slow(inputs, c)) < 1e-6)
  }

  @Test("Derivatives", arguments: cases)
  func derivatives(_ c: Case) {
    expectDerivatives(at: inputs(c)) { $0[0].convolvedDepthwise(with: $0[1], bias: $0[2]) }
  }

  @Test("Relevance of the ε rule sums to the score without the bias")
  func relevance() {
    let inputs = inputs(Self.cases[0])
    let x = inputs[0].variable()
    let y = x.convolvedDepthwise(with: inputs[1])
    let rule = BackwardRule.relevance(RelevanceRules(convolutions: .epsilon, dense: .epsilon))
    let found = gradients(of: y, at: [x], rule: rule)[0]
    #expect(abs((found * x).sum().scalar / y.sum().scalar - 1) < 1e-3)
  }
}
