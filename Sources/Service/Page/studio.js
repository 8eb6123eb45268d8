// The page of the service: a sound, what models say of it, why, and what they say of it once it is changed. The service
// keeps nothing: each request brings the sound, and what belongs to a version of it is kept here.
"use strict";
(() => {
  const { make, samplesOf, waveBytes } = undertone;
  const $ = (id) => document.getElementById(id);
  const number = (value, digits = 2) => value.toFixed(digits).replace("-", "−");
  // What is shown: it is all in the address, but for the sound itself and the predictions.
  const state = { source: "", model: "", beside: "", method: "saliency", target: "predicted", region: null, parts: [] };
  // Each has a name, its bytes, the change that made it of the first, and what was answered about it, by question.
  let versions = [], version = 0;
  let models = [], methods = [], changes = [], colors = {};

  // ---- Asking the service

  let token = sessionStorage.getItem("token") || "";
  const ask = async (path, parameters = {}, body, signal) => {
    const given = Object.entries(parameters).filter(([, value]) => value !== undefined && value !== "");
    const headers = token ? { Authorization: `Bearer ${token}` } : {};
    let response;
    try {
      response = await fetch(`${path}?${new URLSearchParams(given)}`, { method: body ? "POST" : "GET", body, headers, signal });
    } catch (error) {
      throw error.name === "AbortError" ? error : new Error("The service does not answer.");
    }
    if (response.ok) return response;
    const { error = {}, request_id: id } = await response.json().catch(() => ({}));
    const words = `${error.field ? `${error.field}: ` : ""}${error.reason || response.statusText}`;
    throw Object.assign(new Error(`${words} (${response.status}${id ? `, request ${id}` : ""})`),
      { status: response.status, field: error.field });
  };
  const asked = async (...question) => (await ask(...question)).json();

  // Of questions of one kind only the last one's answer is waited for.
  const running = {};
  const latest = (kind) => {
    if (running[kind]) running[kind].abort();
    running[kind] = new AbortController();
    return running[kind].signal;
  };

  // Works, says so meanwhile, and shows what goes wrong.
  let busy = 0;
  const run = async (words, work) => {
    busy++;
    $("fault").hidden = true;
    $("status").textContent = words;
    document.documentElement.dataset.busy = "true";
    try {
      await work();
    } catch (error) {
      if (error.name !== "AbortError") {
        $("fault").textContent = error.message;
        $("fault").hidden = false;
        if (error.status === 401) $("guard").hidden = false;
      }
    }
    if (--busy > 0) return;
    $("status").textContent = "";
    document.documentElement.dataset.busy = "false";
  };

  // The answer to a question about a version, asked once.
  const about = async (held, path, parameters, signal) => {
    const key = `${path}?${new URLSearchParams(parameters)}`;
    if (!held.answers.has(key)) held.answers.set(key, await asked(path, parameters, held.bytes, signal));
    return held.answers.get(key);
  };
  const predicted = (held, model, signal) => about(held, "v1/predict", { model }, signal);
  const explanation = (held, model, signal) => about(held, "v1/explain",
    { model, method: state.method, target: state.target, name: held.name, format: "view" }, signal);

  // ---- Sounds

  const current = () => versions[version];
  const makeVersion = (name, bytes, change) => ({ name, bytes, change, answers: new Map() });

  const mono = (buffer) => {
    const sum = new Float32Array(buffer.length);
    for (let channel = 0; channel < buffer.numberOfChannels; channel++) {
      buffer.getChannelData(channel).forEach((value, i) => { sum[i] += value / buffer.numberOfChannels; });
    }
    return sum;
  };
  const wave = (samples, rate) => new Blob([waveBytes(samples, rate)], { type: "audio/wav" });
  // What the browser can decode and the service cannot, as WAV.
  const decoded = async (bytes) => {
    const context = new AudioContext();
    try {
      const buffer = await context.decodeAudioData(await bytes.arrayBuffer());
      return wave(mono(buffer), buffer.sampleRate);
    } finally { context.close(); }
  };

  // Begins with a sound, and goes on with what a link says of it.
  const begin = async (source, name, bytes, link = new URLSearchParams()) => {
    let first = makeVersion(name, bytes);
    try {
      await predicted(first, state.model);
    } catch (error) {
      if (error.status !== 422 || error.field !== "file") throw error;
      first = makeVersion(name, await decoded(bytes).catch(() => { throw error; }));
    }
    Object.assign(state, { source, region: null, parts: partsIn(link.get("parts") || "") });
    [versions, version] = [[first], 0];
    for (const change of changesIn(link.get("changes") || "")) await add(change);
    version = Math.min(versions.length - 1, Math.max(0, Math.round(Number(link.get("version") ?? versions.length - 1)) || 0));
    state.region = boundsIn(link.get("region") || "");
    for (const section of ["answer", "explanation", "part", "units", "counter", "export"]) $(section).hidden = false;
    await refresh();
  };

  // ---- Changes: { of, kind, amount, start, end, low, high }, where `of` is the version that is changed.

  const words = ({ kind, amount, start, end, low, high }) => {
    const where = start === undefined ? "" : `, ${number(start)}–${number(end)} s${high ? `, ${Math.round(low)}–${Math.round(high)} Hz` : ""}`;
    return `${kind}${amount === undefined ? "" : ` ${String(amount).replace("-", "−")}`}${where}`;
  };
  // Makes a version; where it has been made already, goes to it.
  // - made: the sound, where it is there already.
  const add = async (change, made) => {
    const { of, kind, amount, ...bounds } = change, base = versions[of];
    const same = versions.findIndex((v) => v.change && JSON.stringify(v.change) === JSON.stringify(change));
    if (same >= 0) { version = same; return; }
    let bytes = made;
    if (!bytes && kind === "counterfactual") {
      bytes = await (await ask("v1/counterfactual", { model: state.model, target: amount, format: "wav" }, base.bytes, latest("change"))).blob();
    } else if (!bytes) {
      const parameters = { model: state.model, format: "wav", [kind]: kind === "mute" ? "true" : amount, ...bounds };
      bytes = await (await ask("v1/edit", parameters, base.bytes, latest("change"))).blob();
    }
    const before = base.change ? `${base.name}, ` : "";
    versions.push(makeVersion(`${before}${words(change)}`, bytes, change));
    version = versions.length - 1;
  };
  const change = (wanted) => run("Changing …", async () => { await add({ of: version, ...wanted }); await refresh(); });

  // ---- The address

  const joined = (bounds) => (bounds ? ["start", "end", "low", "high"].map((name) => (bounds[name] === undefined ? "" : Number(bounds[name].toFixed(4)))).join("~") : "");
  const boundsIn = (text) => {
    const [start, end, low, high] = text.split("~").map((part) => (part === "" ? undefined : Number(part)));
    return start >= 0 && end > start ? { start, end, ...(high > low ? { low, high } : {}) } : null;
  };
  const changesIn = (text) => text.split(";").filter(Boolean).map((part) => {
    const [of, kind, amount, ...bounds] = part.split("~");
    const value = amount === "" ? undefined : Number.isNaN(Number(amount)) ? amount : Number(amount);
    return { of: Number(of), kind, amount: value, ...boundsIn(bounds.join("~")) };
  });
  const partsIn = (text) => text.split(";").filter(Boolean).flatMap((part) => {
    const [label, ...bounds] = part.split("~"), found = boundsIn(bounds.join("~"));
    return found ? [{ label: decodeURIComponent(label), ...found }] : [];
  });
  const link = () => {
    const made = versions.slice(1).map(({ change: c }) => `${c.of}~${c.kind}~${c.amount ?? ""}~${joined(c.start === undefined ? null : c)}`);
    const all = { source: state.source, model: state.model, beside: state.beside, method: state.method, target: state.target,
      changes: made.join(";"), version: version === versions.length - 1 ? "" : version, region: joined(state.region),
      parts: state.parts.map((p) => `${encodeURIComponent(p.label)}~${joined(p)}`).join(";") };
    history.replaceState(null, "", `#${new URLSearchParams(Object.entries(all).filter(([, value]) => value !== ""))}`);
  };

  // ---- What is predicted

  const option = (value, text = value) => make("option", { value }, text);
  const fill = (select, values, texts, chosen) => {
    select.replaceChildren(...values.map((value, i) => option(value, texts[i])));
    select.value = values.includes(chosen) ? chosen : values[0];
    return select.value;
  };
  const outputs = () => {
    const { classes, dimensions } = models.find((m) => m.name === state.model);
    return [...classes, ...dimensions];
  };

  const bars = (model, now, first) => {
    const rows = Object.entries({ ...now.probabilities, ...now.values });
    rows.sort(([a], [b]) => outputs().indexOf(a) - outputs().indexOf(b));
    const before = { ...first.probabilities, ...first.values };
    return make("table", { className: "bars" },
      make("caption", {}, `${model}${now.predicted ? `: ${now.predicted}` : ""}${
        now.predicted !== first.predicted ? `, ${first.predicted} before` : ""}`),
      ...rows.map(([name, value]) => {
        const bar = make("span", { className: "bar" }), mark = make("span", { className: "before" });
        const share = (v) => `${100 * Math.max(0, Math.min(1, v))}%`;
        bar.style.width = share(value);
        bar.style.background = colors[name] || "var(--accent)";
        mark.style.left = share(before[name]);
        const by = value - before[name], moved = now === first ? "" : ` (${by < 0 ? "−" : "+"}${Math.abs(by).toFixed(3)})`;
        return make("tr", { className: name === now.predicted ? "chosen" : "" },
          make("th", { scope: "row" }, name), make("td", {}, bar, ...(now === first ? [] : [mark])),
          make("td", {}, number(value, 3) + moved));
      }));
  };
  const warning = ({ training_data: found }) => (!found ? "" : found.outside ?
    `Before you believe it: unlike the training data (${found.reasons.join(", ")}).` :
    found.trained_on ? "Before you believe it: the model was trained on this clip." : "");

  // ---- All that depends on the version, the models and the method

  const shownModels = () => [state.model, ...(state.beside ? [state.beside] : [])];
  const views = {};
  const showView = (place, name, prefix, data) => {
    if (views[prefix]) views[prefix].show(data);
    else {
      views[prefix] = undertone.clipView(place, { heading: "", prefix, data, onRegion: (region) => setRegion(region, prefix) });
    }
    place.querySelector("h2").textContent = name;
    views[prefix].mark(state.region);
  };

  const refresh = async () => {
    link();
    showVersions();
    showParts();
    fill($("target"), ["predicted", ...outputs()], ["what is predicted", ...outputs()], state.target);
    fill($("goal"), outputs(), outputs(), $("goal").value);
    $("method-words").textContent = methods.find((m) => m.name === state.method).summary;
    $("unit-rows").replaceChildren();
    $("found").textContent = "";
    const signal = latest("refresh"), [first, now] = [versions[0], current()];
    for (const element of [$("predictions"), $("views")]) element.classList.toggle("two", state.beside !== "");
    const answers = await Promise.all(shownModels().map(async (model) =>
      [model, await predicted(now, model, signal), await predicted(first, model, signal)]));
    const showAnswers = () => $("predictions").replaceChildren(...answers.map((answer) => bars(...answer)));
    showAnswers();
    $("warning").textContent = warning(answers[0][1]);
    const explained = await Promise.all(shownModels().map((model) => explanation(now, model, signal)));
    colors = { ...explained[0].colors.emotions, ...explained[0].colors.dimensions };
    showAnswers();
    $("second-view").hidden = !state.beside;
    shownModels().forEach((name, i) => showView($(["first-view", "second-view"][i]), name, ["", "second-"][i], explained[i]));
    setRegion(state.region);
    $("agreement").textContent = state.beside ? await agreement(now, signal) : "";
  };
  const agreement = async (held, signal) => {
    const found = await about(held, "v1/compare", { models: shownModels().join(), method: state.method }, signal);
    const value = found.correlation[0][1];
    return value === null ? "The two cannot be compared cell by cell by this method: their inputs differ." : `The two explanations of the log-mel rank its cells alike with ${number(value)} (Spearman; 1 is the same order).`;
  };
  const refreshed = () => run("Asking …", refresh);

  const showVersions = () => {
    $("versions").replaceChildren(...versions.map((held, i) => {
      const choice = make("input", { type: "radio", name: "version", value: i, checked: i === version });
      choice.addEventListener("change", () => { version = i; refreshed(); });
      return make("label", {}, choice, i ? held.name : `${held.name} as it is`);
    }));
  };

  // ---- Parts

  const fields = ["start", "end", "low", "high"];
  // - from: the prefix of the view in which it was chosen, which shows it already.
  const setRegion = (region, from) => {
    state.region = region;
    for (const name of fields) $(name).value = region && region[name] !== undefined ? Number(region[name].toFixed(name === "start" || name === "end" ? 3 : 0)) : "";
    for (const [prefix, view] of Object.entries(views)) if (prefix !== from) view.mark(region);
    for (const id of ["hear", "mute", "apply", "keep"]) $(id).disabled = !region;
    link();
  };
  for (const name of fields) {
    $(name).addEventListener("change", () => {
      const [start, end, low, high] = fields.map((field) => ($(field).value === "" ? undefined : Number($(field).value)));
      if (!(end > start)) return;
      setRegion({ start, end, ...(high > (low || 0) ? { low: low || 0, high } : {}) });
    });
  }

  // The samples of a part, of its band alone.
  const cut = async ({ start, end, low, high }) => {
    const clip = views[""].clip(), rate = clip.sampleRate, at = (seconds) => Math.round((seconds - clip.start) * rate);
    const samples = samplesOf(clip.sound).slice(Math.max(0, at(start)), Math.max(0, at(end)));
    if (!high || !samples.length) return wave(samples, rate);
    const context = new OfflineAudioContext(1, samples.length, rate), source = context.createBufferSource();
    source.buffer = context.createBuffer(1, samples.length, rate);
    source.buffer.copyToChannel(samples, 0);
    const filters = [["highpass", low], ["highpass", low], ["lowpass", high], ["lowpass", high]]
      .filter(([, frequency]) => frequency > 0 && frequency < rate / 2)
      .map(([type, frequency]) => new BiquadFilterNode(context, { type, frequency }));
    [...filters, context.destination].reduce((from, to) => from.connect(to), source);
    source.start();
    return wave((await context.startRendering()).getChannelData(0), rate);
  };
  const player = new Audio();
  const hear = (part) => run("", async () => {
    URL.revokeObjectURL(player.src);
    player.src = URL.createObjectURL(await cut(part));
    document.documentElement.dataset.heard = joined(part);
    await player.play();
  });
  $("hear").addEventListener("click", () => hear(state.region));
  $("mute").addEventListener("click", () => change({ kind: "mute", ...state.region }));

  const takesBand = (kind) => kind === "gain" || kind === "mute";
  const showChange = () => {
    const { minimum, maximum, words: text } = changes.find((c) => c.name === $("change").value);
    Object.assign($("amount"), { min: minimum, max: maximum });
    $("unit").textContent = `${number(minimum, 0 + !Number.isInteger(minimum))} to ${number(maximum, 0 + !Number.isInteger(maximum))}. ${text}`;
  };
  $("change").addEventListener("change", () => { $("amount").value = ""; showChange(); });
  const apply = (region) => {
    if (!$("amount").value || !$("amount").reportValidity()) return $("amount").focus();
    const kind = $("change").value, amount = Number($("amount").value);
    const clip = views[""].clip();
    // A gain needs a part: all of it.
    const bounds = region || (kind === "gain" ? { start: clip.start, end: clip.start + clip.duration } : {});
    const { low, high, ...times } = bounds;
    change({ kind, amount, ...times, ...(takesBand(kind) && high ? { low, high } : {}) });
  };
  $("apply").addEventListener("click", () => apply(state.region));
  $("apply-all").addEventListener("click", () => apply(null));

  const button = (text, label, action) => {
    const made = make("button", { type: "button" }, text);
    made.setAttribute("aria-label", label);
    made.addEventListener("click", action);
    return made;
  };
  const showParts = () => {
    $("parts").hidden = !state.parts.length;
    $("parts").tBodies[0].replaceChildren(...state.parts.map((part, i) => make("tr", {},
      make("th", { scope: "row" }, part.label || "—"), make("td", {}, number(part.start, 3)), make("td", {}, number(part.end, 3)),
      make("td", {}, part.high ? `${Math.round(part.low)}–${Math.round(part.high)}` : "all"),
      make("td", {}, button("Choose", `Choose ${part.label}`, () => setRegion(part)), " ",
        button("▶", `Hear ${part.label}`, () => hear(part)), " ",
        button("×", `Forget ${part.label}`, () => { state.parts.splice(i, 1); showParts(); link(); })))));
  };
  $("keep").addEventListener("click", () => {
    state.parts.push({ label: $("label").value.trim(), ...state.region });
    state.parts.sort((a, b) => a.start - b.start);
    $("label").value = "";
    showParts();
    link();
  });
  $("label").addEventListener("keydown", (event) => { if (event.key === "Enter" && state.region) $("keep").click(); });

  // ---- Units, and what would change the answer

  $("divide").addEventListener("click", () => run("Asking without each unit …", async () => {
    const found = await about(current(), "v1/units", { model: state.model, units: $("kind").value, target: state.target }, latest("units"));
    const largest = found.units.reduce((most, unit) => Math.max(most, Math.abs(unit.leave_one_out)), 1e-9);
    $("unit-rows").replaceChildren(make("table", { className: "units" },
      make("caption", {}, `What ${found.target} loses without each (${number(found.whole, 3)} with all; ${found.filling} in its place)`),
      make("thead", {}, make("tr", {}, ...["unit", "from, s", "to, s", "score lost", "left", ""].map((text) => make("th", { scope: "col" }, text)))),
      make("tbody", {}, ...found.units.map((unit) => {
        const bar = make("span", { className: "bar" });
        bar.style.width = `${6 * Math.abs(unit.leave_one_out) / largest}em`;
        bar.style.background = unit.leave_one_out < 0 ? "#2166ac" : "#b2182b";
        const { start, end } = unit;
        return make("tr", {}, make("th", { scope: "row" }, unit.unit), make("td", {}, number(start)), make("td", {}, number(end)),
          make("td", {}, number(unit.leave_one_out, 3), bar), make("td", {}, number(unit.without, 3)),
          make("td", {}, button("Choose", `Choose ${unit.unit}`, () => setRegion({ start, end })), " ",
            button("▶", `Hear ${unit.unit}`, () => hear(unit)), " ",
            button("Mute", `Mute ${unit.unit}`, () => change({ kind: "mute", start, end }))));
      }))));
  }));
  $("seek").addEventListener("click", () => run("Seeking; this may take some seconds …", async () => {
    const target = $("goal").value;
    const found = await about(current(), "v1/counterfactual", { model: state.model, target }, latest("counterfactual"));
    if (found.found) {
      await add({ of: version, kind: "counterfactual", amount: target }, wave(samplesOf(found.sound), found.sound.sample_rate));
      await refresh();
    }
    $("found").replaceChildren(...[found.sentence, ...found.remarks].map((line) => make("span", {}, line, make("br"))));
  }));

  // ---- What is kept

  const save = (blob, name) => {
    const made = make("a", { download: name.replace(/[^\w.-]+/g, "_") });
    made.href = URL.createObjectURL(blob);
    made.click();
    setTimeout(() => URL.revokeObjectURL(made.href), 1000);
  };
  const quoted = (text, mark = '"') => `"${text.replaceAll(mark, mark + mark)}"`;
  const partsCSV = () => ["label,start,end,low,high", ...state.parts.map((p) =>
    [/[",\n]/.test(p.label) ? quoted(p.label) : p.label, ...fields.map((name) => (p[name] === undefined ? "" : Number(p[name].toFixed(4))))].join())].join("\n") + "\n";
  // Parts that overlap stand in tiers of their own.
  const partsTextGrid = () => {
    const clip = views[""].clip(), tiers = [];
    for (const part of state.parts) {
      let tier = tiers.find((t) => t[t.length - 1].end <= part.start);
      if (!tier) tiers.push(tier = []);
      tier.push(part);
    }
    const end = Math.max(clip.start + clip.duration, ...state.parts.map((p) => p.end));
    const lines = ['File type = "ooTextFile"', 'Object class = "TextGrid"', "", "0", end, "<exists>", tiers.length];
    tiers.forEach((tier, i) => {
      const intervals = [];
      let at = 0;
      for (const part of [...tier, { start: end, end, label: "" }]) {
        if (part.start > at) intervals.push([at, part.start, '""']);
        if (part.end > part.start) intervals.push([part.start, part.end, quoted(part.label)]);
        at = part.end;
      }
      lines.push('"IntervalTier"', quoted(i ? `parts ${i + 1}` : "parts"), 0, end, intervals.length, ...intervals.flat());
    });
    return lines.join("\n") + "\n";
  };
  for (const element of document.querySelectorAll("#export button")) {
    const { format } = element.dataset;
    element.addEventListener("click", () => run("Making it …", async () => {
      const name = `${versions[0].name}.${state.model}.${state.method}`;
      if (format === "wav") return save(current().bytes, `${current().name}.wav`);
      if (format === "csv") return save(new Blob([partsCSV()], { type: "text/csv" }), `${versions[0].name}.parts.csv`);
      if (format === "textgrid") {
        if (!state.parts.length) throw new Error("There are no parts yet.");
        return save(new Blob([partsTextGrid()], { type: "text/plain" }), `${versions[0].name}.TextGrid`);
      }
      const parameters = { model: state.model, method: state.method, target: state.target, format, ...(format === "html" ? { name: current().name } : {}) };
      save(await (await ask("v1/explain", parameters, current().bytes)).blob(), `${name}.${format}`);
    }));
  }

  // ---- Choices

  for (const [id, follow] of [["model", () => { if (state.beside === state.model) state.beside = ""; showBeside(); }], ["beside"], ["method"], ["target"]]) {
    $(id).addEventListener("change", () => {
      state[id] = $(id).value;
      if (follow) follow();
      if (state.target !== "predicted" && !outputs().includes(state.target)) state.target = "predicted";
      refreshed();
    });
  }
  const showBeside = () => {
    const others = models.map((m) => m.name).filter((name) => name !== state.model);
    state.beside = fill($("beside"), ["", ...others], ["none", ...others], state.beside);
    $("beside").parentElement.hidden = !others.length;
  };

  // What a link says, until its sound is there.
  let awaited = new URLSearchParams(location.hash.slice(1));
  const take = (source, name, bytes) => {
    const isAwaited = awaited.get("source") === source, said = isAwaited ? awaited : new URLSearchParams();
    if (isAwaited) awaited = new URLSearchParams();
    return begin(source, name, bytes, said);
  };
  const open = (file) => file && run(`Reading ${file.name} …`, () => take(`file ${file.size} ${file.name}`, file.name, file));
  $("file").addEventListener("change", () => { $("made").value = ""; open($("file").files[0]); });
  const openMade = (name) => run("Fetching the voice …", async () =>
    take(`made ${name}`, name, await (await ask(`v1/clips/${encodeURIComponent(name)}`)).blob()));
  $("made").addEventListener("change", () => { if ($("made").value) openMade($("made").value); });
  const drop = document.documentElement;
  for (const [kind, isOver] of [["dragover", true], ["dragleave", false], ["drop", false]]) {
    drop.addEventListener(kind, (event) => {
      event.preventDefault();
      $("drop").classList.toggle("over", isOver);
      if (kind === "drop") open(event.dataTransfer.files[0]);
    });
  }

  let recorder;
  $("record").addEventListener("click", () => {
    if (recorder) return recorder.stop();
    run("Asking for the microphone …", async () => {
      if (!navigator.mediaDevices) throw new Error("This browser records only for pages of this machine, or over https.");
      const stream = await navigator.mediaDevices.getUserMedia({ audio: true })
        .catch((error) => { throw new Error(`The microphone cannot be used: ${error.message}`); });
      const pieces = [];
      recorder = new MediaRecorder(stream);
      recorder.addEventListener("dataavailable", (event) => pieces.push(event.data));
      recorder.addEventListener("stop", () => {
        for (const track of stream.getTracks()) track.stop();
        recorder = undefined;
        $("record").textContent = "Record";
        run("Reading the recording …", async () => take("recording", "recording", await decoded(new Blob(pieces))));
      });
      recorder.start();
      $("record").textContent = "Stop";
      setTimeout(() => { if (recorder) recorder.stop(); }, 60_000);
    });
  });

  // ---- The beginning

  const load = () => run("Asking what there is …", async () => {
    const [own, all, clips, { paths }] = await Promise.all(
      ["v1/models", "v1/methods", "v1/clips", "v1/openapi.json"].map((path) => asked(path)));
    [models, methods] = [own.models, all.methods];
    $("guard").hidden = true;
    changes = paths["/v1/edit"].post.parameters
      .filter((p) => p.schema.type === "number" && !fields.includes(p.name))
      .map((p) => ({ name: p.name, words: p.description, minimum: p.schema.minimum, maximum: p.schema.maximum }));
    for (const name of ["model", "beside", "method", "target"]) state[name] = awaited.get(name) ?? state[name];
    state.model = fill($("model"), models.map((m) => m.name), models.map((m) => `${m.name} (${m.title})`), state.model);
    if (state.target !== "predicted" && !outputs().includes(state.target)) state.target = "predicted";
    showBeside();
    state.method = fill($("method"), methods.map((m) => m.name), methods.map((m) => m.name), state.method);
    fill($("change"), changes.map((c) => c.name), changes.map((c) => c.name), "pitch");
    showChange();
    const names = clips.clips.map((c) => c.name);
    fill($("made"), ["", ...names], ["choose …", ...clips.clips.map((c) => c.words)], "");
    const source = awaited.get("source") || "", made = source.startsWith("made ") && source.slice(5);
    if (names.includes(made)) {
      $("made").value = made;
      await openMade(made);
    } else if (source) {
      const [, name] = source.match(/^file \d+ (.*)$/) || [null, "a recording"];
      $("fault").textContent = `This link is of ${name}, which only its owner has: choose it again to see what the link shows.`;
      $("fault").hidden = false;
    }
  });
  $("guard").addEventListener("submit", (event) => {
    event.preventDefault();
    token = $("token").value;
    sessionStorage.setItem("token", token);
    load();
  });
  // A link that is put in by hand.
  window.addEventListener("hashchange", () => location.reload());
  setRegion(null);
  load().then(() => { document.documentElement.dataset.ready = "true"; });
})();
