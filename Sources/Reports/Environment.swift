import Basics
import Foundation
import Models
import Tensors

/// The program and the machine that results are from: what `doctor` prints, and `environment.json` of a training.
public enum Environment {
  /// Versions, system, processor, threads and libraries by their names.
  public static var facts: [(name: String, value: String)] {
    // The standard library has the compiler's version; the language offers no other way to ask for it.
    [
      ("Swift", "\(_SwiftStdlibVersion.current)"), ("system", ProcessInfo.processInfo.operatingSystemVersionString),
      ("processor", processor),
    ] + Engine.description
  }

  /// `environment.json`: an object of texts and numbers.
  public static var json: String {
    get throws {
      let all = [("undertone", undertoneVersion)] + facts.map { ($0.name.replacing(" ", with: "_"), $0.value) }
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
      let entries = Dictionary(all.map { ($0.0.lowercased(), NumberOrText(text: $0.1)) }) { first, _ in first }
      return String(decoding: try encoder.encode(entries), as: UTF8.self) + "\n"
    }
  }

  /// The processor's name, or "unknown".
  private static var processor: String {
    #if os(macOS)
      var size = 0
      sysctlbyname("machdep.cpu.brand_string", nil, &size, nil, 0)
      var name = [UInt8](repeating: 0, count: size)
      guard sysctlbyname("machdep.cpu.brand_string", &name, &size, nil, 0) == 0 else { return "unknown" }
      return String(decoding: name.prefix { $0 != 0 }, as: UTF8.self)
    #else
      // Not a regular file: it has no size.
      let lines = ((try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? "").split(separator: "\n")
      let name = lines.first { $0.hasPrefix("model name") }?.split(separator: ":").last
      return name.map { $0.trimmingCharacters(in: .whitespaces) } ?? "unknown"
    #endif
  }
}
