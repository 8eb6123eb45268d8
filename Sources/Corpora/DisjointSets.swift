/// The numbers 0..<count in sets that are joined: union-find with path halving (Tarjan 1975).
struct DisjointSets {
  private var parents: [Int]

  init(count: Int) { parents = Array(0..<count) }

  /// The smallest number of the set that has the number.
  mutating func first(of number: Int) -> Int {
    var number = number
    while parents[number] != number {
      parents[number] = parents[parents[number]]
      number = parents[number]
    }
    return number
  }

  mutating func join(_ one: Int, _ other: Int) {
    let (one, other) = (first(of: one), first(of: other))
    parents[max(one, other)] = min(one, other)
  }

  /// Joins the numbers whose keys are equal; nil is equal to nothing.
  mutating func join<Key: Hashable>(by key: (Int) -> Key?) {
    var firsts: [Key: Int] = [:]
    for number in parents.indices {
      guard let key = key(number) else { continue }
      if let first = firsts[key] { join(first, number) } else { firsts[key] = number }
    }
  }

  /// The sets, each ascending, in the order of their first numbers.
  var sets: [[Int]] {
    mutating get {
      var places: [Int: Int] = [:]
      var sets: [[Int]] = []
      for number in parents.indices {
        let first = first(of: number)
        if let place = places[first] {
          sets[place].append(number)
        } else {
          places[first] = sets.count
          sets.append([number])
        }
      }
      return sets
    }
  }
}
