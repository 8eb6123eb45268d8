import Foundation

/// A program that was started as one of several ranks, and cannot be, or ranks that cannot work together.
public enum RankError: Error, Equatable, CustomStringConvertible {
  /// A program without MPI.
  case noMPI
  /// An MPI that allows no threads, which computing needs.
  case noThreads
  /// Ranks that were not asked the same.
  case differ
  /// A folder that is not the first rank's on all of them, or that one of them cannot write into.
  case folder(String)
  /// What another rank could not compute.
  case failed(rank: Int, reason: String)

  public var description: String {
    switch self {
    case .noMPI:
      "this program was built without MPI, and cannot be one of several ranks; build it with `swift build -c release "
        + "--product undertone --traits MPI`"
    case .noThreads: "this MPI allows no threads beside the one that calls it (MPI_THREAD_FUNNELED)"
    case .differ: "the ranks have not the same models, clips or options; all of them need the same command and files"
    case .folder(let path):
      "\(path): not all ranks see this folder of the first one and can write into it, as each has to"
    case .failed(let rank, let reason): "on rank \(rank): \(reason)"
    }
  }
}

/// The group that this process was started in, by mpirun or by Slurm's srun; a rank by itself where it was not. Call it once, on
/// the thread that will make all calls.
public func startedRanks() throws(RankError) -> any RankGroup {
  // Begun without need, MPI takes a third of a second, and may print what it misses on this machine.
  let marks = ["OMPI_COMM_WORLD_SIZE", "PMIX_RANK", "PMI_RANK"]
  let settings = ProcessInfo.processInfo.environment
  guard marks.contains(where: { settings[$0] != nil }) else { return SingleRank() }
  #if MPI
    let ranks = try MPIRanks()
    guard ranks.count == 1 else { return ranks }
    ranks.end()
    return SingleRank()
  #else
    // One process by mpirun needs no MPI.
    let sizes = ["OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "SLURM_STEP_NUM_TASKS"].compactMap { settings[$0] }
    guard sizes.compactMap(Int.init).allSatisfy({ $0 < 2 }) else { throw .noMPI }
    return SingleRank()
  #endif
}
