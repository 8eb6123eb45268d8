/// Width and height, in points.
public struct Size: Equatable, Sendable {
  public var width, height: Double

  public init(width: Double, height: Double) {
    self.width = width
    self.height = height
  }
}

/// A place on the canvas, in points from its top left corner; y grows downwards.
struct Point: Equatable {
  var x, y: Double
}

/// An upright rectangle, in points from the top left corner of the canvas.
struct Rectangle: Equatable {
  var x, y, width, height: Double

  var left: Double { x }
  var right: Double { x + width }
  var top: Double { y }
  var bottom: Double { y + height }
  var middle: Point { Point(x: x + width / 2, y: y + height / 2) }
}
