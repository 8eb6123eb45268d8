import Attributions
import Basics

/// An attribution method that requests may name.
struct ServedMethod: Encodable {
  let name, summary, source, cost: String

  static let all = AttributionMethods.all.map { $0.description }.map {
    ServedMethod(name: $0.name, summary: $0.summary, source: $0.source, cost: $0.cost)
  }

  /// The name of a method that there is; saliency where none is given.
  static func named(_ name: String?) throws(RequestFault) -> String {
    guard let name else { return Saliency.name }
    guard all.contains(where: { $0.name == name }) else {
      throw .wrong("method", "there is no method \"\(visible(String(name.prefix(64))))\"; see /v1/methods")
    }
    return name
  }
}
