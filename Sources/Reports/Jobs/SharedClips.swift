import Ranks

/// Clips that ranks share by need, each looked at by one of them. What there is to say of a clip is said at once by a rank by
/// itself; of several ranks the first one says it as it takes what was found, in the order of the clips.
struct SharedClips<Work: Codable & Sendable, Found: Codable & Sendable, Said: Codable & Sendable> {
  /// Finds what belongs to a clip, by the work that it is, and says what there is to say of it; what it throws is why the clip
  /// failed, and what was found before counts.
  typealias Look = (_ work: Work, _ found: inout Found, _ say: (Said) throws -> Void) throws -> Void

  private struct Answer: Codable, Sendable {
    var found: Found
    var said: [Said] = []
    var failure: ToldError?
  }

  let ranks: any RankGroup
  /// What is found of a clip before anything is.
  let new: Found
  /// How an error is told.
  let told: (any Error) -> ToldError
  /// Whether an error ends the run, and not the clip alone.
  let endsRun: (any Error) -> Bool

  init(
    on ranks: any RankGroup, new: Found, told: @escaping (any Error) -> ToldError,
    endsRun: @escaping (any Error) -> Bool = { _ in false }
  ) {
    (self.ranks, self.new, self.told, self.endsRun) = (ranks, new, told, endsRun)
  }

  /// Hands out clips from a number on; the first rank calls this, the others ``takePart(_:)``.
  /// - Parameters:
  ///   - next: As of `RankGroup.handOut`.
  ///   - look: Of several ranks it runs on another thread, and shares nothing that changes with the others.
  ///   - tell: Gets what was said of a clip.
  ///   - join: Of several ranks gets what was found of a clip, once it was told, and returns why the clip fails where only the
  ///     first rank can know it; then that counts, and not what another rank says.
  ///   - fail: Gets why a clip failed; of several ranks a ``ToldError``.
  ///   - take: Gets each number, what was found, and the exit status where the clip failed.
  func handOut(
    from start: Int, next: (Int) throws -> Work?, look: Look, tell: (Said) throws -> Void,
    join: (Found) throws -> ToldError? = { _ in nil }, fail: (any Error) -> Void,
    take: (Int, Found, Int32?) throws -> Void
  ) throws {
    let isShared = ranks.count > 1
    try ranks.handOut(from: start, next: next) { work in
      isShared ? try answer(work, look) : try answer(work, look, tell, fail)
    } take: { number, answer in
      var failure = answer.failure
      if isShared {
        for said in answer.said { try tell(said) }
        failure = try join(answer.found) ?? failure
        if let failure { fail(failure) }
      }
      try take(number, answer.found, failure?.status)
    }
  }

  /// Looks at the clips that the first rank hands out, until there are no more.
  func takePart(_ look: Look) throws {
    try ranks.computeHandedOut { try answer($0, look) }
  }

  /// What was found of a clip, with what was said of it.
  private func answer(_ work: Work, _ look: Look) throws -> Answer {
    var said: [Said] = []
    var answer = try answer(work, look, { said.append($0) }, { _ in })
    answer.said = said
    return answer
  }

  /// What was found of a clip, of which everything is said.
  private func answer(
    _ work: Work, _ look: Look, _ say: (Said) throws -> Void, _ fail: (any Error) -> Void
  ) throws -> Answer {
    var answer = Answer(found: new)
    do {
      // A parameter that does not escape may not be given to another.
      try withoutActuallyEscaping(say) { try look(work, &answer.found, $0) }
    } catch  where !endsRun(error) {
      fail(error)
      answer.failure = told(error)
    }
    return answer
  }
}
