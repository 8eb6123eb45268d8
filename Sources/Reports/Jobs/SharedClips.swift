import Ranks

/// Clips that ranks share by need, each looked at by one of them. What there is to say of a clip is said at once by a rank by
/// itself; of several ranks the first one says it as it takes what was found, in the order of the clips.
struct SharedClips<Found: Codable & Sendable, Said: Codable & Sendable> {
  /// Finds what belongs to a clip, by its number, and says what there is to say of it; what it throws is why the clip failed,
  /// and what was found before counts.
  typealias Look = (_ number: Int, _ found: inout Found, _ say: (Said) throws -> Void) throws -> Void

  private struct Answer: Codable, Sendable {
    var found: Found
    var said: [Said] = []
    var failure: ToldError?
  }

  let ranks: any RankGroup
  /// What is found of a clip before anything is.
  let new: Found
  /// The exit status of an error.
  let status: (any Error) -> Int32
  /// Whether an error ends the run, and not the clip alone.
  let endsRun: (any Error) -> Bool

  init(
    on ranks: any RankGroup, new: Found, status: @escaping (any Error) -> Int32,
    endsRun: @escaping (any Error) -> Bool = { _ in false }
  ) {
    (self.ranks, self.new, self.status, self.endsRun) = (ranks, new, status, endsRun)
  }

  /// Hands out clips from a number on; the first rank calls this, the others ``takePart(_:)``.
  /// - Parameters:
  ///   - isWanted: As of `RankGroup.handOut`.
  ///   - look: Of several ranks it runs on another thread, and shares nothing that changes with the others.
  ///   - tell: Gets what was said of a clip.
  ///   - fail: Gets why a clip failed; of several ranks a ``ToldError``.
  ///   - take: Gets each number, what was found, and the exit status where the clip failed.
  func handOut(
    from start: Int, while isWanted: (Int) throws -> Bool, look: Look, tell: (Said) throws -> Void,
    fail: (any Error) -> Void, take: (Int, Found, Int32?) throws -> Void
  ) throws {
    let isShared = ranks.count > 1
    try ranks.handOut(from: start, while: isWanted) { number in
      isShared ? try answer(number, look) : try answer(number, look, tell, fail)
    } take: { number, answer in
      if isShared {
        for said in answer.said { try tell(said) }
        if let failure = answer.failure { fail(failure) }
      }
      try take(number, answer.found, answer.failure?.status)
    }
  }

  /// Looks at the clips that the first rank hands out, until there are no more.
  func takePart(_ look: Look) throws {
    try ranks.computeHandedOut { try answer($0, look) }
  }

  /// What was found of a clip, with what was said of it.
  private func answer(_ number: Int, _ look: Look) throws -> Answer {
    var said: [Said] = []
    var answer = try answer(number, look, { said.append($0) }, { _ in })
    answer.said = said
    return answer
  }

  /// What was found of a clip, of which everything is said.
  private func answer(
    _ number: Int, _ look: Look, _ say: (Said) throws -> Void, _ fail: (any Error) -> Void
  ) throws -> Answer {
    var answer = Answer(found: new)
    do {
      // A parameter that does not escape may not be given to another.
      try withoutActuallyEscaping(say) { try look(number, &answer.found, $0) }
    } catch  where !endsRun(error) {
      fail(error)
      answer.failure = ToldError(error, status: status)
    }
    return answer
  }
}
