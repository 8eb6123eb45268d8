import Basics
import Kernels

extension Tensor {
  /// One layer of an LSTM in one direction (Hochreiter and Schmidhuber 1997; gates in PyTorch's order i, f, g, o),
  /// from zero states: [batch, steps, features] → the hidden states [batch, steps, hidden].
  ///
  /// - Parameters:
  ///   - inputWeight: [4·hidden, features].
  ///   - hiddenWeight: [4·hidden, hidden].
  ///   - bias: [4·hidden], the sum of what PyTorch keeps as two.
  ///   - reversed: Whether it runs from the last step to the first; results stay at their steps.
  public func lstm(inputWeight: Tensor, hiddenWeight: Tensor, bias: Tensor, reversed: Bool = false) -> Tensor {
    let (batch, steps, features, hidden) = (shape[0], shape[1], shape[2], hiddenWeight.shape[1])
    demand(
      inputWeight.shape == [4 * hidden, features] && hiddenWeight.shape == [4 * hidden, hidden]
        && bias.shape == [4 * hidden],
      "weights \(inputWeight.shape), \(hiddenWeight.shape) for an LSTM over \(shape)")
    let (w, u) = (inputWeight.rowMajor.detached, hiddenWeight.rowMajor.detached)
    let order = reversed ? Array((0..<steps).reversed()) : Array(0..<steps)

    // [steps, batch, …], so that each step is one block of memory.
    let x = detached.permuted([1, 0, 2])
    // The gates' sums here; each step turns its own into activations, which the gradient needs.
    let gates = x.matrixProduct(w, transposeOther: true) + bias.detached
    let cells = Tensor.zeros([steps + 1, batch, hidden])  // cells[k] before the k-th step taken
    let forward = Self.panels(of: u, transposed: true)
    let result = Tensor([batch, steps, hidden]) { out in
      let stride = steps * hidden
      for (k, t) in order.enumerated() {
        let sums = gates.storage.pointer + t * batch * 4 * hidden
        if k > 0 {
          kernel_add_product(
            out + order[k - 1] * hidden, stride, forward.pointer, sums, 4 * hidden, batch, hidden, 4 * hidden)
        }
        kernel_lstm_step(
          sums, cells.storage.pointer + k * batch * hidden, cells.storage.pointer + (k + 1) * batch * hidden,
          out + t * hidden, stride, batch, hidden)
      }
    }
    let (input, b) = (detached, bias.detached)
    return result.recorded(
      from: [self, inputWeight, hiddenWeight, bias],
      as: .ruled { rule, dy, _ in
        switch rule {
        case .rescale, .relevance:
          let x = input.variable()
          let states = x.lstmStepByStep(
            inputWeight: w, hiddenWeight: u, bias: b, order: order, takesGatesForConstants: rule != .rescale
          )
          let found = ruledGradients(of: states, weight: dy, at: [x], rule: rule)
          return RuledResult(found.gradients + [nil, nil, nil], constants: found.constants)
        case .derivative, .guided, .deconvolution: return nil
        }
      }
    ) { dy, wanted in
      let dySteps = dy.permuted([1, 0, 2])
      let backward = Self.panels(of: u, transposed: false)
      let dGates = Tensor([steps, batch, 4 * hidden]) { out in
        let dCell = Tensor.zeros([batch, hidden])
        let dHidden = Storage(count: batch * hidden)
        for (k, t) in order.enumerated().reversed() {
          let own = dySteps.storage.pointer + t * batch * hidden
          dHidden.pointer.update(from: own, count: batch * hidden)
          if k + 1 < steps {
            kernel_add_product(
              out + order[k + 1] * batch * 4 * hidden, 4 * hidden, backward.pointer, dHidden.pointer, hidden, batch,
              4 * hidden, hidden)
          }
          kernel_lstm_step_gradient(
            gates.storage.pointer + t * batch * 4 * hidden, cells.storage.pointer + k * batch * hidden,
            cells.storage.pointer + (k + 1) * batch * hidden, dHidden.pointer, dCell.storage.pointer,
            out + t * batch * 4 * hidden, batch, hidden)
        }
      }
      let rows = dGates.reshaped([steps * batch, 4 * hidden])
      var dHiddenWeight: Tensor?
      if wanted[2] {
        // The hidden state before each step: zero before the first one taken.
        let states = result.permuted([1, 0, 2])
        let zero = Tensor.zeros([1, batch, hidden])
        let before =
          reversed
          ? Tensor.concatenated([states.slice(axis: 0, 1..<steps), zero], axis: 0)
          : Tensor.concatenated([zero, states.slice(axis: 0, 0..<(steps - 1))], axis: 0)
        dHiddenWeight = rows.matrixProduct(before.reshaped([steps * batch, hidden]), transposeSelf: true)
      }
      return [
        wanted[0] ? rows.matrixProduct(w).reshaped([steps, batch, features]).permuted([1, 0, 2]) : nil,
        wanted[1] ? rows.matrixProduct(x.reshaped([steps * batch, features]), transposeSelf: true) : nil,
        dHiddenWeight,
        wanted[3] ? rows.sum(axes: [0]).reshaped([4 * hidden]) : nil,
      ]
    }
  }

  /// Weights [rows, columns], or their transpose, packed once for the products of all steps.
  private static func panels(of weight: Tensor, transposed: Bool) -> Storage {
    let (rows, columns) = transposed ? (weight.shape[1], weight.shape[0]) : (weight.shape[0], weight.shape[1])
    let width = KERNEL_PANEL
    let packed = Storage(count: (columns + width - 1) / width * width * rows)
    kernel_pack_panels(
      weight.storage.pointer, transposed ? 1 : weight.shape[1], transposed ? weight.shape[1] : 1, packed.pointer, rows,
      columns)
    return packed
  }

  /// ``lstm(inputWeight:hiddenWeight:bias:reversed:)`` made of single operations, for rules that change them.
  private func lstmStepByStep(
    inputWeight: Tensor, hiddenWeight: Tensor, bias: Tensor, order: [Int], takesGatesForConstants: Bool
  ) -> Tensor {
    let (batch, hidden) = (shape[0], hiddenWeight.shape[1])
    let weight = Tensor.concatenated([inputWeight, hiddenWeight], axis: 1)
    var (state, cell) = (Tensor.zeros([batch, hidden]), Tensor.zeros([batch, hidden]))
    var states: [Int: Tensor] = [:]
    for t in order {
      let x = slice(axis: 1, t..<(t + 1)).reshaped([batch, -1])
      let sums = Tensor.concatenated([x, state], axis: 1).affine(weight: weight, bias: bias)
      func part(_ index: Int) -> Tensor { sums.slice(axis: 1, (index * hidden)..<((index + 1) * hidden)) }
      func gate(_ index: Int) -> Tensor {
        let open = part(index).sigmoid()
        return takesGatesForConstants ? open.detached : open
      }
      cell = gate(1) * cell + gate(0) * part(2).hyperbolicTangent()
      state = gate(3) * cell.hyperbolicTangent()
      states[t] = state.reshaped([batch, 1, hidden])
    }
    return .concatenated(order.sorted().map { states[$0]! }, axis: 1)
  }
}
