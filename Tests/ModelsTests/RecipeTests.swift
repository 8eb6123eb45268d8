import Models
import Testing

@Suite struct RecipeTests {
  @Test("The first setting that cannot be followed has its key and its range")
  func problems() {
    func problem(_ change: (inout Recipe) -> Void) -> String? {
      var recipe = CNNATT.recipes[.published]!
      change(&recipe)
      return recipe.problem.map { "\($0.key) \($0.reason)" }
    }
    #expect(problem { _ in } == nil)
    #expect(problem { $0.rate = .nan } == "rate must lie above 0 and at most 1, not be nan")
    #expect(problem { $0.rate = 1.5 } == "rate must lie above 0 and at most 1, not be 1.5")
    #expect(problem { $0.epochs = 0 } == "epochs must lie between 1 and 1000000, not be 0")
    #expect(problem { $0.batch = 1 } == "batch must lie between 2 and 1000000, not be 1")
    #expect(problem { $0.accumulatedBatches = 0 } == "accumulate must lie between 1 and 1000000, not be 0")
    #expect(problem { $0.gradientNorm = 0 } == "clip_norm must be above 0, not be 0.0")
    #expect(
      problem { $0.schedule = .plateau(factor: 1, patience: 2) }
        == "schedule.factor must lie between 0 and 1, not be 1.0")
    #expect(
      problem { $0.schedule = .milestones(factor: 0.1, epochs: [3, 3]) }
        == "schedule.epochs must rise, from 1 on, not be [3, 3]")
    #expect(
      problem { ($0.schedule, $0.epochs) = (.cosine(warmup: 5), 5) }
        == "schedule.warmup must lie between 0 and 4, not be 5")
    #expect(
      problem { $0.parts = [Recipe.Part("", rateFactor: -1, weightDecay: 0)] }
        == "parts.rate_factor must be 0 or more, not be -1.0")
  }

  @Test("A title names what differs from the recipe of that name, from the recipe and from config.json's facts alike")
  func title() {
    var recipe = CNNATT.recipes[.published]!
    #expect(recipe.title(for: CNNATT.self) == "published")
    (recipe.rate, recipe.softLabels, recipe.gradientNorm) = (5e-4, true, 1)
    recipe.schedule = .cosine(warmup: 2)
    let title = "published, rate 0.0005, rate cosine after 2 epochs of warm-up, gradient norm ≤ 1.0, soft labels"
    #expect(recipe.title(for: CNNATT.self) == title)
    #expect(Recipe.title(of: recipe.facts.merging(["seed": "3"]) { $1 }, for: CNNATT.self) == title)
    #expect(Recipe.title(of: ["recipe": "mine", "rate": "1"], for: CNNATT.self) == "mine")
  }
}
