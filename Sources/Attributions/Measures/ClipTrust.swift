import Models

/// The measures of one clip.
public struct ClipTrust: Sendable, Codable {
  public struct OfMethod: Sendable, Codable {
    /// The measures that have a value: an attribution that is zero everywhere has no ranks.
    public internal(set) var values: [TrustMeasure: Double] = [:]
    /// The probability of the target, or the change of its value, at shares 0, 1/steps … 1.
    public internal(set) var deletion: [Double] = []
    public internal(set) var insertion: [Double] = []
    /// The rank correlation of the attribution with itself after each further layer is randomised, from the head down
    /// and from the input up; nil where there is none. Empty where it is not measured.
    public internal(set) var cascade: [Double?] = []
    public internal(set) var cascadeFromInput: [Double?] = []
  }

  public let path: String
  /// The explained output: the predicted class, or the one asked for.
  public let target: String
  /// The predicted class; nil of a model without classes.
  public let predicted: String?
  /// The class that the clip's label names, and its speaker, where they are known.
  public let label, speaker: String?
  /// Whether a cue was planted in the clip.
  public let hasCue: Bool
  /// Where the clip lies by the sound of those that the model was trained on.
  public let resemblance: Resemblance?
  /// What a fine-tuned model says of the clip; nil where there is none.
  public let steadiness: FineTunedSteadiness?
  /// The measures of each method, in the examiner's order.
  public let methods: [OfMethod]
  /// The agreement between methods, [methods, methods]: Spearman's rank correlation of sizes (nil where an attribution
  /// has no ranks), and the share of top cells in common.
  public let correlation: [[Double?]]
  public let overlap: [[Double]]
  /// The planted cue's share of the clip's area; nil where there is no cue to find.
  public let cueArea: Double?
}

extension ClipTrust {
  /// Whether the numbers, read from a file, can be what an examiner found.
  public func isPossible(by examiner: TrustExaminer) -> Bool {
    let count = examiner.methods.count
    func isMatrix<Value>(_ rows: [[Value]]) -> Bool { rows.count == count && rows.allSatisfy { $0.count == count } }
    func isFinite(_ value: Double) -> Bool { abs(value) < 1e30 }
    return examiner.model.outputs.contains(target) && methods.count == count && isMatrix(correlation)
      && isMatrix(overlap) && overlap.allSatisfy { $0.allSatisfy { (0...1).contains($0) } }
      && correlation.allSatisfy { $0.allSatisfy { abs($0 ?? 0) <= 1.001 } }
      && (0...1).contains(cueArea ?? 0) && (steadiness?.isPossible ?? true)
      && methods.allSatisfy { method in
        method.deletion.count == examiner.settings.steps + 1 && method.insertion.count == method.deletion.count
          && method.cascade.count == (examiner.settings.wants(.fromHead) ? examiner.layers.count : 0)
          && method.cascadeFromInput.count == (examiner.settings.wants(.fromInput) ? examiner.layers.count : 0)
          && Set(method.values.keys).isSubset(of: examiner.settings.measures) && method.values[.deletion] != nil
          && method.values[.insertion] != nil && method.values.values.allSatisfy(isFinite)
          && (method.deletion + method.insertion + (method.cascade + method.cascadeFromInput).map { $0 ?? 0 })
            .allSatisfy(isFinite)
      }
  }
}
