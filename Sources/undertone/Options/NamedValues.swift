import ArgumentParser
import Foundation
import Models

/// "mel,mfcc" or "all".
func inputSpaces(_ text: String) throws -> [InputSpace] {
  text == "all" ? InputSpace.allCases : try several(text, kind: "input")
}

/// Names with commas between, as values in their own order, each once.
func several<Value: CaseIterable & RawRepresentable<String> & Hashable>(
  _ text: String, kind: String
) throws -> [Value] {
  let names = text.split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
  let known = Value.allCases.map(\.rawValue).joined(separator: ", ")
  guard !names.isEmpty else { throw ValidationError("no \(kind) is named; there are \(known)") }
  let values = try names.map { name in
    guard let value = Value(rawValue: name) else {
      throw ValidationError("there is no \(kind) \"\(name)\"; there are \(known)")
    }
    return value
  }
  return Value.allCases.filter(values.contains)
}

extension InputSpace: ExpressibleByArgument {}
