import AudioFiles
import Basics
import Figures
import Foundation
import Models

/// A recording in a page with what is predicted of each window of it.
struct PageTimeline: Encodable {
  /// Seconds of sound that a page's recordings have room for together: 4 MB.
  static let soundRoom = 120.0

  struct Window: Encodable {
    /// Seconds of the recording.
    let start, end: Double
    /// By class and by dimension; nil of silence.
    let probabilities, values: [Double]?
  }

  let name: String
  /// Seconds.
  let duration: Double
  let classes, dimensions: [String]
  let windows: [Window]
  /// The recording's beginning, or all of it; nil where there was no room.
  let sound: PageSound?

  /// - Parameters:
  ///   - places: The windows of the timeline, in seconds.
  ///   - path: The recording's file.
  ///   - seconds: How much of it may be heard.
  init(
    _ timeline: PredictionTimeline, places: [Range<Double>], path: String, sampleRate: Int, seconds: Double
  ) throws {
    name = visible(shownName(path))
    duration = timeline.duration
    (classes, dimensions) = (timeline.emotions.map(visible), timeline.dimensions.map(visible))
    windows = places.indices.map { index in
      Window(
        start: places[index].lowerBound, end: places[index].upperBound,
        probabilities: timeline.emotions.isEmpty ? nil : timeline.probabilities[index],
        values: timeline.dimensions.isEmpty ? nil : timeline.values[index])
    }
    guard seconds > 0 else {
      sound = nil
      return
    }
    var samples: [Float] = []
    let stream = try AudioStream(path: path, resampledTo: sampleRate, limit: seconds)
    while try stream.read(into: &samples) {}
    sound = try PageSound(samples, sampleRate: sampleRate)
  }

  /// Seconds that can be heard.
  var heard: Double { sound.map { Double($0.differences.count) / Double($0.sampleRate) } ?? 0 }
}

extension Page {
  /// Adds the timeline's figure, its numbers as a table, and the view in which it is heard as far as there is room.
  /// - Parameters:
  ///   - places: The windows of the timeline, in seconds.
  ///   - path: The recording's file.
  public mutating func add(
    _ timeline: PredictionTimeline, places: [Range<Double>], of path: String, sampleRate: Int
  ) throws {
    let room = PageTimeline.soundRoom - timelines.reduce(0) { $0 + $1.heard }
    let held = try PageTimeline(timeline, places: places, path: path, sampleRate: sampleRate, seconds: max(0, room))
    if timelines.isEmpty { sections.insert(.timelines, at: 0) }
    timelines.append(held)
    try add(timeline)
    addTable(
      path,
      [["start", "end"] + timeline.emotions + timeline.dimensions]
        + held.windows.map { window in
          let numbers = (window.probabilities ?? []) + (window.values ?? [])
          return [window.start, window.end].map { String(format: "%.2f", $0) }
            + (numbers.isEmpty
              ? Array(repeating: "", count: timeline.emotions.count + timeline.dimensions.count)
              : numbers.map { String($0) })
        })
  }
}
