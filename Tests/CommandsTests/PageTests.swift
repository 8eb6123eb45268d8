import Foundation
import Testing

/// Pages are opened by a browser where there is one (Debian's chromium), without its window.
@Suite("Pages", .serialized)
struct PageTests {
  static let browser = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].first {
    FileManager.default.isExecutableFile(atPath: $0)
  }

  /// What a page is after its scripts, and a test's own after them, have run.
  /// - Parameters:
  ///   - script: Added at the page's end.
  ///   - place: After the #.
  private func opened(
    _ name: String, in folder: Folder, script: String = "", at place: String = "", width: Int = 1100
  ) throws -> String {
    let page = String(decoding: try folder.contents(name), as: UTF8.self)
    // What a script throws is told by the page itself.
    let watch = "<script>window.onerror = (m) => { document.documentElement.dataset.error = m; };</script>"
    let whole = page.replacing("<head>", with: "<head>\(watch)").replacing(
      "</body>", with: "<script>\(script)</script></body>")
    try folder.write(whole, to: "opened.html")
    let run = try folder.start(
      [
        "--headless", "--no-sandbox", "--disable-gpu", "--user-data-dir=\(folder.path("browser"))", "--dump-dom",
        "--window-size=\(width),1600", "--virtual-time-budget=4000", "file://\(folder.path("opened.html"))#\(place)",
      ], executable: URL(fileURLWithPath: Self.browser!)
    ).finish()
    return run.output.joined(separator: "\n")
  }

  private func explained(_ arguments: String...) throws -> Folder {
    let folder = try Folder()
    try folder.write(WAV().file(voice(seconds: 1.2)), to: "<b>\"one\" & 'two'.wav")
    try folder.write(WAV().file(voice(seconds: 0.8)), to: "second.wav")
    let run = try folder.undertone(
      ["explain", "<b>\"one\" & 'two'.wav", "second.wav", "--html", "--output", "out"] + arguments)
    #expect(run.status == 0 && run.output.last == "out/explain.html", "\(run)")
    return folder
  }

  @Test("A page is one file that names nothing outside it, and reads without scripts")
  func selfContained() throws {
    let folder = try explained()
    let page = String(decoding: try folder.contents("out/explain.html"), as: UTF8.self)
    #expect(!page.contains("http://") && !page.contains("https://") && !page.contains("<link"))
    // A file's name is text, whatever it holds.
    #expect(!page.contains("<b>") && page.contains("&lt;b&gt;&quot;one&quot; &amp; 'two'.wav"))
    // Two figures with words for who cannot see them, and the probabilities as tables.
    #expect(page.components(separatedBy: "<img src=\"data:image/png;base64,").count == 3)
    #expect(page.contains("alt=\"") && page.contains("strongest at") && page.contains("<th scope=\"row\">angry</th>"))
    #expect(page.contains("<dt>Model</dt>"))
  }

  @Test(
    "In a browser: views switch, values show, the keyboard reads them, numbers come as CSV, a place can be linked to",
    .enabled(if: browser != nil, "no chromium here (apt install chromium)"))
  func interactive() throws {
    let folder = try explained("--method", "saliency,input-x-gradient", "--arrays")
    let page = try opened(
      "out/explain.html", in: folder,
      script: """
        (async () => {
        const tell = (name, value) => { const p = document.createElement("p"); p.id = name; p.textContent = value;
          document.body.append(p); };
        const choose = (name, value) => { const s = document.getElementById("choose-" + name); s.value = value;
          s.dispatchEvent(new Event("change")); };
        const readout = () => document.getElementById("readout").textContent;
        const panel = (key) => document.getElementById("panel-" + key);
        const press = (key, name) => panel(key).dispatchEvent(new KeyboardEvent("keydown", { key: name, bubbles: true }));
        tell("linked", readout());
        press("mel", "ArrowRight"); press("mel", "ArrowUp");
        tell("moved", readout());
        choose("target", "fear");
        tell("switched", readout());
        choose("method", "input-x-gradient");
        tell("method", readout());
        const box = panel("mel").getBoundingClientRect();
        panel("mel").dispatchEvent(new PointerEvent("pointermove",
          { clientX: box.left + 58 + (box.width - 58 - 166) / 2, clientY: box.top + 6 + 95.4, bubbles: true }));
        tell("pointed", readout());
        let saved = "";
        URL.createObjectURL = (blob) => { blob.text().then((t) => tell("saved", t.split("\\n").length + "|" +
          t.split("\\n")[0])); return "data:,"; };
        document.getElementById("save").click();
        const sound = document.querySelector("audio");
        const sounded = () => tell("sounded", sound.duration.toFixed(2) + " " + sound.paused);
        if (sound.readyState > 0) sounded(); else sound.addEventListener("loadedmetadata", sounded, { once: true });
        document.getElementById("cursor").value = "0.75";
        document.getElementById("cursor").dispatchEvent(new Event("input"));
        tell("sought", readout() + "|" + sound.currentTime);
        await new Promise((done) => setTimeout(done, 500));
        choose("clip", "1");
        tell("second", document.querySelector("audio").src.slice(0, 22) + document.getElementById("cursor").max);
        const pixels = panel("mel").getContext("2d").getImageData(0, 0, panel("mel").width, panel("mel").height).data;
        let colored = 0;
        for (let i = 0; i < pixels.length; i += 4) if (pixels[i] - pixels[i + 1] > 60) colored++;
        tell("colored", colored);
        })().catch((e) => { document.documentElement.dataset.error = e; });
        """, at: "target=angry&seconds=0.32&fraction=0.2&panel=mel")
    func told(_ id: String) -> String {
      page.firstMatch(of: try! Regex("<p id=\"\(id)\">([^<]*)</p>"))?.output[1].substring.map(String.init) ?? ""
    }
    #expect(page.contains("data-ready=\"true\"") && !page.contains("data-error"))
    // Frame 20 is at 0.32 s; 0.2 of the axis is row 25 of 128.
    #expect(told("linked").hasPrefix("0.320 s") && told("linked").contains("row 26 of 128"))
    #expect(told("linked").contains("logit/dB"))
    #expect(told("moved").hasPrefix("0.336 s") && told("moved").contains("row 27 of 128"))
    #expect(told("switched").hasPrefix("0.336 s") && told("switched") != told("moved"))
    #expect(told("method").contains("input-x-gradient"))
    #expect(told("pointed").hasPrefix("0.600 s") && told("pointed").contains("row 64 of 128"))
    // The browser decodes the sound, and the cursor seeks in it.
    #expect(told("sounded") == "1.20 true")
    #expect(told("sought").hasPrefix("0.750 s") && told("sought").hasSuffix("|0.75"))
    #expect(told("second") == "data:audio/wav;base64,0.80")
    #expect((Int(told("colored")) ?? 0) > 500)
    // 1.2 s: 240 times 5 ms, 128 and 40 rows of 76 frames, the header and the last line's end.
    let lines = told("saved").split(separator: "|")
    #expect(lines.count == 2 && lines[1] == "input,row,column,seconds,value,attribution")
    #expect((Int(lines.first ?? "") ?? 0) == 240 + 168 * 76 + 2)
  }

  @Test(
    "On a narrow page the pictures have nearly its whole width, and the colours' keys stand below them",
    .enabled(if: browser != nil, "no chromium here (apt install chromium)"))
  func narrow() throws {
    let folder = try explained()
    let page = try opened(
      "out/explain.html", in: folder,
      script: """
        const canvas = document.getElementById("panel-mel"), box = canvas.getBoundingClientRect();
        const scale = canvas.width / box.width, context = canvas.getContext("2d");
        const strip = (y) => context.getImageData(0, Math.round(y * scale), canvas.width, 1).data;
        const colors = new Set(), row = strip(6 + 190 + 33);
        for (let i = 0; i < row.length; i += 4) colors.add(row.slice(i, i + 3).join());
        document.body.dataset.keys = String(colors.size > 20 && box.height > 230);
        document.body.dataset.fits = String(document.documentElement.scrollWidth <= innerWidth);
        """, width: 500)
    #expect(page.contains("data-ready=\"true\"") && !page.contains("data-error"))
    #expect(page.contains("data-keys=\"true\"") && page.contains("data-fits=\"true\""))
  }

  @Test(
    "The page of a comparison switches models", .enabled(if: browser != nil, "no chromium here (apt install chromium)"))
  func comparison() throws {
    let folder = try Folder()
    try folder.write(WAV().file(voice(seconds: 1)), to: "clip.wav")
    #expect(try folder.undertone("corpus", "synthesize", "--clips", "1", "--output", "corpus").status == 0)
    #expect(
      try folder.undertone(
        "train", "cnnatt", "--data", "corpus/manifest.csv", "--validation", "corpus/manifest.csv", "--epochs", "1",
        "--output", "model"
      ).status == 0)
    let run = try folder.undertone(
      "compare", "--model", "built-in", "--model", "model", "clip.wav", "--method", "saliency,deeplift", "--html",
      "--output", "out")
    #expect(run.status == 0, "\(run)")
    #expect(
      ["agreement.deeplift.png", "agreement.saliency.png", "clip.deeplift.png", "clip.saliency.png"].allSatisfy {
        folder.files(in: "out").contains($0)
      })
    let page = try opened(
      "out/compare.html", in: folder,
      script: """
        const words = () => document.querySelector(".bars caption").textContent + document.querySelector(".bars").innerText;
        const first = words(), s = document.getElementById("choose-model");
        s.value = "model"; s.dispatchEvent(new Event("change"));
        document.body.dataset.switched = String(words() !== first && words().startsWith("Probabilities of model"));
        const before = document.getElementById("readout").textContent, m = document.getElementById("choose-method");
        m.value = "deeplift"; m.dispatchEvent(new Event("change"));
        document.body.dataset.methods = String(document.getElementById("readout").textContent !== before);
        """)
    #expect(page.contains("data-ready=\"true\"") && !page.contains("data-error"))
    #expect(page.contains("data-switched=\"true\"") && page.contains("data-methods=\"true\""))
  }

  /// What a test's script says in a paragraph with an id.
  private func told(_ id: String, in page: String) -> String {
    page.firstMatch(of: try! Regex("<p id=\"\(id)\">([^<]*)</p>"))?.output[1].substring.map(String.init) ?? ""
  }

  /// Functions for scripts of tests.
  private static let tools = """
    const tell = (name, value) => { const p = document.createElement("p"); p.id = name; p.textContent = value;
      document.body.append(p); };
    const choose = (name, value) => { const s = document.getElementById("choose-" + name); s.value = value;
      s.dispatchEvent(new Event("change")); };
    """

  @Test(
    "The sounds of --listen play in the page at the clip's own time; together they are the clip",
    .enabled(if: browser != nil, "no chromium here (apt install chromium)"))
  func listening() throws {
    let folder = try explained("--listen", "--method", "saliency,input-x-gradient")
    let page = try opened(
      "out/explain.html", in: folder,
      script: Self.tools + """
        const sound = document.querySelector("audio"), addresses = [], amplitudes = [], times = [];
        for (const name of ["clip", "kept", "rest"]) {
          choose("sound", name);
          addresses.push(sound.src);
          amplitudes.push(Number(document.getElementById("readout").textContent.match(/amplitude (−?[0-9.]+)/)[1].replace("−", "-")));
          times.push(sound.currentTime);
        }
        tell("words", [...document.getElementById("choose-sound").options].map((o) => o.text).join("|"));
        tell("distinct", new Set(addresses).size);
        tell("sum", Math.abs(amplitudes[1] + amplitudes[2] - amplitudes[0]) < 2e-4 && amplitudes[1] !== amplitudes[0]);
        tell("times", new Set(times).size === 1 && times[0] > 0);
        choose("method", "input-x-gradient");
        tell("method", document.getElementById("choose-sound").value + (sound.src !== addresses[2]));
        choose("target", document.getElementById("choose-target").options[0].value);
        choose("target", document.getElementById("choose-target").options[1].value);
        tell("other", document.getElementById("choose-sound").parentElement.hidden);
        """, at: "seconds=0.3&panel=waveform")
    #expect(page.contains("data-ready=\"true\"") && !page.contains("data-error"))
    let words = told("words", in: page).split(separator: "|")
    #expect(words.count == 3 && words[0] == "the clip", "\(words)")
    #expect(words.dropFirst().map { $0.prefix { $0 != ":" } } == ["what matters", "the rest"], "\(words)")
    #expect(told("distinct", in: page) == "3" && told("sum", in: page) == "true" && told("times", in: page) == "true")
    #expect(told("method", in: page) == "resttrue")
    // Of other targets there are no sounds.
    #expect(told("other", in: page) == "true")
  }

  @Test(
    "The errors of an evaluation sort by a column, and play",
    .enabled(if: browser != nil, "no chromium here (apt install chromium)"))
  func errors() throws {
    let folder = try Folder()
    #expect(try folder.undertone("corpus", "synthesize", "--clips", "2", "--output", "corpus").status == 0)
    let run = try folder.undertone(
      "evaluate", "--data", "corpus/manifest.csv", "--html", "--sounds", "3", "--output", "out")
    #expect(run.status == 0, "\(run)")
    let page = try opened(
      "out/evaluate.html", in: folder,
      script: Self.tools + """
        const table = document.querySelector("table.sortable"), heads = [...table.tHead.rows[0].cells];
        const words = (place) => [...table.tBodies[0].rows].map((row) => row.cells[place].textContent);
        const sorts = () => heads.map((head) => head.getAttribute("aria-sort") || "-").join();
        tell("heads", heads.map((head) => head.textContent).join());
        tell("first", sorts());
        const falls = (list) => list.every((w, i) => i === 0 || Number(list[i - 1]) >= Number(w));
        tell("falls", falls(words(5)));
        heads[5].querySelector("button").click();
        tell("rises", falls(words(5).reverse()) + sorts());
        heads[4].querySelector("button").click();
        tell("named", words(4).every((w, i, all) => i === 0 || all[i - 1] <= w) + sorts());
        const buttons = [...table.querySelectorAll("button.play")];
        tell("rows", table.tBodies[0].rows.length + " " + buttons.length);
        buttons[1].click();
        const sound = document.querySelector("audio");
        tell("plays", sound.src.slice(0, 22) + sound.hidden + buttons[1].closest("tr").className);
        """)
    #expect(page.contains("data-ready=\"true\"") && !page.contains("data-error"))
    #expect(told("heads", in: page) == "sound,clip,speaker,truth,prediction,confidence,distance,outside,trained_on")
    #expect(told("first", in: page) == "-,-,-,-,-,descending,-,-,-" && told("falls", in: page) == "true")
    #expect(told("rises", in: page) == "true-,-,-,-,-,ascending,-,-,-")
    #expect(told("named", in: page) == "true-,-,-,-,ascending,-,-,-,-")
    #expect(told("plays", in: page) == "data:audio/wav;base64,falsechosen")
    let counts = told("rows", in: page).split(separator: " ").compactMap { Int($0) }
    #expect(counts.count == 2 && counts[0] > 3 && counts[1] == 3, "\(counts)")
    #expect(
      page.contains("The model takes \(counts[0]) of 14 clips") && page.contains("The 3 most confident can be played"))
  }

  @Test(
    "A unit plays alone, and the clip without it",
    .enabled(if: browser != nil, "no chromium here (apt install chromium)"))
  func units() throws {
    let folder = try Folder()
    #expect(
      try folder.undertone("corpus", "synthesize", "--clips", "1", "--speakers", "1", "--output", ".").status == 0)
    let clip = String(try #require(folder.lines("manifest.csv")[1].split(separator: ",").first))
    let other = String(try #require(folder.lines("manifest.csv")[2].split(separator: ",").first))
    let run = try folder.undertone(
      "explain", clip, other, "--units", "syllables", "--input", "mel", "--html", "--json", "--erasure", "--output",
      "out",
      "--method", "saliency,input-x-gradient")
    #expect(run.status == 0, "\(run)")
    // Each clip's sounds are its own, and there once.
    let text = String(decoding: try folder.contents("out/explain.html"), as: UTF8.self)
    let places = text.matches(of: /<tr data-sounds="(\d+),(\d+)">/).flatMap { [Int($0.1)!, Int($0.2)!] }
    #expect(places.count > 10 && places.sorted() == Array(places.indices), "\(places)")
    #expect(text.components(separatedBy: "Fall of the probability in").count == 5)
    let page = try opened(
      "out/explain.html", in: folder,
      script: Self.tools + """
        const table = document.querySelector("table.sortable"), rows = [...table.tBodies[0].rows];
        tell("heads", [...table.tHead.rows[0].cells].slice(0, 6).map((head) => head.textContent).join());
        const sound = table.parentElement.previousElementSibling, bytes = [];
        tell("named", rows[1].cells[0].firstChild.title + "|" + rows[1].cells[1].firstChild.title);
        for (const column of [0, 1]) {
          rows[1].cells[column].firstChild.click();
          bytes.push(Math.round(sound.src.length / 1000));
        }
        const seconds = rows.map((row) => Number(row.cells[4].textContent) - Number(row.cells[3].textContent));
        const share = seconds[1] / seconds.reduce((a, b) => a + b, 0);
        tell("lengths", Math.abs(bytes[0] / bytes[1] - share) < 0.02);
        """)
    #expect(page.contains("data-ready=\"true\"") && !page.contains("data-error"))
    #expect(told("heads", in: page) == "alone,without,unit,start,end,leave one out")
    #expect(told("named", in: page) == "syllable 2, alone|syllable 2, without")
    #expect(told("lengths", in: page) == "true")
  }

  @Test(
    "Windows have a timeline that is read and chosen by the keyboard: with sound of predict, with attributions of explain",
    .enabled(if: browser != nil, "no chromium here (apt install chromium)"))
  func windows() throws {
    let folder = try Folder()
    try folder.write(WAV().file(voice(seconds: 3)), to: "talk.wav")
    for (arguments, name) in [
      (["predict", "talk.wav", "--window", "1", "--hop", "0.5"], "predict"),
      (["explain", "talk.wav", "--window", "1"], "explain"),
    ] {
      let run = try folder.undertone(arguments + ["--html", "--output", "out"])
      #expect(run.status == 0, "\(run)")
      let page = try opened(
        "out/\(name).html", in: folder,
        script: Self.tools + """
          const canvas = document.querySelector("canvas.timeline"), told = () => canvas.nextSibling.nextSibling.textContent;
          tell("first", told());
          const sound = document.querySelector("audio");
          canvas.dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowRight", bubbles: true }));
          tell("second", told());
          tell("sound", sound.currentTime);
          tell("chosen", (document.getElementById("choose-clip") || {}).value);
          const box = canvas.getBoundingClientRect();
          const place = (share) => ({ clientX: box.left + 46 + (box.width - 56) * share, clientY: box.top + 20, bubbles: true });
          canvas.dispatchEvent(new PointerEvent("pointermove", place(2.5 / 3)));
          tell("pointed", told());
          canvas.dispatchEvent(new MouseEvent("click", place(2.5 / 3)));
          tell("clicked", (document.getElementById("choose-clip") || {}).value || sound.currentTime.toFixed(1));
          """)
      #expect(page.contains("data-ready=\"true\"") && !page.contains("data-error"), "\(name)")
      #expect(told("first", in: page).contains("window 0.00–1.00 s: "), "\(told("first", in: page))")
      #expect(told("pointed", in: page).hasPrefix("2.50 s · window 2.00–3.00 s"), "\(told("pointed", in: page))")
      if name == "predict" {
        #expect(told("second", in: page).hasPrefix("0.50 s · window 0.50–1.50 s: "), "\(told("second", in: page))")
        #expect(told("sound", in: page) == "0.5" && told("clicked", in: page) == "2.5")
      } else {
        #expect(told("second", in: page).contains("window 1.00–2.00 s: "), "\(told("second", in: page))")
        #expect(told("second", in: page).contains("; mean |saliency| on the log-mel for "))
        #expect(told("chosen", in: page) == "1" && told("clicked", in: page) == "2")
      }
    }
  }

  @Test("A page of a clip of four seconds takes less than 1 MB by one method, and 3 MB by four with their sounds")
  func size() throws {
    let folder = try Folder()
    try folder.write(WAV().file(voice(seconds: 4)), to: "clip.wav")
    let methods = "saliency,input-x-gradient,deeplift,lrp"
    for (arguments, megabytes) in [([], 1), (["--method", methods, "--listen"], 3)] as [([String], Int)] {
      let run = try folder.undertone(["explain", "clip.wav", "--html", "--output", "out"] + arguments)
      #expect(run.status == 0, "\(run)")
      let size = try folder.contents("out/explain.html").count
      #expect(size < megabytes * 1_000_000, "\(size) bytes with \(arguments)")
    }
  }

  @Test("Every command that makes figures writes a page of them, with the numbers as tables")
  func everyCommand() throws {
    let folder = try Folder()
    #expect(try folder.undertone("corpus", "synthesize", "--clips", "2", "--output", "corpus").status == 0)
    let data = "corpus/manifest.csv"
    for (arguments, page, figures) in [
      (["corpus", "describe", data, "--output", "out"], "out/corpus.html", 3),
      (
        ["train", "cnnatt", "--data", data, "--validation", data, "--epochs", "2", "--output", "model"],
        "model/curves.html", 1
      ),
      (["curves", "model", "--output", "out"], "out/curves.html", 1),
      (["evaluate", "--data", data, "--output", "out"], "out/evaluate.html", 3),
      (["trust", "--data", data, "--clips", "2", "--method", "saliency", "--output", "out"], "out/trust.html", 1),
      (
        ["predict", "corpus/speaker-01/angry-001.wav", "--window", "1", "--hop", "0.5", "--output", "out"],
        "out/predict.html", 1
      ),
    ] {
      let run = try folder.undertone(arguments + ["--html"])
      #expect(run.status == 0 && run.output.contains(page), "\(run)")
      let text = String(decoding: try folder.contents(page), as: UTF8.self)
      #expect(text.components(separatedBy: "<img src=\"data:image/png;base64,").count == figures + 1, "\(page)")
      #expect(text.contains("<table>") && text.contains("<dt>Software</dt>"), "\(page)")
      // Only what plays has scripts.
      #expect(text.contains("<script") == ["out/evaluate.html", "out/predict.html"].contains(page), "\(page)")
    }
    #expect(try folder.undertone("predict", "clip.wav", "--html").failed(64, naming: "--window"))
  }
}
