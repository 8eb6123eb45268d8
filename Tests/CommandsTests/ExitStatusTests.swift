import AudioFiles
import Basics
import Corpora
import Figures
import Models
import Ranks
import Tensors
import Testing
import Training

@testable import undertone

@Suite("Exit statuses")
struct ExitStatusTests {
  @Test("What is not there is 66, bad data 65, what cannot be written 73, wrong usage 64, a fault of the program 70")
  func statuses() {
    struct Unknown: Error {}
    let unreadable = FileError.unreadable(path: "x", reason: "no")
    let statuses: [(any Error, Int32)] = [
      (AudioFileError.noSuchFile(path: "x"), 66), (AudioFileError.emptyFile(path: "x"), 65),
      (AudioFileError.damaged(path: "x", seconds: 1, reason: "no"), 65), (AudioFileError.file(unreadable), 66),
      (AudioFileError.file(.diskFull(path: "x")), 73), (ManifestError.noSuchManifest(path: "x"), 66),
      (ManifestError.noSuchFolder(path: "x"), 66), (ManifestError.notUTF8(path: "x"), 65),
      (ManifestError.file(.unwritable(path: "x", reason: "no")), 73), (FigureError.noSuchFile(path: "x"), 66),
      (FigureError.empty(name: "x"), 65), (FigureError.drawing(reason: "no"), 70),
      (FigureError.file(.noSuchFolder(path: "x/y", folder: "x")), 73),
      (TensorFileError.malformed(path: "x", reason: "no"), 65), (TensorFileError.file(unreadable), 66),
      (CheckpointError.noSuchFolder(path: "x"), 66), (CheckpointError.noWeights(path: "x"), 65),
      (TrainingError.nothingToResume(folder: "x"), 66), (TrainingError.alreadyFinished(folder: "x", epochs: 1), 64),
      (TrainingError.file(.diskFull(path: "x")), 73), (TrainingError.noValidationClips, 65), (unreadable, 66),
      (FileError.diskFull(path: "x"), 73), (Unknown(), 70), (RankError.differ, 64), (RankError.folder("x"), 73),
      (RankError.failed(rank: 1, reason: "no"), 70),
    ]
    for (error, status) in statuses { #expect(Console.exitStatus(error) == status, "\(error)") }
  }
}
