import Reports

extension OutputFolder {
  /// Writes a page and prints its path.
  func write(_ page: Page, as name: String, isQuiet: Bool = false) throws {
    let path = try write(page, named: name)
    if !isQuiet { try Console.print(path) }
  }
}
