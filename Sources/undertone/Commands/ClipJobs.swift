import Corpora
import Models
import Reports

/// Shows what a ``ClipJob`` reports.
func tell<Row>(_ event: ClipJob<Row>.Event, _ bar: ProgressBar) {
  switch event {
  case .resumed(let clips): Console.note("undertone: resuming after \(clips) clips")
  case .progress(let done): bar.show(done)
  case .cut(let path, let seconds): noteCut(path, seconds: seconds)
  case .failed(let error): Console.report(error)
  }
}

extension TrainedModel {
  /// What a run is asked for, as far as the model and the clips say it.
  func asked(source: String, manifest: Manifest) -> [String] {
    provenance(source: source, manifest: manifest).filter { $0.key != "Command" }.sorted { $0.key < $1.key }
      .map { "\($0.key): \($0.value)" }
  }
}
