import Attributions
import AudioFeatures
import AudioFiles
import Basics
import Corpora
import Models
import Tensors

/// What there is to know of a model without running it.
public struct ServedModel: Sendable, Encodable {
  /// The name in requests.
  public let name: String
  let title: String
  /// A digest of the weights, with the precision where it is not float32.
  let digest: String
  let classes, dimensions: [String]
  /// Hz.
  let sampleRate: Int
  /// What can be explained.
  let inputs: [InputSpace]
  let trimming: Trimming
  private let configuration: ModelConfiguration

  init(_ model: TrainedModel, as name: String) {
    (self.name, title, digest) = (name, model.title, model.digest)
    (classes, dimensions) = (model.classes, model.dimensions)
    configuration = model.configuration
    (sampleRate, trimming) = (configuration.frontEnd.sampleRate, configuration.trimming)
    let isHeard = model.kind.inputs.contains { [.mel, .mfcc].contains($0) }
    inputs = isHeard ? InputSpace.allCases : [.waveform, .spectrogram]
  }

  /// The samples that the model reads of speech: it cuts, or fills up, to what it takes.
  func length(of speech: AudioClip) -> Int { configuration.fitted(speech.samples).count }

  private enum CodingKeys: CodingKey { case name, title, digest, classes, dimensions, sampleRate, inputs }
}

extension TrainedModel {
  /// The model with weights of its own: those that are mapped from a file go with it, and whoever writes over the file ends
  /// the process.
  fileprivate func inMemory() -> TrainedModel {
    for parameter in network.parameters {
      parameter.value = Tensor(parameter.value.floats, shape: parameter.shape)
    }
    return self
  }
}

/// The models of a service, warm, by their names. They are used on the models' thread alone; another thread has a shelf without.
public final class ModelShelf {
  /// A model and how it is loaded again.
  public struct Entry {
    let name: String
    let load: @Sendable () throws -> TrainedModel
    fileprivate var model: TrainedModel

    public init(_ name: String, load: @escaping @Sendable () throws -> TrainedModel) throws {
      (self.name, self.load) = (name, { try load().inMemory() })
      model = try self.load()
    }
  }

  private var entries: [Entry]
  /// What is done in a pause of a long job; throws where the job is to end.
  var atPause: (() throws(MethodError) -> Void)?

  /// - Parameter entries: At least one; the first is the one that is used where none is named.
  public init(_ entries: [Entry]) {
    demand(!entries.isEmpty, "a service without a model")
    self.entries = entries
  }

  /// A shelf without models.
  init() { entries = [] }

  var served: [ServedModel] { entries.map { ServedModel($0.model, as: $0.name) } }

  /// The model that a request was read for.
  func model(_ served: ServedModel) throws(RequestFault) -> TrainedModel {
    guard let entry = entries.first(where: { $0.name == served.name }) else { throw noModel(served.name) }
    guard entry.model.digest == served.digest else { throw .exchanged }
    return entry.model
  }

  /// For long jobs, between two passes through a network: quick work is done, whose sender need not wait for the whole job.
  /// - Throws: ``MethodError/stopped`` where nobody waits for the job, or where it takes too long; it ends then.
  func pause() throws(MethodError) {
    try atPause?()
  }

  private func noModel(_ name: String) -> RequestFault { .noModel(name, among: entries.map(\.name)) }

  /// Loads a model's files again; where they cannot be read, the model stays as it is.
  func reload(_ name: String) throws(RequestFault) {
    guard let place = entries.firstIndex(where: { $0.name == name }) else { throw noModel(name) }
    do {
      entries[place].model = try entries[place].load()
    } catch {
      throw RequestFault(.conflict, "model", "\(name) stays as it is, as its files cannot be read")
    }
  }
}
