import Foundation
import TestSupport
import Testing

/// The service's page, used as a person uses it.
@Suite(
  "The page of serve", .serialized, .enabled(if: PageTests.browser != nil, "no chromium here (apt install chromium)"))
struct StudioTests {
  private let name = "~my clip " + String(repeating: "o", count: 60) + ".wav"
  private let folder: Folder
  private let service: ServeTests.Service

  init() throws {
    folder = try Folder()
    // A name that has to be cut and written otherwise, and silence that is trimmed, at the end.
    try folder.write(WAV().file(voice(seconds: 1.6) + [Float](repeating: 0, count: 12_000)), to: name)
    #expect(try folder.undertone("corpus", "synthesize", "--clips", "1", "--output", "corpus").status == 0)
    let train = ["train", "fcmfcc", "--data", "corpus/manifest.csv", "--epochs", "1", "--output", "second"]
    #expect(try folder.undertone(train).status == 0)
    service = try ServeTests.Service("--model", "built-in", "--model", folder.path("second"))
  }

  private static let isIdle = "document.documentElement.dataset.busy === 'false'"

  private func opened(width: Int = 1200, isDark: Bool = false, at place: String = "") throws -> Browser {
    let browser = try Browser(in: folder, width: width, isDark: isDark)
    try browser.open("http://127.0.0.1:\(service.port)/\(place)")
    try browser.wait(until: "document.documentElement.dataset.ready === 'true'")
    return browser
  }

  private func settle(_ browser: Browser) throws {
    try browser.wait(until: Self.isIdle)
    let fault = try browser.value("document.querySelector('#fault:not([hidden])')?.innerText ?? ''") as? String
    #expect(fault == "")
  }

  private func uploaded(_ browser: Browser) throws {
    try browser.upload(folder.path(name), into: "#file")
    try browser.wait(until: "!document.getElementById('export').hidden && \(Self.isIdle)")
    try settle(browser)
  }

  private func number(_ browser: Browser, _ field: String) throws -> Double {
    Double(try browser.value("document.getElementById('\(field)').value") as? String ?? "") ?? .nan
  }

  private func versions(_ browser: Browser) throws -> [String] {
    try browser.text("#versions").split(separator: "\n").map(String.init)
  }

  /// Where a picture is wanted, in the folder that UNDERTONE_PICTURES names.
  private func keep(_ browser: Browser, _ name: String) throws {
    guard let folder = ProcessInfo.processInfo.environment["UNDERTONE_PICTURES"] else { return }
    try browser.picture().write(to: URL(fileURLWithPath: folder).appendingPathComponent("\(name).png"))
  }

  @Test("A clip is uploaded, a part of it dragged over, heard, muted, edited, labelled and kept")
  func parts() throws {
    let browser = try opened()
    try uploaded(browser)
    #expect(try browser.text("#predictions").contains("built-in: "))
    #expect(try versions(browser) == ["\(name) as it is"])
    // From a quarter to a half of the picture's width and from a third of its height up: a part with a band.
    try browser.drag("#panel-mel", from: (0.3, 0.6), to: (0.5, 0.2))
    let (start, end) = (try number(browser, "start"), try number(browser, "end"))
    let (low, high) = (try number(browser, "low"), try number(browser, "high"))
    #expect(start > 0.2 && end > start + 0.2 && end < 1.2, "\(start) \(end)")
    #expect(low > 100 && high > low && high < 8000, "\(low) \(high)")
    try browser.click("#hear")
    try browser.wait(until: "!!document.documentElement.dataset.heard")
    try settle(browser)
    let heard = try browser.value("document.documentElement.dataset.heard") as? String ?? ""
    #expect(abs((Double(heard.split(separator: " ").last ?? "") ?? 0) - (end - start)) < 0.01, "\(heard)")

    let before = try browser.text("#predictions")
    try browser.click("#mute")
    try browser.wait(until: "document.querySelectorAll('#versions label').length === 2 && \(Self.isIdle)")
    try settle(browser)
    #expect(try versions(browser)[1].hasPrefix("mute, ") && versions(browser)[1].contains("Hz"))
    let after = try browser.text("#predictions")
    #expect(after != before && after.contains("+") && after.contains("−"))

    // The whole height, with the keyboard: a step with Shift moves an end of the part.
    try browser.drag("#panel-waveform", from: (0.2, 0.5), to: (0.4, 0.5))
    #expect(try number(browser, "low").isNaN)
    try browser.choose("pitch", in: "#change")
    try browser.write("3", into: "#amount")
    try browser.click("#apply")
    try browser.wait(until: "document.querySelectorAll('#versions label').length === 3 && \(Self.isIdle)")
    try settle(browser)
    #expect(try versions(browser)[2].contains("pitch 3"))
    // A third change of the second: names grow, and what the service is told does not.
    try browser.choose("gain", in: "#change")
    try browser.write("-6", into: "#amount")
    try browser.click("#apply")
    try browser.wait(until: "document.querySelectorAll('#versions label').length === 4 && \(Self.isIdle)")
    try settle(browser)
    try browser.click("#panel-mel")
    let wide = try number(browser, "end")
    try browser.value("document.getElementById('panel-mel').focus()")
    for _ in 0..<5 { try browser.press("ArrowRight", isShifted: true) }
    let (first, last) = (try number(browser, "start"), try number(browser, "end"))
    #expect(abs(last - first - 5 * 0.016) < 0.004 && last != wide, "\(first) \(last)")

    try browser.write("a \"cry\", short", into: "#label")
    try browser.click("#keep")
    #expect(try browser.text("#parts").contains("a \"cry\", short"))
    try browser.value(
      """
      window.kept = []; URL.createObjectURL = (blob) => { window.kept.push(blob.text()); return "data:,"; };
      """)
    for format in ["csv", "textgrid"] { try browser.click("[data-format=\(format)]") }
    try browser.wait(until: "window.kept.length === 2 && \(Self.isIdle)")
    let csv = try browser.value("window.kept[0]") as? String ?? ""
    #expect(csv.hasPrefix("label,start,end,low,high\n\"a \"\"cry\"\", short\","))
    let grid = try browser.value("window.kept[1]") as? String ?? ""
    #expect(grid.contains("\"a \"\"cry\"\", short\"") && grid.contains("IntervalTier"))
    // The program reads what the page wrote.
    try folder.write(grid, to: "parts.TextGrid")
    let explained = try folder.undertone("explain", "./\(name)", "--units", "parts.TextGrid", "--output", "explained")
    #expect(explained.status == 0, "\(explained)")
    #expect(browser.errors.isEmpty, "\(browser.errors)")
    try keep(browser, "parts")
  }

  @Test("Methods, targets, a second model beside, units and what would change the answer")
  func questions() throws {
    let browser = try opened()
    try uploaded(browser)
    try browser.choose("integrated-gradients", in: "#method")
    try settle(browser)
    try browser.choose("fear", in: "#target")
    try settle(browser)
    let label = try browser.value("document.getElementById('panel-mel').getAttribute('aria-label')") as? String ?? ""
    #expect(label.contains("integrated-gradients") && label.contains("fear"), "\(label)")
    try browser.choose("second", in: "#beside")
    try browser.wait(until: "!!document.getElementById('second-panel-mel') && \(Self.isIdle)")
    try settle(browser)
    #expect(try browser.value("document.querySelectorAll('#predictions table').length") as? Int == 2)
    #expect(try browser.text("#agreement").contains("rank"))
    try keep(browser, "beside")
    // A part of one view is the other's.
    try browser.drag("#second-panel-mel", from: (0.3, 0.5), to: (0.6, 0.5))
    #expect(try number(browser, "end") > number(browser, "start"))
    try browser.choose("", in: "#beside")
    try settle(browser)
    try browser.click("#divide")
    try browser.wait(until: "!!document.querySelector('#unit-rows tbody tr') && \(Self.isIdle)")
    try settle(browser)
    try browser.click("#unit-rows tbody tr button")
    #expect(try number(browser, "end") > number(browser, "start"))
    try browser.click("#seek")
    try browser.wait(until: "document.getElementById('found').innerText !== '' && \(Self.isIdle)")
    try settle(browser)
    // A change that was found is a version, which says what was sought.
    let chosen = "document.querySelector('#versions :checked').parentElement.innerText"
    let goal = try browser.value(chosen) as? String ?? ""
    #expect(try versions(browser).count == 1 || goal.contains("counterfactual"))
    #expect(browser.errors.isEmpty, "\(browser.errors)")
    try keep(browser, "questions")
  }

  @Test("The address is a link to what is shown, and a sound of one's own is asked for again")
  func links() throws {
    let browser = try opened()
    let made = try browser.value("document.querySelectorAll('#made option')[1].value") as? String ?? ""
    try browser.choose(made, in: "#made")
    try browser.wait(until: "!document.getElementById('export').hidden && \(Self.isIdle)")
    try settle(browser)
    try browser.choose("lrp", in: "#method")
    try settle(browser)
    try browser.drag("#panel-waveform", from: (0.2, 0.5), to: (0.4, 0.5))
    try browser.click("#mute")
    try browser.wait(until: "document.querySelectorAll('#versions label').length === 2 && \(Self.isIdle)")
    try settle(browser)
    let shown = try browser.text("#predictions")
    try browser.wait(until: "location.hash.includes('mute')")
    let place = try browser.value("location.hash") as? String ?? ""
    let other = try opened(at: place)
    try other.wait(until: "document.querySelectorAll('#versions label').length === 2 && \(Self.isIdle)")
    try settle(other)
    #expect(try other.text("#predictions") == shown)
    #expect(try other.value("document.getElementById('method').value") as? String == "lrp")
    #expect(try other.value("location.hash") as? String == place)

    // Of two sounds that are opened at once, the last.
    try browser.value(
      """
      (() => { const list = document.getElementById("made");
      for (const i of [2, 3]) { list.selectedIndex = i; list.dispatchEvent(new Event("change")); } })()
      """)
    try settle(browser)
    #expect(
      try versions(browser)
        == [browser.value("document.getElementById('made').value") as? String ?? ""].map { "\($0) as it is" })

    try uploaded(browser)
    try browser.wait(until: "location.hash.includes('file')")
    let own = try browser.value("location.hash") as? String ?? ""
    let third = try opened(at: own)
    try third.wait(until: "!document.getElementById('fault').hidden")
    // What the link says is not lost before its sound is there.
    try third.value("window.isOld = true; location.reload()")
    try third.wait(
      until:
        "!window.isOld && document.documentElement.dataset.ready === 'true' && !document.getElementById('fault').hidden"
    )
    #expect(try third.value("location.hash") as? String == own)
    #expect(try third.text("#fault").contains(name))
    try uploaded(third)
    #expect(try third.text("#predictions") == browser.text("#predictions"))
    for one in [browser, other, third] { #expect(one.errors.isEmpty, "\(one.errors)") }
  }

  @Test("It says what is wrong with a sound, asks for the token, and fits a narrow window, light and dark")
  func odd() throws {
    try folder.write("no sound", to: "text.wav")
    let browser = try opened(width: 390, isDark: true)
    try browser.upload(folder.path("text.wav"), into: "#file")
    try browser.wait(until: "!document.getElementById('fault').hidden")
    #expect(try browser.text("#fault").contains("422"))
    try uploaded(browser)
    #expect(try browser.value("document.documentElement.scrollWidth <= innerWidth") as? Bool == true)
    // All that can be pressed or chosen has a name.
    let nameless =
      try browser.value(
        """
        [...document.querySelectorAll("button, select, input, audio, canvas")].filter((e) => e.offsetParent &&
          !e.getAttribute("aria-label") && !(e.tagName === "BUTTON" && e.innerText) && !e.labels?.length).map((e) => e.outerHTML).join()
        """) as? String
    #expect(nameless == "")
    // The keyboard alone: Enter changes, arrows go from version to version, and the focus stays.
    try browser.choose("gain", in: "#change")
    try browser.write("-6", into: "#amount")
    try browser.value("document.getElementById('apply-all').focus()")
    try browser.press("Enter")
    try browser.wait(until: "document.querySelectorAll('#versions label').length === 2 && \(Self.isIdle)")
    try browser.value("document.querySelector('#versions :checked').focus()")
    try browser.press("ArrowUp")
    try browser.wait(until: "document.querySelectorAll('#versions input')[0].checked && \(Self.isIdle)")
    #expect(try browser.value("document.activeElement.name") as? String == "version")
    try keep(browser, "narrow-dark")

    try folder.write("secret", to: "token")
    let guarded = try ServeTests.Service("--token-file", folder.path("token"))
    let other = try Browser(in: folder)
    try other.open("http://127.0.0.1:\(guarded.port)/")
    try other.wait(until: "!document.getElementById('guard').hidden")
    try other.write("secret", into: "#token")
    try other.click("#guard button")
    try other.wait(
      until: "document.getElementById('guard').hidden && document.querySelectorAll('#made option').length > 1")
  }
}
