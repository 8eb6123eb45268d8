import Tensors

/// ‖found − expected‖ / ‖expected‖ in the 2-norm, summed in double; infinite where the lengths differ or anything is NaN.
public func relativeDistance(_ found: [Double], _ expected: [Double]) -> Double {
  guard found.count == expected.count else { return .infinity }
  let distance = norm(zip(found, expected).map { $0 - $1 })
  guard distance.isFinite else { return .infinity }
  return distance == 0 ? 0 : distance / norm(expected)
}

public func relativeDistance(_ found: [Float], _ expected: [Float]) -> Double {
  relativeDistance(found.map(Double.init), expected.map(Double.init))
}

/// The relative distance of two tensors' elements; infinite where the shapes differ.
public func relativeDistance(_ found: Tensor, _ expected: Tensor) -> Double {
  guard found.shape == expected.shape else { return .infinity }
  return relativeDistance(found.floats, expected.floats)
}

/// The relative distance of a tensor's elements to values in the same order.
public func relativeDistance(_ found: Tensor, _ expected: [Double]) -> Double {
  relativeDistance(found.floats.map(Double.init), expected)
}

/// ‖x‖, summed in double.
public func norm(_ values: some Sequence<Double>) -> Double {
  values.reduce(0) { $0 + $1 * $1 }.squareRoot()
}

public func norm(_ x: Tensor) -> Double { norm(x.floats.map(Double.init)) }

/// The largest |found − expected|; infinite where the lengths differ or anything is NaN.
public func largestDifference<Value: BinaryFloatingPoint>(
  _ found: some Collection<Value>, _ expected: some Collection<Value>
) -> Value {
  guard found.count == expected.count else { return .infinity }
  return zip(found, expected).map { abs($0 - $1) }.reduce(0) { $1.isNaN ? .infinity : max($0, $1) }
}
