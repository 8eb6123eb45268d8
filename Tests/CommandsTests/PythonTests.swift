import Foundation
import Testing

@Suite("The Python package")
struct PythonTests {
  /// Tests of what needs pandas, xarray or PyTorch are skipped, by Python's own word, where these are not installed.
  @Test("Its tests pass where Python has NumPy")
  func package() throws {
    let folder = try Folder()
    func python(_ arguments: String...) throws -> Run {
      let sources = ReadmeTests.repository.appendingPathComponent("Sources/Python").path
      return try folder.start(
        [
          "UNDERTONE=\(program.path)", "PYTHONPATH=\(sources)", "PYTHONDONTWRITEBYTECODE=1", "python3",
        ] + arguments, executable: URL(fileURLWithPath: "/usr/bin/env")
      ).finish()
    }
    guard try python("-c", "import sys, numpy; assert sys.version_info >= (3, 10)").status == 0 else {
      print("skipped: this check needs Python 3.10 or later with numpy")
      return
    }
    let tests = ReadmeTests.repository.appendingPathComponent("Tests/Python/test_undertone.py").path
    let run = try python(tests)
    #expect(run.status == 0 && run.errors.last?.hasPrefix("OK") == true, "\(run)")
  }
}
