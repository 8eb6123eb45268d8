import Basics
import Figures
import Foundation

/// One self-contained HTML file: figures, the tables behind them, and clips that can be listened to and looked into. It needs
/// no network, and reads without scripts, which only add the view into clips.
public struct Page {
  public enum Section {
    case figure(PageFigure)
    case table(caption: String, header: [String], rows: [[String]])
    /// A heading, and lines under it.
    case text(heading: String, lines: [String])
    /// A table that scripts sort by the column that is chosen, and whose rows they play.
    /// - Parameters:
    ///   - sounds: Columns of sounds, each with its name; nil where a row has none.
    ///   - order: The column by which the rows fall; nil where they are in another order.
    case playable(
      caption: String, header: [String], rows: [[String]], sounds: [(name: String, sounds: [PageSound?])], order: Int?)
    /// The view into the clips; once in a page.
    case clips
    /// The view into the timelines; once in a page.
    case timelines
  }

  public let title: String
  public var provenance: [String: String]
  public var sections: [Section] = []
  public var clips: [PageClip] = []
  var timelines: [PageTimeline] = []
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
    let shown = rows.dropFirst().map { $0.map(fourDigits) }
    sections.append(.table(caption: caption, header: header, rows: Array(shown)))
  }

  /// What the script of a page with these clips reads, as one line of JSON: for a view into them elsewhere.
  /// - Throws: Where a number is not finite.
  public static func data(of clips: [PageClip]) throws -> String {
    try PageData(clips: clips, timelines: [], sounds: []).jsonLine()
  }

  public var html: String {
    get throws {
      // Tables name their sounds by their places among those of the page.
      var sounds: [PageSound] = []
      var body = sections.map { section in
        let words = html(section, firstSound: sounds.count)
        if case .playable(_, _, _, let columns, _) = section {
          sounds += columns.flatMap { $0.sounds.compactMap(\.self) }
        }
        return words
      }.joined(separator: "\n")
      let hasTables = sections.contains { if case .playable = $0 { true } else { false } }
      let scripts =
        (clips.isEmpty && timelines.isEmpty ? [] : [PackageResources.timeline_js])
        + (clips.isEmpty ? [] : [PackageResources.page_js]) + (hasTables ? [PackageResources.table_js] : [])
      if !scripts.isEmpty {
        // A "<" could end the element or begin a comment in it.
        let data = try PageData(clips: clips, timelines: timelines, sounds: sounds).jsonLine()
          .replacing("<", with: "\\u003c")
        body += "\n<script type=\"application/json\" id=\"data\">\(data)</script>"
        for script in [PackageResources.numbers_js] + scripts {
          body += "\n<script>\(String(decoding: script, as: UTF8.self))</script>"
        }
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

  /// What a page looks like, as CSS.
  public static var styles: [UInt8] { PackageResources.page_css }

  /// The scripts of `undertone.clipView`, for a page that gets its clips later.
  public static var clipScripts: [UInt8] {
    [PackageResources.numbers_js, PackageResources.timeline_js, PackageResources.page_js].flatMap { $0 + [10] }
  }

  private func html(_ section: Section, firstSound: Int) -> String {
    switch section {
    case .figure(let figure):
      return """
        <figure><img src="data:image/png;base64,\(figure.png.base64EncodedString())" width="\(Int(figure.width))" alt="\(Self.escaped(figure.alternative))"></figure>
        """
    case .table(let caption, let header, let rows):
      let table = table(caption, header, rows.map { (rowAttributes: "", cells: $0) })
      return rows.count <= 40
        ? "<div class=\"wide\">\(table)</div>"
        : "<details><summary>\(Self.escaped(caption)): \(rows.count) rows</summary><div class=\"wide\">\(table)</div></details>"
    case .text(let heading, let lines):
      let words = lines.map { "<p>\(Self.escaped($0))</p>" }.joined(separator: "\n")
      return heading.isEmpty ? words : "<h2>\(Self.escaped(heading))</h2>\n\(words)"
    case .playable(let caption, let header, let rows, let columns, let order):
      return "<div class=\"wide\">\(playable(caption, header, rows, columns, order, firstSound: firstSound))</div>"
    case .clips: return "<div id=\"clips\"></div>"
    case .timelines: return "<div id=\"timelines\"></div>"
    }
  }

  /// A table whose rows name their sounds by their places, from the first on.
  private func playable(
    _ caption: String, _ header: [String], _ rows: [[String]], _ columns: [(name: String, sounds: [PageSound?])],
    _ order: Int?, firstSound: Int
  ) -> String {
    var next = firstSound
    let places = columns.map { column in
      column.sounds.map { sound in
        guard sound != nil else { return "" }
        next += 1
        return "\(next - 1)"
      }
    }
    let played = rows.enumerated().map { index, cells in
      (rowAttributes: " data-sounds=\"\(places.map { $0[index] }.joined(separator: ","))\"", cells: cells)
    }
    let names = columns.map(\.name).joined(separator: ",")
    return table(
      caption, header, played, attributes: " class=\"sortable\" data-sounds=\"\(Self.escaped(names))\"", order: order)
  }

  /// - Parameter order: The column by which the rows of a table that can be sorted fall.
  private func table(
    _ caption: String, _ header: [String], _ rows: [(rowAttributes: String, cells: [String])], attributes: String = "",
    order: Int? = nil
  ) -> String {
    let head = header.enumerated().map { index, name in
      "<th scope=\"col\"\(index == order ? " aria-sort=\"descending\"" : "")>\(Self.escaped(name))</th>"
    }
    let lines = rows.map { row in
      let cells = row.cells.enumerated().map { index, cell in
        index == 0 ? "<th scope=\"row\">\(Self.escaped(cell))</th>" : "<td>\(Self.escaped(cell))</td>"
      }
      return "<tr\(row.rowAttributes)>\(cells.joined())</tr>"
    }
    return """
      <table\(attributes)><caption>\(Self.escaped(caption))</caption>\
      <thead><tr>\(head.joined())</tr></thead>
      <tbody>\(lines.joined(separator: "\n"))</tbody></table>
      """
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
    self = .figure(try PageFigure(figure, description: description))
  }
}

/// A figure as a page holds it.
public struct PageFigure: Codable, Sendable {
  let png: Data
  /// Of the picture, in points of 1/96 inch.
  let width: Double
  /// Words for readers who cannot see it.
  let alternative: String

  /// A figure as it is printed.
  /// - Parameter description: Words for readers who cannot see it; its title goes before.
  init(_ figure: any Figure, description: String = "") throws(FigureError) {
    alternative = (figure.title + [description]).filter { !$0.isEmpty }.joined(separator: ". ")
    // 1.5 pixels for each of the page's: half the bytes of 2, and as good to read; so are 256 colours.
    png = Data(try figure.encoded(scale: 1.5, compression: .palette))
    width = figure.size.width
  }

  /// What it takes in the page: base64 has four bytes for three.
  var bytes: Int { 4 * png.count / 3 }
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
  let timelines: [PageTimeline]
  /// Of the tables' rows.
  let sounds: [PageSound]
  let colors: Colors

  init(clips: [PageClip], timelines: [PageTimeline], sounds: [PageSound]) {
    (self.clips, self.timelines, self.sounds) = (clips, timelines, sounds)
    // Every output of the clips' models has its colour, whatever its name.
    func colors(_ names: [[String]], _ color: (String, Int) -> Color) -> [String: String] {
      Dictionary(
        names.flatMap { $0.enumerated() }.map { ($0.element, color($0.element, $0.offset).hexadecimal) },
        uniquingKeysWith: { first, _ in first })
    }
    let views = clips.flatMap(\.views)
    self.colors = Colors(
      emotions: colors(views.map(\.classes) + timelines.map(\.classes)) { EmotionColors.color(of: $0, index: $1) },
      dimensions: colors(views.map(\.dimensions) + timelines.map(\.dimensions)) {
        EmotionColors.color(ofDimension: $0, index: $1)
      },
      paper: AttributionColors.paper.map(\.hexadecimal),
      lightPaper: AttributionColors.lightPaper.map(\.hexadecimal),
      magnitude: AttributionColors.magnitude.map(\.color.hexadecimal),
      signed: AttributionColors.signed.map(\.color.hexadecimal),
      opacity: AttributionColors.magnitude.map(\.alpha), signedOpacity: AttributionColors.signed.map(\.alpha))
  }
}

extension [Page.Section] {
  /// What there is to know of the clips before results are believed; no section where there is nothing.
  static func warnings(_ lines: [String]) -> [Page.Section] {
    lines.isEmpty ? [] : [.text(heading: "Before you believe it", lines: lines)]
  }
}
