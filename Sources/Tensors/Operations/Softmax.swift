import Foundation
import Kernels

extension Tensor {
  /// eˣ / Σ eˣ over the last dimension.
  public func softmax() -> Tensor {
    let x = rowMajor
    let columns = shape[rank - 1]
    let y = Tensor(shape) { kernel_softmax(x.storage.pointer, $0, count / max(columns, 1), columns) }
    return y.recorded(from: [self]) { dy, _ in
      let dy = dy.rowMajor
      return [
        Tensor(y.shape) {
          kernel_softmax_gradient(
            y.storage.pointer, dy.storage.pointer, $0, y.count / max(columns, 1), columns)
        }
      ]
    }
  }

  /// Mean cross-entropy −log softmax(logits)[label] of logits [batch, classes], of shape [].
  public func crossEntropy(labels: [Int]) -> Tensor {
    precondition(rank == 2 && labels.count == shape[0], "\(labels.count) labels for logits \(shape)")
    precondition(labels.allSatisfy { (0..<shape[1]).contains($0) }, "a label outside 0..<\(shape[1])")
    let (rows, classes) = (shape[0], shape[1])
    let probabilities = detached.softmax()
    let loss = withFloats { logits in
      // Summed in double from the logits, since log of a rounded probability loses the small losses.
      labels.enumerated().reduce(0.0) { sum, item in
        let row = logits[(item.offset * classes)..<((item.offset + 1) * classes)]
        let top = row.max()!
        let spread = row.reduce(0.0) { $0 + exp(Double($1 - top)) }
        return sum + log(spread) + Double(top - row[row.startIndex + item.element])
      } / Double(rows)
    }
    return Tensor(Float(loss)).recorded(from: [self]) { dy, _ in
      let scale = dy.scalar / Float(rows)
      var gradient = probabilities.floats
      for (row, label) in labels.enumerated() { gradient[row * classes + label] -= 1 }
      for i in gradient.indices { gradient[i] *= scale }
      return [Tensor(gradient, shape: [rows, classes])]
    }
  }
}
