import Foundation
import TestSupport

/// A browser (Debian's chromium) without its window, which does what a person does: it is told so by the DevTools protocol,
/// over a pipe. It ends with its owner.
final class Browser {
  struct Fault: Error, CustomStringConvertible {
    let description: String
  }

  /// What went wrong in the page: exceptions, and what the page's policy forbade.
  private(set) var errors: [String] = []
  private let process = Process()
  private let commands: FileHandle
  private let answers: Int32
  private let answersHandle: FileHandle
  private var session: String?
  private var number = 0
  private var rest = Data()

  /// - Parameter height: Of what the window shows, in CSS pixels, as the width.
  init(in folder: Folder, width: Int = 1200, height: Int = 2400, isDark: Bool = false) throws {
    let (input, output) = (Pipe(), Pipe())
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    // The protocol's pipes are those with the numbers 3 and 4.
    process.arguments = [
      "-c", "exec \"$0\" \"$@\" 3<&0 4>&1 0</dev/null 1>/dev/null 2>&1", PageTests.browser!, "--headless",
      "--no-sandbox",
      "--disable-gpu", "--user-data-dir=\(folder.path("browser-\(UUID().uuidString)"))", "--remote-debugging-pipe",
      "--autoplay-policy=no-user-gesture-required", "about:blank",
    ]
    process.standardInput = input
    process.standardOutput = output
    commands = input.fileHandleForWriting
    answersHandle = output.fileHandleForReading
    answers = answersHandle.fileDescriptor
    try process.run()
    let target = try tell("Target.createTarget", ["url": "about:blank"])
    session =
      try tell("Target.attachToTarget", ["targetId": target["targetId"] ?? "", "flatten": true])["sessionId"] as? String
    for domain in ["Page", "Runtime", "Log", "DOM"] { try tell("\(domain).enable") }
    try tell(
      "Emulation.setDeviceMetricsOverride",
      ["width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600])
    if isDark {
      try tell("Emulation.setEmulatedMedia", ["features": [["name": "prefers-color-scheme", "value": "dark"]]])
    }
  }

  deinit {
    process.terminate()
    process.waitUntilExit()
  }

  // MARK: What a person does

  func open(_ address: String) throws { try tell("Page.navigate", ["url": address]) }

  /// The value of a script, whose promise is waited for.
  @discardableResult
  func value(_ script: String) throws -> Any? {
    let found = try tell(
      "Runtime.evaluate",
      ["expression": script, "awaitPromise": true, "returnByValue": true, "userGesture": true])
    if let details = found["exceptionDetails"] { throw Fault(description: "\(script): \(details)") }
    return (found["result"] as? [String: Any])?["value"]
  }

  func text(_ selector: String) throws -> String {
    try value("document.querySelector(\(quoted(selector))).innerText") as? String ?? ""
  }

  /// Waits until a script is true.
  func wait(_ seconds: Double = 40, until script: String) throws {
    let end = Date(timeIntervalSinceNow: seconds)
    while Date() < end {
      if (try? value(script)) as? Bool == true { return }
      usleep(50_000)
    }
    throw Fault(description: "\(script) is not so after \(seconds) s; \((try? text("main")) ?? "")")
  }

  /// Presses the mouse's button on an element.
  func click(_ selector: String) throws {
    let (x, y) = try place(in: selector, x: 0.5, y: 0.5)
    for kind in ["mousePressed", "mouseReleased"] { try mouse(kind, x, y) }
  }

  /// Drags over an element, between places that are parts of its width and height.
  func drag(_ selector: String, from start: (x: Double, y: Double), to end: (x: Double, y: Double)) throws {
    let (from, to) = (try place(in: selector, x: start.x, y: start.y), try place(in: selector, x: end.x, y: end.y))
    try mouse("mousePressed", from.x, from.y)
    for part in 1...8 {
      let share = Double(part) / 8
      try mouse("mouseMoved", from.x + (to.x - from.x) * share, from.y + (to.y - from.y) * share)
    }
    try mouse("mouseReleased", to.x, to.y)
  }

  /// Presses keys on what has the focus: "Tab", "Enter", "ArrowRight", or a letter.
  func press(_ key: String, isShifted: Bool = false) throws {
    let codes = [
      "Tab": 9, "Enter": 13, "Escape": 27, " ": 32, "ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40,
    ]
    var event: [String: Any] = [
      "key": key, "code": key == " " ? "Space" : key, "windowsVirtualKeyCode": codes[key] ?? 0,
      "modifiers": isShifted ? 8 : 0,
    ]
    if let text = key == "Enter" ? "\r" : key.count == 1 ? key : nil { event["text"] = text }
    for kind in ["keyDown", "keyUp"] { try tell("Input.dispatchKeyEvent", event.merging(["type": kind]) { $1 }) }
  }

  /// Writes into a field.
  func write(_ text: String, into selector: String) throws {
    try value(
      "document.querySelector(\(quoted(selector))).focus(); document.querySelector(\(quoted(selector))).value = ''")
    try tell("Input.insertText", ["text": text])
    try value("document.querySelector(\(quoted(selector))).dispatchEvent(new Event('change', { bubbles: true }))")
  }

  /// Chooses what a list offers.
  func choose(_ choice: String, in selector: String) throws {
    try value(
      """
      (() => { const list = document.querySelector(\(quoted(selector))); list.value = \(quoted(choice));
      if (list.value !== \(quoted(choice))) throw new Error("no such choice");
      list.dispatchEvent(new Event("change", { bubbles: true })); })()
      """)
  }

  /// Chooses a file of this machine.
  func upload(_ path: String, into selector: String) throws {
    let found = try tell("Runtime.evaluate", ["expression": "document.querySelector(\(quoted(selector)))"])
    let object = (found["result"] as? [String: Any])?["objectId"] ?? ""
    try tell("DOM.setFileInputFiles", ["files": [path], "objectId": object])
  }

  /// A PNG of the whole page.
  func picture() throws -> Data {
    let found = try tell("Page.captureScreenshot", ["format": "png", "captureBeyondViewport": true])
    return Data(base64Encoded: found["data"] as? String ?? "") ?? Data()
  }

  // MARK: The protocol

  private func place(in selector: String, x: Double, y: Double) throws -> (x: Double, y: Double) {
    try value("document.querySelector(\(quoted(selector))).scrollIntoView({ block: 'center' })")
    let script =
      "(() => { const b = document.querySelector(\(quoted(selector))).getBoundingClientRect(); return [b.left, b.top, b.width, b.height]; })()"
    guard let box = try value(script) as? [Double] else { throw Fault(description: "no place of \(selector)") }
    return (box[0] + box[2] * x, box[1] + box[3] * y)
  }

  private func mouse(_ kind: String, _ x: Double, _ y: Double) throws {
    try tell(
      "Input.dispatchMouseEvent",
      ["type": kind, "x": x, "y": y, "button": "left", "buttons": kind == "mouseReleased" ? 0 : 1, "clickCount": 1])
  }

  private func quoted(_ text: String) -> String {
    String(decoding: (try? JSONEncoder().encode(text)) ?? Data(), as: UTF8.self)
  }

  @discardableResult
  private func tell(_ method: String, _ parameters: [String: Any] = [:]) throws -> [String: Any] {
    number += 1
    var message: [String: Any] = ["id": number, "method": method, "params": parameters]
    if let session { message["sessionId"] = session }
    try commands.write(contentsOf: JSONSerialization.data(withJSONObject: message) + [0])
    while true {
      let answer = try next()
      guard answer["id"] as? Int == number else {
        note(answer)
        continue
      }
      if let error = answer["error"] { throw Fault(description: "\(method): \(error)") }
      return answer["result"] as? [String: Any] ?? [:]
    }
  }

  private func note(_ event: [String: Any]) {
    let parameters = event["params"] as? [String: Any] ?? [:]
    if event["method"] as? String == "Runtime.exceptionThrown" { errors.append("\(parameters)") }
    if event["method"] as? String == "Log.entryAdded", let entry = parameters["entry"] as? [String: Any],
      entry["level"] as? String == "error"
    {
      errors.append("\(entry["text"] ?? "") \(entry["url"] ?? "")")
    }
  }

  /// The next message, each of which ends with a zero.
  private func next() throws -> [String: Any] {
    while true {
      if let end = rest.firstIndex(of: 0) {
        let message = rest[rest.startIndex..<end]
        rest = Data(rest[(end + 1)...])
        return try JSONSerialization.jsonObject(with: message) as? [String: Any] ?? [:]
      }
      var waited = pollfd(fd: answers, events: Int16(POLLIN), revents: 0)
      guard poll(&waited, 1, 60_000) > 0 else { throw Fault(description: "the browser says nothing") }
      let block = answersHandle.availableData
      guard !block.isEmpty else { throw Fault(description: "the browser has ended") }
      rest += block
    }
  }
}
