#if MPI
  import Basics
  import CMPI
  import Foundation

  /// The processes that mpirun or srun started, by MPI. All calls come from the thread that made it.
  ///
  /// MPI demands of a sum that all ranks receive the same bits (MPI 4.1, section 6.9.6).
  struct MPIRanks: RankGroup {
    let rank, count: Int

    init() throws(RankError) {
      var (rank, count): (Int32, Int32) = (0, 1)
      guard undertone_mpi_start(&rank, &count) != 0 else { throw .noThreads }
      (self.rank, self.count) = (Int(rank), Int(count))
    }

    /// MPI counts with 32 bits.
    private static let most = 1 << 30

    private func inParts<Number>(
      _ numbers: UnsafeMutableBufferPointer<Number>, _ body: (UnsafeMutablePointer<Number>, Int32) -> Void
    ) {
      guard let start = numbers.baseAddress else { return }
      for place in stride(from: 0, to: numbers.count, by: Self.most) {
        body(start + place, Int32(min(Self.most, numbers.count - place)))
      }
    }

    func sum(_ numbers: UnsafeMutableBufferPointer<Float>) { inParts(numbers) { undertone_mpi_sum_floats($0, $1) } }
    func sum(_ numbers: UnsafeMutableBufferPointer<Double>) { inParts(numbers) { undertone_mpi_sum_doubles($0, $1) } }
    func broadcast(_ numbers: UnsafeMutableBufferPointer<Float>) {
      inParts(numbers) { undertone_mpi_broadcast($0, $1) }
    }

    func wait() { undertone_mpi_wait() }

    func send(_ bytes: Data, to rank: Int) {
      demand(bytes.count <= Self.most, "a message of \(bytes.count) bytes")
      bytes.withUnsafeBytes { undertone_mpi_send($0.baseAddress, Int32($0.count), Int32(rank)) }
    }

    func received() -> (rank: Int, bytes: Data)? {
      var count: Int32 = 0
      let rank = undertone_mpi_arrived(&count)
      guard rank >= 0 else { return nil }
      var bytes = Data(count: Int(count))
      bytes.withUnsafeMutableBytes { undertone_mpi_receive($0.baseAddress, count, rank) }
      return (Int(rank), bytes)
    }

    func end() {
      guard undertone_mpi_has_ended() == 0 else { return }
      undertone_mpi_wait()
      undertone_mpi_end()
    }

    func abort(status: Int32) -> Never {
      if undertone_mpi_has_ended() == 0 { undertone_mpi_abort(status) }
      exit(status)
    }
  }
#endif
