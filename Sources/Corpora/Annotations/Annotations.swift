import Basics
import Foundation

/// Files with words, phones or other labels and their times: Praat's TextGrid, NIST's CTM and ELAN's EAF.
public enum Annotations {
  private enum Format: String {
    case textGrid = "textgrid"
    case ctm, eaf
  }

  /// The tiers of a file that have a label; the format is known by the end of the file's name.
  public static func read(_ path: String) throws(AnnotationError) -> [AnnotationTier] {
    guard let format = Format(rawValue: URL(fileURLWithPath: path).pathExtension.lowercased()) else {
      throw .unknownFormat(path: path)
    }
    let bytes: Data?
    do {
      bytes = try contents(of: path, limit: SizeLimit.table)
    } catch {
      throw .file(error)
    }
    guard let bytes else { throw .noSuchFile(path: path) }
    do {
      return try tiers(of: bytes, format)
    } catch {
      throw .damaged(path: path, line: error.line, reason: error.reason)
    }
  }

  private static func tiers(of bytes: Data, _ format: Format) throws(AnnotationDamage) -> [AnnotationTier] {
    if format == .textGrid, bytes.starts(with: "ooBinaryFile".utf8) {
      throw AnnotationDamage("a binary TextGrid: save it from Praat as a text file", line: nil)
    }
    let text = try text(of: [UInt8](bytes))
    let tiers =
      switch format {
      case .textGrid: try TextGrid.tiers(of: text)
      case .ctm: try CTM.tiers(of: text)
      case .eaf: try ELAN.tiers(of: text)
      }
    let labelled = tiers.filter { !$0.units.isEmpty }
    guard !labelled.isEmpty else { throw AnnotationDamage("it has no interval with a label", line: nil) }
    return labelled
  }

  private static func text(of bytes: [UInt8]) throws(AnnotationDamage) -> String {
    let text: String? =
      if bytes.starts(with: [0xFE, 0xFF]) {
        utf16(bytes.dropFirst(2), isBigEndian: true)
      } else if bytes.starts(with: [0xFF, 0xFE]) {
        utf16(bytes.dropFirst(2), isBigEndian: false)
      } else {
        String(validating: bytes.dropFirst(bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0), as: UTF8.self)
      }
    guard let text else {
      throw AnnotationDamage("not text in UTF-8, or in UTF-16 with a byte-order mark", line: nil)
    }
    return text
  }

  private static func utf16(_ bytes: ArraySlice<UInt8>, isBigEndian: Bool) -> String? {
    guard bytes.count.isMultiple(of: 2) else { return nil }
    let units = stride(from: bytes.startIndex, to: bytes.endIndex, by: 2).map { index -> UInt16 in
      let (first, second) = (UInt16(bytes[index]), UInt16(bytes[index + 1]))
      return isBigEndian ? first << 8 | second : second << 8 | first
    }
    return String(validating: units, as: UTF16.self)
  }
}
