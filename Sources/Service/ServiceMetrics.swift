import Basics

/// Counts of a service, as Prometheus reads them (text format 0.0.4).
final class ServiceMetrics: Sendable {
  private struct Route: Hashable {
    let path: String
    let status: Int
  }

  private struct Durations {
    var counts = [Int](repeating: 0, count: ServiceMetrics.edges.count + 1)
    var sum = 0.0
  }

  private struct Counts {
    var requests: [Route: Int] = [:]
    var durations: [String: Durations] = [:]
    var passes = 0, predictions = 0
  }

  /// Upper edges of the durations' buckets, in seconds.
  private static let edges = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

  private let counts = Locked(Counts())

  /// - Parameter path: The route's, not the request's, whose paths have no end.
  func add(path: String, status: Int, seconds: Double) {
    counts.withLock { counts in
      counts.requests[Route(path: path, status: status), default: 0] += 1
      let bucket = Self.edges.firstIndex { seconds <= $0 } ?? Self.edges.count
      counts.durations[path, default: Durations()].counts[bucket] += 1
      counts.durations[path, default: Durations()].sum += seconds
    }
  }

  /// A pass through a network with so many clips.
  func add(together clips: Int) {
    counts.withLock { counts in
      counts.passes += 1
      counts.predictions += clips
    }
  }

  /// - Parameters:
  ///   - models: Of the models' thread.
  ///   - edits: Of the thread that edits sounds.
  func text(models: ComputeThread.Load, edits: ComputeThread.Load) -> String {
    let (requests, durations, passes, predictions) = counts.withLock {
      ($0.requests, $0.durations, $0.passes, $0.predictions)
    }
    var lines = [
      "# HELP undertone_requests_total Requests answered, by route and status.",
      "# TYPE undertone_requests_total counter",
    ]
    lines += requests.sorted { ($0.key.path, $0.key.status) < ($1.key.path, $1.key.status) }.map {
      "undertone_requests_total{route=\"\($0.key.path)\",status=\"\($0.key.status)\"} \($0.value)"
    }
    lines += [
      "# HELP undertone_request_seconds Seconds from a request's head to the head of its answer.",
      "# TYPE undertone_request_seconds histogram",
    ]
    for (path, found) in durations.sorted(by: { $0.key < $1.key }) {
      var total = 0
      for (edge, count) in zip(Self.edges.map { "\($0)" } + ["+Inf"], found.counts) {
        total += count
        lines.append("undertone_request_seconds_bucket{route=\"\(path)\",le=\"\(edge)\"} \(total)")
      }
      lines += [
        "undertone_request_seconds_sum{route=\"\(path)\"} \(found.sum)",
        "undertone_request_seconds_count{route=\"\(path)\"} \(total)",
      ]
    }
    let single = [
      ("undertone_waiting", "gauge", "Jobs that wait for the models.", "\(models.waiting)"),
      (
        "undertone_long_running", "gauge", "Whether a long job is done, such as an explanation.",
        models.isLong ? "1" : "0"
      ),
      ("undertone_passes_total", "counter", "Passes of predictions through a network.", "\(passes)"),
      ("undertone_predictions_total", "counter", "Clips predicted in those passes.", "\(predictions)"),
      (
        "undertone_model_seconds_total", "counter", "Seconds for which the models' thread worked.",
        "\(models.computed)"
      ),
      ("undertone_edits_waiting", "gauge", "Sounds that wait to be edited.", "\(edits.waiting)"),
      ("undertone_edits_running", "gauge", "Whether a sound is edited.", edits.isLong ? "1" : "0"),
      ("undertone_edit_seconds_total", "counter", "Seconds for which sounds were edited.", "\(edits.computed)"),
    ]
    lines += single.flatMap { name, kind, help, value in
      ["# HELP \(name) \(help)", "# TYPE \(name) \(kind)", "\(name) \(value)"]
    }
    return lines.joined(separator: "\n") + "\n"
  }
}
