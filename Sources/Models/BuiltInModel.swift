import Foundation

extension TrainedModel {
  /// The CNNATT that comes with the program, trained by it on RAVDESS; its card stands beside its weights.
  public static func builtIn() throws -> TrainedModel {
    guard let folder = Bundle.module.path(forResource: "BuiltIn", ofType: nil) else {
      throw CheckpointError.noSuchFolder(path: "the built-in model")
    }
    return try TrainedModel(folder: "\(folder)/cnnatt", name: "built-in")
  }
}
