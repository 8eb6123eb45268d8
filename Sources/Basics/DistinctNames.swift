import Foundation

/// Names for folders: for each, as many of its last path components as make it differ from all others.
public func distinctNames(of folders: [String]) -> [String] {
  let components = folders.map { URL(fileURLWithPath: $0).standardized.pathComponents.filter { $0 != "/" } }
  return components.indices.map { own in
    let shared = components.indices.filter { $0 != own }.map { other in
      zip(components[own].reversed(), components[other].reversed()).prefix { $0 == $1 }.count
    }
    return components[own].suffix((shared.max() ?? 0) + 1).joined(separator: "/")
  }
}
