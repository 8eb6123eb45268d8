import Basics
import Testing

@testable import Corpora

@Suite("Disjoint sets")
struct DisjointSetsTests {
  @Test("Random joins give the sets that relabelling one by one gives")
  func random() {
    var generator = SeededGenerator(seed: 5)
    for _ in 0..<50 {
      let count = 1 + generator.index(below: 30)
      var sets = DisjointSets(count: count)
      var labels = Array(0..<count)
      for _ in 0..<generator.index(below: 25) {
        let (one, other) = (generator.index(below: count), generator.index(below: count))
        sets.join(one, other)
        let (old, new) = (labels[one], labels[other])
        labels = labels.map { $0 == old ? new : $0 }
      }
      let expected = Set(labels).map { label in labels.indices.filter { labels[$0] == label } }.sorted { $0[0] < $1[0] }
      #expect(sets.sets == expected)
    }
  }

  @Test("Equal keys are joined, and what has none stays alone")
  func keys() {
    var sets = DisjointSets(count: 6)
    let keys = ["a", nil, "b", "a", nil, "b"]
    sets.join { keys[$0] }
    #expect(sets.sets == [[0, 3], [1], [2, 5], [4]])
  }
}
