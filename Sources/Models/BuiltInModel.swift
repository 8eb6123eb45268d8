import Foundation

extension TrainedModel {
  /// The CNNASP that comes with the program, trained by it on RAVDESS; its card stands beside its weights.
  public static func builtIn() throws -> TrainedModel {
    // Not by `Bundle.module`, which ends the program where its folder is gone: a program may be copied without it.
    let beside = ["resources", "bundle"].map {
      Bundle.main.bundleURL.appendingPathComponent("undertone_Models.\($0)/BuiltIn").path
    }
    let source = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("BuiltIn")
    let folder = (beside + [source.path]).first { FileManager.default.fileExists(atPath: $0) }
    return try TrainedModel(folder: folder ?? beside[0], name: "built-in")
  }
}
