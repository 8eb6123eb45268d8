/// A matrix as colours, drawn as blocks: each cell is what was measured, nothing between.
struct Heatmap {
  /// 0x00RRGGBB, row-major [rows, columns]; row 0 is drawn lowest.
  var cells: [UInt32]
  var rows, columns: Int

  /// `values` in the colours of `map` from `lower` to `upper`.
  init(_ values: [Float], rows: Int, columns: Int, map: ColorMap, lower: Double, upper: Double) {
    let pixels = map.colors.map(\.pixel)
    let offset = Float(lower)
    let steps = Float(255 / max(upper - lower, 1e-30))
    cells = values.map { pixels[Int(max(0, min(255, ($0 - offset) * steps + 0.5)))] }
    self.rows = rows
    self.columns = columns
  }

  /// Lays an attribution of the same shape over the colours.
  mutating func overlay(_ values: [Float], _ scale: AttributionScale) {
    // In 256ths, with the colour already multiplied: two multiplications a component.
    let layers = scale.layers.map { layer in
      let alpha = UInt32((256 * layer.alpha).rounded())
      return (
        red: UInt32(layer.color.red) * alpha, green: UInt32(layer.color.green) * alpha,
        blue: UInt32(layer.color.blue) * alpha, rest: 256 - alpha
      )
    }
    for index in cells.indices {
      let layer = layers[scale.level(values[index])]
      let below = cells[index]
      let red = (layer.red + (below >> 16 & 255) * layer.rest + 128) >> 8
      let green = (layer.green + (below >> 8 & 255) * layer.rest + 128) >> 8
      let blue = (layer.blue + (below & 255) * layer.rest + 128) >> 8
      cells[index] = red << 16 | green << 8 | blue
    }
  }

  /// Fills `rectangle`. Its edges are given in cells: cell k reaches from k − ½ to k + ½; beyond the
  /// matrix its outermost cells go on.
  func draw(
    on canvas: Canvas, in rectangle: Rectangle, left: Double, right: Double, top: Double, bottom: Double
  ) {
    canvas.picture(in: rectangle) { pixels, width, height, stride in
      let sources = (0..<width).map { x in
        let column = left + (right - left) * (Double(x) + 0.5) / Double(width)
        return max(0, min(columns - 1, Int(column.rounded())))
      }
      var drawn = -1
      cells.withUnsafeBufferPointer { cells in
        for y in 0..<height {
          let row = max(
            0, min(rows - 1, Int((top + (bottom - top) * (Double(y) + 0.5) / Double(height)).rounded())))
          let line = pixels + y * stride
          if row == drawn {
            line.update(from: line - stride, count: width)
          } else {
            let source = row * columns
            for x in 0..<width { line[x] = cells[source + sources[x]] }
            drawn = row
          }
        }
      }
    }
  }
}
