import AudioFeatures
import Basics
import Corpora
import Foundation
import Layers
import Tensors

/// `config.json` of a model's folder. Only `architecture` is required.
public struct ModelConfiguration: Codable, Equatable, Sendable {
  public var architecture: Architecture
  /// The names of the outputs, in their order.
  public var classes: [String]
  public var frontEnd: FrontEnd
  /// What is known of how it came to be: recipe, data, seed, versions.
  public var training: [String: String]

  /// The seven of the report.
  public static let emotions = Emotion.allCases.map(\.rawValue)

  public init(
    architecture: Architecture, classes: [String] = Self.emotions, frontEnd: FrontEnd = FrontEnd(),
    training: [String: String] = [:]
  ) {
    (self.architecture, self.classes, self.frontEnd, self.training) = (
      architecture, classes, frontEnd, training
    )
  }

  enum CodingKeys: String, CodingKey {
    case architecture, classes, training
    case frontEnd = "front_end"
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    architecture = try container.decode(Architecture.self, forKey: .architecture)
    classes = try container.decodeIfPresent([String].self, forKey: .classes) ?? Self.emotions
    frontEnd = try container.decodeIfPresent(FrontEnd.self, forKey: .frontEnd) ?? FrontEnd()
    training = try container.decodeIfPresent([String: String].self, forKey: .training) ?? [:]
  }

  /// Throws where no model can be made of what a file says.
  /// - Parameter path: Of the file, for errors.
  public func check(path: String) throws(CheckpointError) {
    func wrong(_ reason: String) -> CheckpointError { .configuration(path: path, reason: reason) }
    guard classes.count >= 2 else { throw wrong("it names fewer than two classes") }
    guard Set(classes).count == classes.count else { throw wrong("it names a class twice") }
    guard frontEnd == FrontEnd() else { throw wrong("its front-end is not the one that Undertone computes") }
  }
}

/// What is wrong with a model's folder.
public enum CheckpointError: Error, CustomStringConvertible, Equatable {
  case noSuchFolder(path: String)
  case noConfiguration(path: String)
  case noWeights(path: String)
  case file(FileError)
  case configuration(path: String, reason: String)
  case architecture(path: String, found: String)
  case missing(path: String, name: String)
  case unexpected(path: String, name: String)
  case shape(path: String, name: String, expected: [Int], found: [Int])
  case element(path: String, name: String, expected: StoredTensor.Element, found: StoredTensor.Element)
  case notFinite(path: String, name: String)
  /// A number of batches that is negative, or too large to be counted on.
  case count(path: String, name: String)

  public var description: String {
    switch self {
    case .noSuchFolder(let path): "\(path): no such model folder"
    case .noConfiguration(let path): "\(path): not a model folder: it has no config.json"
    case .noWeights(let path): "\(path): not a whole model folder: it has no model.safetensors"
    case .file(let error): "\(error)"
    case .configuration(let path, let reason): "\(path): \(reason)"
    case .architecture(let path, let found):
      "\(path): the architecture \"\(found)\" is not known; known are "
        + Architecture.allCases.map(\.rawValue).joined(separator: ", ")
    case .missing(let path, let name): "\(path): the tensor \(name) is missing"
    case .unexpected(let path, let name): "\(path): the tensor \(name) does not belong to this architecture"
    case .shape(let path, let name, let expected, let found):
      "\(path): the tensor \(name) has shape \(found), and the architecture needs \(expected)"
    case .element(let path, let name, let expected, let found):
      "\(path): the tensor \(name) is of type \(found.rawValue), and the architecture needs \(expected.rawValue)"
    case .count(let path, let name): "\(path): the tensor \(name) is no number of batches"
    case .notFinite(let path, let name): "\(path): the tensor \(name) holds NaN or infinite values"
    }
  }
}

extension EmotionModel {
  /// The parameters as they stand in `model.safetensors`.
  public var storedTensors: [String: StoredTensor] {
    Dictionary(
      uniqueKeysWithValues: namedParameters.map { name, parameter in
        (
          name,
          parameter.role == .counter
            ? StoredTensor(Int(parameter.value.scalar)) : StoredTensor(parameter.value)
        )
      })
  }

  /// Takes all parameters from a checkpoint, or none of them.
  /// - Parameter path: Of the file, for errors.
  public func load(_ tensors: [String: StoredTensor], path: String) throws(CheckpointError) {
    try check(tensors, path: path)
    for (name, parameter) in namedParameters { parameter.value = tensors[name]!.tensor }
  }

  /// Throws where a checkpoint does not hold this network's parameters, all of them and nothing else.
  /// - Parameter path: Of the file, for errors.
  public func check(_ tensors: [String: StoredTensor], path: String) throws(CheckpointError) {
    let own = namedParameters
    for (name, parameter) in own {
      guard let stored = tensors[name] else { throw .missing(path: path, name: name) }
      guard stored.shape == parameter.shape else {
        throw .shape(path: path, name: name, expected: parameter.shape, found: stored.shape)
      }
      let element: StoredTensor.Element = parameter.role == .counter ? .int64 : .float32
      guard stored.element == element else {
        throw .element(path: path, name: name, expected: element, found: stored.element)
      }
      guard stored.tensor.isFinite else { throw .notFinite(path: path, name: name) }
      // The greatest I64 is a float that is no Int any more.
      if parameter.role == .counter, Int(exactly: stored.tensor.scalar).map({ $0 < 0 }) ?? true {
        throw .count(path: path, name: name)
      }
    }
    let known = Set(own.map(\.name))
    if let stranger = tensors.keys.filter({ !known.contains($0) }).min() {
      throw .unexpected(path: path, name: stranger)
    }
  }
}
