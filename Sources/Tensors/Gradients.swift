import Basics
import Synchronization

/// One operation's place in the graph of gradients.
///
/// Nodes are numbered in the order in which they were made, so walking by falling number visits every node after all
/// that depend on it.
final class Node {
  /// Maps the gradient of the node's value, and for each input whether its gradient is wanted, to their gradients.
  typealias Backward = (Tensor, [Bool]) -> [Tensor?]

  private static let made = Atomic<UInt64>(0)

  let number = Node.made.add(1, ordering: .relaxed).newValue
  let shape: [Int]
  fileprivate(set) var inputs: [Node?]
  fileprivate var backward: Backward?
  /// The operation's kind; nil for a leaf, and once the node is spent.
  fileprivate var kind: OperationKind?
  fileprivate let isLeaf: Bool
  fileprivate var isSpent = false

  init(shape: [Int], inputs: [Node?], kind: OperationKind? = nil, backward: Backward?) {
    self.shape = shape
    self.inputs = inputs
    self.kind = kind
    self.backward = backward
    isLeaf = backward == nil
  }

  deinit {
    // Released in a loop, because releasing a long chain node by node would recurse as deep as it is long.
    var released = inputs
    inputs = []
    while var node = released.popLast() {
      // Checks the optional itself: unwrapped into another variable, the node would have two references.
      if isKnownUniquelyReferenced(&node) {
        released += node!.inputs
        node!.inputs = []
      }
    }
  }
}

extension Tensor {
  /// This tensor's values as the start of a graph: results computed from them can be differentiated at them.
  public func variable() -> Tensor {
    Tensor(
      shape: shape, storage: storage, layout: layout,
      node: Node(shape: shape, inputs: [], backward: nil))
  }

  /// This tensor's values outside any graph.
  public var detached: Tensor { Tensor(shape: shape, storage: storage, layout: layout) }

  /// Whether gradients can flow through this tensor.
  public var isRecorded: Bool { node != nil }

  /// This tensor as the result of an operation on `inputs`; nothing is recorded if none of them is.
  ///
  /// The closure may keep only detached tensors: a tensor with a node inside a node's closure would be a chain that
  /// releases recursively.
  /// - Parameter kind: The operation's kind, which decides how a ``BackwardRule`` other than the derivative treats it.
  func recorded(from inputs: [Tensor], as kind: OperationKind, backward: @escaping Node.Backward) -> Tensor {
    recorded(from: inputs.map(\.node), as: kind, backward: backward)
  }

  /// The same from the inputs' nodes, of inputs whose floats are not to be kept.
  consuming func recorded(
    from inputs: [Node?], as kind: OperationKind, backward: @escaping Node.Backward
  ) -> Tensor {
    guard inputs.contains(where: { $0 != nil }) else { return self }
    return Tensor(
      shape: shape, storage: storage, layout: layout,
      node: Node(shape: shape, inputs: inputs, kind: kind, backward: backward))
  }
}

/// ∂ Σ output · weight / ∂ input for each of `inputs`; `weight` is 1 where not given.
///
/// Only gradients between the output and the inputs are computed: the gradient at a model's input never computes that
/// of a weight. The graph is used up: buffers are freed on the way, and a second call on the same output is a fault.
/// - Parameters:
///   - inputs: Results of ``Tensor/variable()``, or of operations. One that has no part in `output` gets zeros.
///   - rule: The rule that replaces the derivative.
public func gradients(
  of output: Tensor, weight: Tensor? = nil, at inputs: [Tensor], rule: BackwardRule = .derivative
) -> [Tensor] {
  ruledGradients(of: output, weight: weight, at: inputs, rule: rule).gradients
}

/// The results of ``gradients(of:weight:at:rule:)``; the number of operations with a rule of their own: if it is 0, they
/// are the derivative itself; and of relevance the part of the output that stays with constants, such as biases.
public func ruledGradients(
  of output: Tensor, weight: Tensor? = nil, at inputs: [Tensor], rule: BackwardRule
) -> (gradients: [Tensor], operations: Int, constants: Double) {
  var (operations, constants) = (0, 0.0)
  demand(weight == nil || weight!.shape == output.shape, "the weight's shape is not the output's")
  guard let root = output.node else { return (inputs.map { .zeros($0.shape) }, 0, 0) }
  let targets = Set(inputs.compactMap { $0.node.map(ObjectIdentifier.init) })

  var reached: [Node] = []
  var seen: Set<ObjectIdentifier> = [ObjectIdentifier(root)]
  var open = [root]
  while let node = open.popLast() {
    demand(!node.isSpent, "this graph was differentiated before; compute its output again")
    reached.append(node)
    for case let input? in node.inputs where seen.insert(ObjectIdentifier(input)).inserted {
      open.append(input)
    }
  }
  reached.sort { $0.number < $1.number }

  // A node is needed if it is a target or leads to one.
  var needed: Set<ObjectIdentifier> = []
  for node in reached {
    let leads = node.inputs.contains { $0.map { needed.contains(ObjectIdentifier($0)) } ?? false }
    if leads || targets.contains(ObjectIdentifier(node)) { needed.insert(ObjectIdentifier(node)) }
  }

  var gradients: [ObjectIdentifier: Tensor] = [:]
  if needed.contains(ObjectIdentifier(root)) {
    gradients[ObjectIdentifier(root)] = weight?.detached ?? .ones(output.shape)
  }
  while let node = reached.popLast() {
    let key = ObjectIdentifier(node)
    defer {
      if !node.isLeaf {
        node.isSpent = true
        node.backward = nil
        node.kind = nil
        node.inputs = []
      }
    }
    guard needed.contains(key), let gradient = gradients[key] else { continue }
    demand(gradient.shape == node.shape, "a gradient of \(gradient.shape) for \(node.shape)")
    if !targets.contains(key) { gradients[key] = nil }
    guard let backward = node.backward else { continue }
    let wanted = node.inputs.map { $0.map { needed.contains(ObjectIdentifier($0)) } ?? false }
    guard wanted.contains(true) else { continue }
    let ruled =
      rule == .derivative ? nil : node.kind?.backward(rule, gradient, wanted, derivative: backward)
    if let ruled { (operations, constants) = (operations + 1, constants + ruled.constants) }
    for (input, found) in zip(node.inputs, ruled?.gradients ?? backward(gradient, wanted)) {
      guard let input, let found, needed.contains(ObjectIdentifier(input)) else { continue }
      let key = ObjectIdentifier(input)
      gradients[key] = gradients[key].map { $0 + found.detached } ?? found.detached
    }
  }
  let found = inputs.map { input in
    input.node.flatMap { gradients[ObjectIdentifier($0)] } ?? .zeros(input.shape)
  }
  return (found, operations, constants)
}
