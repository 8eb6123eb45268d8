import Foundation

/// What a Python program prints; nil, with a word, where Python or a library that it imports is missing.
func printedByPython(_ program: String) throws -> String? {
  let process = Process()
  process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
  process.arguments = ["python3", "-c", program]
  let (output, errors) = (Pipe(), Pipe())
  process.standardOutput = output
  process.standardError = errors
  try process.run()
  let printed = output.fileHandleForReading.readDataToEndOfFile()
  let complaint = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
  process.waitUntilExit()
  if process.terminationStatus == 127 || complaint.contains("ModuleNotFoundError") {
    print("skipped: this check needs python3 with numpy and safetensors")
    return nil
  }
  return String(decoding: printed, as: UTF8.self) + complaint
}
