import ArgumentParser
import Foundation
import Models

/// "mel,mfcc" or "all".
func inputSpaces(_ text: String) throws -> [InputSpace] {
  text == "all" ? InputSpace.allCases : try several(text, kind: "input")
}

/// Names with commas between, as values in their own order, each once.
func several<Value: CaseIterable & RawRepresentable<String>>(
  _ text: String, kind: String
) throws -> [Value] {
  let names = try several(text, of: Value.allCases.map(\.rawValue), kind: kind)
  return names.compactMap(Value.init)
}

/// Names with commas between, in the order of `known`, each once.
func several(_ text: String, of known: [String], kind: String) throws -> [String] {
  let names = text.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
  let list = known.joined(separator: ", ")
  guard !names.isEmpty else { throw ValidationError("no \(kind) is named; there are \(list)") }
  if let stranger = names.first(where: { !known.contains($0) }) {
    throw ValidationError("there is no \(kind) \"\(stranger)\"; there are \(list)")
  }
  return known.filter(names.contains)
}

extension InputSpace: ExpressibleByArgument {}
