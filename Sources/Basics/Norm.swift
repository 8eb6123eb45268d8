extension Collection<Float> {
  /// ‖x‖, the 2-norm, summed in double.
  public var norm: Double { reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot() }
}
