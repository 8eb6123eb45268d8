/// A converter of one channel from one sample rate to another, fed block by block.
protocol Resampler: AnyObject {
  /// Appends the samples that can be computed from what has been fed so far.
  func feed(_ block: ArraySlice<Float>, into samples: inout [Float])

  /// Ends the signal, at ⌈fed · target / source⌉ samples in all.
  func finish(into samples: inout [Float])
}

/// The fastest converter between two rates, whose ratio must be in 1/256…256. All give libsamplerate's best result.
func resampler(from sourceRate: Int, to targetRate: Int) -> any Resampler {
  PolyphaseFilter.between(sourceRate, targetRate).map(PolyphaseResampler.init)
    ?? StepwiseResampler(from: sourceRate, to: targetRate)
}
