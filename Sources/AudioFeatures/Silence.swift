/// Whether a signal is silent: no sample is above −100 dB of full scale.
public func isSilent(_ signal: [Float]) -> Bool { !signal.contains { abs($0) > 1e-5 } }
