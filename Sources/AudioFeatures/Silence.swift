/// Whether there is nothing in a signal that a model could hear: no sample above −100 dB of full scale.
public func isSilent(_ signal: [Float]) -> Bool { !signal.contains { abs($0) > 1e-5 } }
