import Basics
import Foundation
import Testing

// Exit tests came with Swift 6.2.
#if compiler(>=6.2)
  @Suite("Faults")
  struct FaultTests {
    private func error(_ result: ExitTest.Result?) -> String {
      String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    }

    @Test("A demand that does not hold prints its reason and its place in one line and ends with 70")
    func demanded() async {
      let result = await #expect(processExitsWith: .exitCode(70), observing: [\.standardErrorContent]) {
        let shape = [2, 3]
        demand(shape.count == 1, "a vector\nof shape \(shape)")
      }
      #expect(
        error(result).contains("undertone: internal error: a vector of shape [2, 3] (BasicsTests/FaultTests.swift:"))
    }

    @Test("Memory that is not there is named and ends with 70")
    func memory() async {
      let result = await #expect(processExitsWith: .exitCode(70), observing: [\.standardErrorContent]) {
        outOfMemory("a tensor of 5 floats")
      }
      #expect(error(result).contains("undertone: out of memory: a tensor of 5 floats\n"))
    }

    @Test("A trap, which has no words of its own, prints a line and ends with 70")
    func trap() async {
      let result = await #expect(processExitsWith: .exitCode(70), observing: [\.standardErrorContent]) {
        reportTraps()
        let numbers = Array(0..<ProcessInfo.processInfo.arguments.count)
        _ = numbers[numbers.count + 5]
      }
      #expect(error(result).contains("undertone: internal error: a check failed"))
    }
  }
#endif
