import Foundation

struct BenchmarkResult {
  let benchmark: BenchmarkCase
  let own: Contestant
  let peers: [Contestant]

  /// The fastest peer.
  var best: Contestant? { peers.min { $0.median < $1.median } }
}

/// The table that `make benchmark` prints, in 80 columns without the peer.
struct BenchmarkTable {
  /// 10⁹ floating-point operations a second.
  let peak: Double
  let rounds: Int
  let hasPeer: Bool

  var header: String {
    let top =
      "milliseconds a clip of 5 s or a figure, median of \(rounds) turns (lowest–highest); "
      + "matrix products reach \(Int(peak)) GFLOP/s"
    return [
      top, "", cells("", "work", "batch", "ms", "", "of peak", "memory", hasPeer ? ["Python", "", "ratio"] : []),
    ]
    .joined(separator: "\n")
  }

  var footer: String {
    """

    of peak: operations as the networks' formulas have them, beside those of a matrix product; the algorithms used may
    need fewer. memory: the most that the process held.
    """
  }

  func row(_ result: BenchmarkResult) -> String {
    let benchmark = result.benchmark
    let own = result.own.median
    let share = 2 * benchmark.multiplyAdds / (own / 1000) / (peak * 1e9)
    var peer: [String] = []
    if hasPeer {
      peer =
        result.best.map { [number($0.median), $0.name, String(format: "%.1f×", $0.median / own)] }
        ?? ["–", "", ""]
    }
    return cells(
      benchmark.subject, benchmark.work.rawValue, String(benchmark.batch), number(own),
      "(\(number(result.own.times.min()!))–\(number(result.own.times.max()!)))",
      share > 0 ? String(format: "%.0f %%", 100 * share) : "",
      result.own.peakMemory.map { String(format: "%.0f MB", Double($0) / 1e6) } ?? "", peer)
  }

  func json(_ result: BenchmarkResult) throws -> String {
    struct Line: Encodable {
      struct Side: Encodable {
        let name: String
        let median: Double
        let turns: [Double]
        let peakMemory: Int?

        init(_ contestant: Contestant) {
          name = contestant.name
          median = contestant.median
          turns = contestant.times
          peakMemory = contestant.peakMemory
        }
      }
      let subject, work: String
      let batch: Int
      let undertone: Side
      let peers: [Side]
      let ratio: Double?
    }
    let line = Line(
      subject: result.benchmark.subject, work: result.benchmark.work.rawValue, batch: result.benchmark.batch,
      undertone: .init(result.own), peers: result.peers.map(Line.Side.init),
      ratio: result.best.map { $0.median / result.own.median })
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys]
    encoder.keyEncodingStrategy = .convertToSnakeCase
    return String(decoding: try encoder.encode(line), as: UTF8.self)
  }

  private func number(_ milliseconds: Double) -> String {
    String(format: milliseconds < 10 ? "%.2f" : milliseconds < 100 ? "%.1f" : "%.0f", milliseconds)
  }

  private func cells(
    _ subject: String, _ work: String, _ batch: String, _ time: String, _ spread: String, _ share: String,
    _ memory: String, _ peer: [String]
  ) -> String {
    func left(_ text: String, _ width: Int) -> String {
      text + String(repeating: " ", count: max(0, width - text.count))
    }
    func right(_ text: String, _ width: Int) -> String {
      String(repeating: " ", count: max(0, width - text.count)) + text
    }
    var line = left(subject, 14) + left(work, 21) + right(batch, 5) + right(time, 8) + " " + left(spread, 14)
    line += right(share, 7) + right(memory, 9)
    if peer.count == 3 { line += right(peer[0], 10) + " " + left(peer[1], 21) + right(peer[2], 6) }
    return line
  }
}
