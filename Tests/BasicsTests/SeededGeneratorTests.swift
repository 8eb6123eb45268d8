import Basics
import Testing

@Suite("Seeded generator")
struct SeededGeneratorTests {
  @Test("The first numbers of seed 1234567 are those of the published SplitMix64")
  func published() {
    var generator = SeededGenerator(seed: 1_234_567)
    let numbers = (0..<5).map { _ in generator.next() }
    #expect(
      numbers == [
        6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
        4_593_380_528_125_082_431, 16_408_922_859_458_223_821,
      ])
  }

  @Test("Names have numbers of their own, as seeds have")
  func names() {
    func first(_ seed: UInt64, _ name: String) -> UInt64 {
      var generator = SeededGenerator(seed: seed, of: name)
      return generator.next()
    }
    #expect(first(1, "a.wav") == first(1, "a.wav"))
    #expect(Set([first(1, "a.wav"), first(1, "b.wav"), first(2, "a.wav")]).count == 3)
  }

  @Test("Uniform and normal numbers have their means and deviations")
  func moments() {
    var generator = SeededGenerator(seed: 1)
    let uniform = (0..<20_000).map { _ in generator.uniform() }
    let normal = (0..<20_000).map { _ in generator.normal(mean: 3, deviation: 2) }
    func mean(_ numbers: [Double]) -> Double { numbers.reduce(0, +) / Double(numbers.count) }
    func deviation(_ numbers: [Double]) -> Double {
      let center = mean(numbers)
      return mean(numbers.map { ($0 - center) * ($0 - center) }).squareRoot()
    }
    #expect(uniform.allSatisfy { (0..<1).contains($0) })
    // Four standard errors.
    #expect(abs(mean(uniform) - 0.5) < 0.0082 && abs(deviation(uniform) - 0.2887) < 0.004)
    #expect(abs(mean(normal) - 3) < 0.057 && abs(deviation(normal) - 2) < 0.04)
  }

  @Test("Normal numbers made on all cores are those made one by one, and the generator goes on after them")
  func normals() {
    for count in [0, 1, 4095, 4097, 50_000] {
      var (one, many) = (SeededGenerator(seed: 7), SeededGenerator(seed: 7))
      let expected = (0..<count).map { _ in Float(3 * one.normal()) }
      #expect(many.normals(count, deviation: 3) == expected)
      #expect(many == one)
    }
  }

  @Test("A shuffle keeps the elements, and every order comes about equally often")
  func shuffles() {
    var generator = SeededGenerator(seed: 2)
    var counts: [[Int]: Int] = [:]
    for _ in 0..<6_000 { counts[generator.shuffled(1...3), default: 0] += 1 }
    #expect(counts.count == 6)
    #expect(counts.values.allSatisfy { abs($0 - 1_000) < 130 })
  }
}
