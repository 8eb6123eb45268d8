/// The peak of a parabola through three values at −1, 0 and 1.
struct Parabola {
  /// Where the peak is; 0 of three values on a line.
  let place: Double
  let height: Double

  init(_ before: Double, _ here: Double, _ after: Double) {
    let bend = before - 2 * here + after
    place = bend == 0 ? 0 : 0.5 * (before - after) / bend
    height = here - 0.25 * (before - after) * place
  }
}
