import Basics
import CSampleRate

/// libsamplerate's best sinc converter, for any ratio: it computes the weights anew for each output sample.
final class StepwiseResampler: Resampler {
  private let state: OpaquePointer
  private let sourceRate: Int
  private let targetRate: Int
  private var framesFed = 0
  private var framesMade = 0
  private var made = [Float](repeating: 0, count: 65_536)

  /// The ratio of the rates must be in 1/256…256.
  init(from sourceRate: Int, to targetRate: Int) {
    var code: Int32 = 0
    guard let state = src_new(Int32(SRC_SINC_BEST_QUALITY), 1, &code) else {
      fault("libsamplerate: \(String(cString: src_strerror(code)))")
    }
    self.state = state
    self.sourceRate = sourceRate
    self.targetRate = targetRate
  }

  deinit { src_delete(state) }

  func feed(_ block: ArraySlice<Float>, into samples: inout [Float]) {
    framesFed += block.count
    convert(block, isLast: false, into: &samples)
  }

  /// Ends the signal, at ⌈fed · target / source⌉ samples in all.
  func finish(into samples: inout [Float]) {
    let length = (framesFed * targetRate + sourceRate - 1) / sourceRate
    // The converter rounds the length down. Silence for two more samples makes it interpolate the last.
    let silence = [Float](repeating: 0, count: 2 * (sourceRate / targetRate + 1))
    convert(silence[...], isLast: true, into: &samples)
    let surplus = framesMade - length
    if surplus > 0 { samples.removeLast(surplus) }
    if surplus < 0 { samples.append(contentsOf: repeatElement(0, count: -surplus)) }
  }

  private func convert(_ block: ArraySlice<Float>, isLast: Bool, into samples: inout [Float]) {
    block.withUnsafeBufferPointer { input in
      var consumed = 0
      while true {
        let capacity = made.count
        let gained = made.withUnsafeMutableBufferPointer { output in
          var data = SRC_DATA()
          data.data_in = input.baseAddress.map { $0 + consumed }
          data.input_frames = input.count - consumed
          data.data_out = output.baseAddress
          data.output_frames = capacity
          data.src_ratio = Double(targetRate) / Double(sourceRate)
          data.end_of_input = isLast ? 1 : 0
          let code = src_process(state, &data)
          demand(code == 0, "libsamplerate: \(src_strerror(code).map { String(cString: $0) } ?? "")")
          consumed += data.input_frames_used
          return data.output_frames_gen
        }
        samples.append(contentsOf: made[..<gained])
        framesMade += gained
        if consumed == input.count && gained < capacity { break }
      }
    }
  }
}
