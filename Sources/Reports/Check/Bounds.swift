import Foundation

/// What a number may be: at least, at most, or both; the ends belong to it.
public struct Bounds: Equatable, Sendable {
  public let least, most: Double?

  /// - Parameters:
  ///   - least, most: One of them at least; both are finite.
  public init(least: Double?, most: Double?) { (self.least, self.most) = (least, most) }

  public func contains(_ value: Double) -> Bool {
    value >= least ?? -.infinity && value <= most ?? .infinity
  }

  /// "at most 0.95", "0.5 to 0.9".
  public var words: String {
    switch (least, most) {
    case (let least?, let most?): "\(Self.number(least)) to \(Self.number(most))"
    case (let least?, nil): "at least \(Self.number(least))"
    case (nil, let most?): "at most \(Self.number(most))"
    case (nil, nil): "anything"
    }
  }

  /// A value in as few digits, three or more, as leave it on its side of the bounds: of 0.9502, at most 0.95, all four.
  func words(of value: Double) -> String {
    let texts = (3...17).lazy.map { String(format: "%.\($0)g", value) }
    let text = texts.first { Double($0).map(contains) == contains(value) } ?? "\(value)"
    return text.replacing("-", with: "−")
  }

  /// A number as it was given.
  static func number(_ value: Double) -> String { String(format: "%.15g", value).replacing("-", with: "−") }
}
