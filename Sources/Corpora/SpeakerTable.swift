import Foundation

/// A file in which a corpus describes its speakers: a CSV file with a row for each.
public struct SpeakerTable: Sendable {
  /// The file's name, wherever it lies in the corpus.
  let file: String
  /// The names of the columns.
  let speaker, age, sex: String

  /// Sex and age by the speaker as the table names them; a value that is neither is left out.
  func read(_ path: String) throws(ManifestError) -> [String: ClipTraits] {
    let rows = try CSV.rows(ofFile: path)
    let header = rows.first?.fields ?? []
    func column(_ name: String) throws(ManifestError) -> Int {
      guard let column = header.firstIndex(of: name) else {
        throw .missingColumn(path: path, name: name, found: header)
      }
      return column
    }
    let (speaker, age, sex) = (try column(self.speaker), try column(self.age), try column(self.sex))
    return rows.dropFirst().reduce(into: [:]) { traits, row in
      guard row.fields.count == header.count else { return }
      traits[row.fields[speaker]] = ClipTraits(
        sex: ClipTraits.Sex(rawValue: row.fields[sex].lowercased()), age: Int(row.fields[age]))
    }
  }
}
