import ArgumentParser
import Foundation
import Models

/// "mel,mfcc" or "all": what a model can be explained at. Where nothing is named, those of `standard` that it can.
func inputSpaces(_ text: String?, of model: TrainedModel, standard: [InputSpace]) throws -> [InputSpace] {
  // A map on the mel is there for every model.
  let places = InputSpace.allCases.filter { model.kind.places.contains($0) || $0 == .mel }
  guard let text else { return standard.filter(places.contains) }
  let named: [InputSpace] = text == "all" ? places : try several(text, kind: "input")
  if let other = named.first(where: { !places.contains($0) }) {
    throw ValidationError(
      "\(model.title) reads the waveform: no \(other.rawValue) is on its way; it can be explained at "
        + places.map(\.rawValue).joined(separator: ", "))
  }
  return named
}

/// The only input of a command that changes inputs: the one that is named, or the mel, and where a model reads the
/// waveform only, the spectrogram.
func inputSpace(_ named: InputSpace?, of model: TrainedModel) throws -> InputSpace {
  let places = model.kind.places
  guard let named else { return places.contains(.mel) ? .mel : .spectrogram }
  guard places.contains(named) else {
    throw ValidationError(
      "\(model.title) reads the waveform: no \(named.rawValue) is on its way; --input takes "
        + places.map(\.rawValue).joined(separator: ", "))
  }
  return named
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

/// Numbers with commas between, each once.
/// - Parameter words: The range, where its numbers do not read well.
func numbers(
  _ text: String, _ option: String, in range: ClosedRange<Double>, words: String? = nil
) throws -> [Double] {
  let limits = words ?? "\(range.lowerBound.formatted()) to \(range.upperBound.formatted())"
  var found: [Double] = []
  for word in text.split(separator: ",", omittingEmptySubsequences: false) {
    let word = word.trimmingCharacters(in: .whitespaces)
    guard let number = Double(word), range.contains(number) else {
      throw ValidationError("\(option): \"\(word)\" is no number from \(limits)")
    }
    if !found.contains(number) { found.append(number) }
  }
  return found
}

extension InputSpace: ExpressibleByArgument {}
