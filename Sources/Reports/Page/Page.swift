import Basics
import Figures
import Foundation

/// One self-contained HTML file: figures, the tables behind them, and clips that can be listened to and looked into. It needs
/// no network, and reads without scripts, which only add the view into clips.
public struct Page {
  public enum Section {
    /// - Parameters:
    ///   - png: The picture, `width` points of 1/96 inch wide.
    ///   - alternative: Words for readers who cannot see it.
    case figure(png: [UInt8], width: Double, alternative: String)
    case table(caption: String, header: [String], rows: [[String]])
    /// A heading, and lines under it.
    case text(heading: String, lines: [String])
    /// The view into the clips; once in a page.
    case clips
  }

  public let title: String
  public let provenance: [String: String]
  public var sections: [Section] = []
  public var clips: [PageClip] = []
  /// The way in which the page's figures show attributions.
  let overlay: AttributionOverlay

  public init(title: String, provenance: [String: String], overlay: AttributionOverlay = .standard) {
    (self.title, self.provenance, self.overlay) = (title, provenance, overlay)
  }

  /// Adds a figure as it is printed.
  /// - Parameter description: Words for readers who cannot see it; its title goes before.
  public mutating func add(_ figure: any Figure, description: String = "") throws(FigureError) {
    sections.append(try .init(figure.overlaid(overlay), description: description))
  }

  /// A table from the rows of a CSV, the first of which is its header; numbers to four digits.
  public mutating func addTable(_ caption: String, _ rows: [[String]]) {
    guard let header = rows.first else { return }
    let shown = rows.dropFirst().map { row in
      row.map { cell in
        guard cell.contains("."), let value = Double(cell) else { return cell }
        return String(format: "%.4g", value)
      }
    }
    sections.append(.table(caption: caption, header: header, rows: Array(shown)))
  }

  public var html: String {
    get throws {
      var body = sections.map(html).joined(separator: "\n")
      if !clips.isEmpty {
        // A "<" could end the element or begin a comment in it.
        let data = try PageData(clips: clips).jsonLine().replacing("<", with: "\\u003c")
        body += """

          <script type="application/json" id="data">\(data)</script>
          <script>\(String(decoding: PackageResources.page_js, as: UTF8.self))</script>
          """
      }
      let facts = provenance.sorted { $0.key < $1.key }.map {
        "<dt>\(Self.escaped($0.key))</dt><dd>\(Self.escaped($0.value))</dd>"
      }
      return """
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>\(Self.escaped(title))</title>
        <style>\(String(decoding: PackageResources.page_css, as: UTF8.self))</style>
        </head>
        <body>
        <main>
        <h1>\(Self.escaped(title))</h1>
        \(body)
        <section>
        <h2>How this was made</h2>
        <dl>\(facts.joined(separator: "\n"))</dl>
        </section>
        </main>
        </body>
        </html>

        """
    }
  }

  private func html(_ section: Section) -> String {
    switch section {
    case .figure(let png, let width, let alternative):
      return """
        <figure><img src="data:image/png;base64,\(Data(png).base64EncodedString())" width="\(Int(width))" alt="\(Self.escaped(alternative))"></figure>
        """
    case .table(let caption, let header, let rows):
      let head = header.map { "<th scope=\"col\">\(Self.escaped($0))</th>" }.joined()
      let lines = rows.map { row in
        let cells = row.enumerated().map { index, cell in
          index == 0 ? "<th scope=\"row\">\(Self.escaped(cell))</th>" : "<td>\(Self.escaped(cell))</td>"
        }
        return "<tr>\(cells.joined())</tr>"
      }
      let table = """
        <table><caption>\(Self.escaped(caption))</caption><thead><tr>\(head)</tr></thead>
        <tbody>\(lines.joined(separator: "\n"))</tbody></table>
        """
      return rows.count <= 40
        ? "<div class=\"wide\">\(table)</div>"
        : "<details><summary>\(Self.escaped(caption)): \(rows.count) rows</summary><div class=\"wide\">\(table)</div></details>"
    case .text(let heading, let lines):
      let words = lines.map { "<p>\(Self.escaped($0))</p>" }.joined(separator: "\n")
      return heading.isEmpty ? words : "<h2>\(Self.escaped(heading))</h2>\n\(words)"
    case .clips: return "<div id=\"clips\"></div>"
    }
  }

  private static func escaped(_ text: String) -> String {
    visible(text).replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
      .replacing("\"", with: "&quot;")
  }
}

extension Page.Section {
  /// A figure as it is printed.
  /// - Parameter description: Words for readers who cannot see it; its title goes before.
  init(_ figure: any Figure, description: String = "") throws(FigureError) {
    let words = (figure.title + [description]).filter { !$0.isEmpty }.joined(separator: ". ")
    // 1.5 pixels for each of the page's: half the bytes of 2, and as good to read.
    self = .figure(
      png: try figure.encoded(scale: 1.5, compression: .small), width: figure.size.width, alternative: words)
  }
}

/// The data that the page's script reads.
private struct PageData: Encodable {
  struct Colors: Encodable {
    /// "#rrggbb".
    let emotions, dimensions: [String: String]
    let paper, lightPaper: [String]
    /// "#rrggbb", and the opacity of each.
    let magnitude, signed: [String]
    let opacity, signedOpacity: [Double]
    /// The percentile of the magnitudes below which a matrix under them stays uncovered.
    let covered = AttributionColors.coveredPercentile
  }
  let clips: [PageClip]
  let colors: Colors

  init(clips: [PageClip]) {
    self.clips = clips
    // Every output of the clips' models has its colour, whatever its name.
    func colors(_ names: [[String]], _ color: (String, Int) -> Color) -> [String: String] {
      Dictionary(
        names.flatMap { $0.enumerated() }.map { ($0.element, color($0.element, $0.offset).hexadecimal) },
        uniquingKeysWith: { first, _ in first })
    }
    let views = clips.flatMap(\.views)
    self.colors = Colors(
      emotions: colors(views.map(\.classes)) { EmotionColors.color(of: $0, index: $1) },
      dimensions: colors(views.map(\.dimensions)) { EmotionColors.color(ofDimension: $0, index: $1) },
      paper: AttributionColors.paper.map(\.hexadecimal),
      lightPaper: AttributionColors.lightPaper.map(\.hexadecimal),
      magnitude: AttributionColors.magnitude.map(\.color.hexadecimal),
      signed: AttributionColors.signed.map(\.color.hexadecimal),
      opacity: AttributionColors.magnitude.map(\.alpha), signedOpacity: AttributionColors.signed.map(\.alpha))
  }
}
