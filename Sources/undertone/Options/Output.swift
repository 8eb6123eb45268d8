import ArgumentParser
import Reports

/// Whether a command's results are also told in a page.
struct PageOption: ParsableArguments {
  @Flag(
    help: "Also write a self-contained HTML page; those of explain, figures and compare also play the clips.")
  var html = false
}

extension OutputFolder {
  /// Writes a page and prints its path.
  func write(_ page: Page, as name: String, isQuiet: Bool = false) throws {
    let path = try write(page, named: name)
    if !isQuiet { try Console.print(path) }
  }
}
