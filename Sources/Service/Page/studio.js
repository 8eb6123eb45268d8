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
      // A space is "%20" to the service, and not "+".
      const query = String(new URLSearchParams(given)).replaceAll("+", "%20");
      response = await fetch(`${path}?${query}`, { method: body ? "POST" : "GET", body, headers, signal });
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

  // Works, says so meanwhile, and shows what goes wrong. The work's result, if it has one, is said then.
  let busy = 0;
  const fail = (error) => {
    if (error.name === "AbortError") return;
    $("fault").textContent = error.message;
    $("fault").hidden = false;
    if (error.status === 401) $("guard").hidden = false;
  };
  const run = async (words, work) => {
    busy++;
    $("fault").hidden = true;
    $("status").textContent = words;
    document.documentElement.dataset.busy = "true";
    let result;
    try {
      result = await work();
    } catch (error) {
      fail(error);
    }
    if (--busy > 0) return;
    $("status").textContent = result || "";
    document.documentElement.dataset.busy = "false";
  };

  // The answer to a question about a version, asked once; the latest answers are kept.
  const about = async (held, path, parameters, signal) => {
    const key = `${path}?${new URLSearchParams(parameters)}`;
    if (!held.answers.has(key)) {
      held.answers.set(key, await asked(path, parameters, held.bytes, signal));
      if (held.answers.size > 24) held.answers.delete(held.answers.keys().next().value);
    }
    return held.answers.get(key);
  };
  // A name as the service takes it.
  const short = (name) => {
    const made = [...name.replace(/[/~]/g, "_")].slice(0, 64).join("");
    return /[\p{L}\p{N}]/u.test(made) ? made : "the sound";
  };
  const predicted = (held, model, signal) => about(held, "v1/predict", { model }, signal);
  const explanation = (held, model, signal) => about(held, "v1/explain",
    { model, method: state.method, target: state.target, name: short(held.name), format: "view" }, signal);

  // ---- Sounds

  const current = () => versions[version];
  const makeVersion = (name, bytes, change) => ({ name, bytes, change, answers: new Map() });

  // The first minute, which is all that is read.
  const mono = (buffer) => {
    const sum = new Float32Array(Math.min(buffer.length, 60 * buffer.sampleRate));
    for (let channel = 0; channel < buffer.numberOfChannels; channel++) {
      const own = buffer.getChannelData(channel);
      for (let i = 0; i < sum.length; i++) sum[i] += own[i] / buffer.numberOfChannels;
    }
    return sum;
  };
  const wave = (samples, rate) => new Blob([waveBytes(samples, rate)], { type: "audio/wav" });
  const buffered = async (bytes) => new OfflineAudioContext(1, 1, 48000).decodeAudioData(await bytes.arrayBuffer());
  // What the browser can decode and the service cannot, as WAV.
  const decoded = async (bytes) => {
    const buffer = await buffered(bytes);
    return wave(mono(buffer), buffer.sampleRate);
  };

  // Begins with a sound, and goes on with what a link says of it.
  const begin = async (source, name, bytes, link, signal) => {
    let first = makeVersion(name, bytes);
    try {
      await predicted(first, state.model, signal);
    } catch (error) {
      if (error.status !== 422 || error.field !== "file") throw error;
      first = makeVersion(name, await decoded(bytes).catch(() => { throw error; }));
      await predicted(first, state.model, signal);
    }
    // Nothing that was asked about the sound before is waited for.
    for (const kind of ["change", "units", "counterfactual"]) latest(kind);
    const made = [first];
    let last = 0, wrong;
    try {
      for (const change of changesIn(link.get("changes") || "")) last = await add(made, change, signal);
    } catch (error) {
      if (error.name === "AbortError") throw error;
      wrong = error;
    }
    Object.assign(state, { source, parts: partsIn(link.get("parts") || ""), region: boundsIn(link.get("region") || "") });
    versions = made;
    version = made[Number(link.get("version") ?? last)] ? Number(link.get("version") ?? last) : last;
    for (const section of ["answer", "explanation", "part", "units", "counter", "export"]) $(section).hidden = false;
    const said = await refresh();
    if (wrong) throw new Error(`The link's changes end before one that cannot be made: ${wrong.message}`);
    return said;
  };

  // ---- Changes: { of, model, kind, amount, start, end, low, high }, where `of` is the version that is changed.

  const words = ({ kind, amount, start, end, low, high }) => {
    const where = start === undefined ? "" : `, ${number(start)}–${number(end)} s${high ? `, ${Math.round(low)}–${Math.round(high)} Hz` : ""}`;
    return `${kind}${amount === undefined ? "" : ` ${String(amount).replace("-", "−")}`}${where}`;
  };
  // Adds a version to some, unless it is there; its place.
  // - sound: it, where it is there already.
  const add = async (made, change, signal, sound) => {
    const { of, model, kind, amount, ...bounds } = change, base = made[of];
    const isEdit = kind === "mute" || changes.some((c) => c.name === kind);
    if (!base || !(isEdit || kind === "counterfactual")) throw new Error(`There is no change ${kind} of version ${of}.`);
    const same = made.findIndex((v) => v.change && JSON.stringify(v.change) === JSON.stringify(change));
    if (same >= 0) return same;
    const [path, parameters] = isEdit ? ["v1/edit", { [kind]: kind === "mute" ? "true" : amount, ...bounds }] :
      ["v1/counterfactual", { target: amount }];
    const bytes = sound || await (await ask(path, { model, format: "wav", ...parameters }, base.bytes, signal)).blob();
    if (signal.aborted) throw new DOMException("another sound was opened", "AbortError");
    const before = base.change ? `${base.name}, ` : "";
    return made.push(makeVersion(`${before}${words(change)}`, bytes, change)) - 1;
  };
  const change = (wanted) => run("Changing …", async () => {
    version = await add(versions, { of: version, model: state.model, ...wanted }, latest("change"));
    return refresh();
  });

  // ---- The address

  const joined = (bounds) => (bounds ? ["start", "end", "low", "high"].map((name) => (bounds[name] === undefined ? "" : Number(bounds[name].toFixed(4)))).join("~") : "");
  const boundsIn = (text) => {
    const [start, end, low, high] = text.split("~").map((part) => (part === "" ? undefined : Number(part)));
    return start >= 0 && end > start ? { start, end, ...(high > low ? { low, high } : {}) } : null;
  };
  // Names stand between marks that they do not have.
  const packed = (name) => encodeURIComponent(name).replaceAll("~", "%7E");
  const unpacked = (text) => { try { return decodeURIComponent(text); } catch { return text; } };
  const changesIn = (text) => text.split(";").filter(Boolean).map((part) => {
    const [of, model, kind, amount, ...bounds] = part.split("~").map(unpacked);
    const value = !amount ? undefined : Number.isNaN(Number(amount)) ? amount : Number(amount);
    return { of: Number(of), model, kind, ...(value === undefined ? {} : { amount: value }), ...boundsIn(bounds.join("~")) };
  });
  const partsIn = (text) => text.split(";").filter(Boolean).flatMap((part) => {
    const [label, ...bounds] = part.split("~"), found = boundsIn(bounds.join("~"));
    return found ? [{ label: unpacked(label), ...found }] : [];
  });
  const address = () => {
    const made = versions.slice(1).map(({ change: c }) =>
      `${[c.of, packed(c.model), c.kind, packed(c.amount ?? "")].join("~")}~${joined(c.start === undefined ? null : c)}`);
    const all = { source: state.source, model: state.model, beside: state.beside, method: state.method, target: state.target,
      changes: made.join(";"), version: version === versions.length - 1 ? "" : version, region: joined(state.region),
      parts: state.parts.map((p) => `${packed(p.label)}~${joined(p)}`).join(";") };
    return `#${new URLSearchParams(Object.entries(all).filter(([, value]) => value !== ""))}`;
  };
  // Browsers take few changes of the address in a second.
  let later;
  const link = () => {
    clearTimeout(later);
    if (versions.length) later = setTimeout(() => history.replaceState(null, "", address()), 200);
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
        bar.style.width = share(Math.abs(value));
        bar.style.background = colors[name] || "var(--accent)";
        mark.style.left = share(Math.abs(before[name]));
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
  // The clip of the current version, as its explanation has it; nothing until that is there.
  let clip;
  const showView = (place, name, prefix, data) => {
    if (views[prefix]) views[prefix].show(data);
    else {
      const onRegion = (region) => setRegion(region, prefix);
      views[prefix] = undertone.clipView(place, { heading: name, prefix, data, onRegion });
    }
    place.querySelector("h2").textContent = name;
  };

  // Shows all that belongs to the current version; what is predicted of it, in words.
  const refresh = async () => {
    link();
    showVersions();
    showParts();
    const { classes } = models.find((m) => m.name === state.model);
    fill($("target"), ["predicted", ...outputs()], ["what is predicted", ...outputs()], state.target);
    $("method-words").textContent = methods.find((m) => m.name === state.method).summary;
    $("unit-rows").replaceChildren();
    $("found").textContent = $("agreement").textContent = "";
    for (const kind of ["units", "counterfactual"]) latest(kind);
    const signal = latest("refresh"), [first, now] = [versions[0], current()], shown = shownModels();
    clip = undefined;
    const answers = await Promise.all(shown.map(async (model) =>
      [model, await predicted(now, model, signal), await predicted(first, model, signal)]));
    const showAnswers = () => {
      $("predictions").classList.toggle("two", shown.length > 1);
      $("predictions").replaceChildren(...answers.map((answer) => bars(...answer)));
    };
    showAnswers();
    $("warning").textContent = warning(answers[0][1]);
    const goals = classes.filter((name) => name !== answers[0][1].predicted);
    fill($("goal"), goals, goals, $("goal").value);
    $("counter").hidden = !goals.length;

    const explained = await Promise.allSettled(shown.map((model) => explanation(now, model, signal)));
    if (signal.aborted) throw new DOMException("something else was asked", "AbortError");
    $("views").classList.toggle("two", shown.length > 1);
    ["first-view", "second-view"].forEach((id, i) => {
      $(id).hidden = !explained[i] || explained[i].status === "rejected";
      if ($(id).hidden) return $(id).querySelectorAll("audio").forEach((audio) => audio.pause());
      const data = explained[i].value;
      clip = clip || data.clips[0];
      colors = { ...colors, ...data.colors.emotions, ...data.colors.dimensions };
      showView($(id), shown[i], ["", "second-"][i], data);
    });
    showAnswers();
    setRegion(state.region);
    const failed = explained.find((one) => one.status === "rejected");
    if (failed) throw failed.reason;
    if (shown.length > 1) $("agreement").textContent = await agreement(now, signal);
    return answers.map(([model, { predicted: name, probabilities }]) =>
      (name ? `${model}: ${name} ${number(probabilities[name])}.` : "")).join(" ");
  };
  const agreement = async (held, signal) => {
    const found = await about(held, "v1/compare", { models: shownModels().join(), method: state.method }, signal);
    const value = found.correlation[0][1];
    return value === null ? "The two explanations cannot be compared cell by cell." : `The two explanations of the log-mel rank its cells alike with ${number(value)} (Spearman; 1 is the same order).`;
  };
  const refreshed = () => run("Asking …", refresh);

  const showVersions = () => {
    const hadFocus = $("versions").contains(document.activeElement);
    $("versions").replaceChildren(...versions.map((held, i) => {
      const choice = make("input", { type: "radio", name: "version", value: i, checked: i === version });
      choice.addEventListener("change", () => { version = i; refreshed(); });
      return make("label", {}, choice, i ? held.name : `${held.name} as it is`);
    }));
    if (hadFocus) $("versions").querySelector(":checked").focus();
  };

  // ---- Parts

  const fields = ["start", "end", "low", "high"];
  // - from: the prefix of the view in which it was chosen, which shows it already.
  const setRegion = (region, from) => {
    // Nothing lies outside of the speech.
    for (const [prefix, view] of Object.entries(views)) if (prefix !== from && clip) region = view.mark(region);
    // As exact as the address is, so that a link leads to the same.
    state.region = region = region && Object.fromEntries(
      Object.entries(region).filter(([name]) => fields.includes(name)).map(([name, value]) => [name, Number(value.toFixed(4))]));
    const digits = { start: 3, end: 3, low: 0, high: 0 };
    for (const name of fields) {
      $(name).value = region && region[name] !== undefined ? Number(region[name].toFixed(digits[name])) : "";
      $(name).setCustomValidity("");
    }
    for (const id of ["hear", "mute", "apply", "keep"]) $(id).disabled = !region;
    link();
  };
  for (const name of fields) {
    $(name).addEventListener("change", () => {
      const [start, end, low, high] = fields.map((field) => ($(field).value === "" ? undefined : Number($(field).value)));
      if (start === undefined && end === undefined) return setRegion(null);
      if (start === undefined || end === undefined) return;
      $("end").setCustomValidity(end > start ? "" : "The end comes after the start.");
      if (!$("end").reportValidity()) return;
      const top = high ?? (low > 0 && clip ? clip.sampleRate / 2 : undefined);
      setRegion({ start, end, ...(top > (low || 0) ? { low: low || 0, high: top } : {}) });
    });
  }

  // The samples of a part, of its band alone.
  const cut = async ({ start, end, low, high }) => {
    if (!clip) throw new Error("The sound is not there yet.");
    const rate = clip.sampleRate, at = (seconds) => Math.max(0, Math.round((seconds - clip.start) * rate));
    const samples = samplesOf(clip.sound).slice(at(start), at(end));
    if (!samples.length) throw new Error("The part lies outside of this version's speech.");
    if (!high) return wave(samples, rate);
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
  const hear = (part) => run("Making the part …", async () => {
    URL.revokeObjectURL(player.src);
    player.src = URL.createObjectURL(await cut(part));
    await player.play();
    document.documentElement.dataset.heard = `${joined(part)} ${player.duration.toFixed(2)}`;
  });
  $("hear").addEventListener("click", () => hear(state.region));
  $("mute").addEventListener("click", () => change({ kind: "mute", ...state.region }));

  const takesBand = (kind) => kind === "gain" || kind === "mute";
  const showChange = () => {
    const { minimum, maximum, words: text } = changes.find((c) => c.name === $("change").value);
    Object.assign($("amount"), { min: minimum, max: maximum });
    const shown = (value) => String(value).replace("-", "−"), where = takesBand($("change").value) ? "" : " Of all frequencies.";
    $("unit").textContent = `${shown(minimum)} to ${shown(maximum)}. ${text}${where}`;
  };
  $("change").addEventListener("change", () => { $("amount").value = ""; showChange(); });
  const apply = (region) => {
    if (!$("amount").value || !$("amount").reportValidity()) return $("amount").focus();
    const kind = $("change").value, amount = Number($("amount").value);
    const bounds = region || {};
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
        button("×", `Forget ${part.label}`, () => { state.parts.splice(i, 1); showParts(); link(); $("label").focus(); })))));
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
        const [start, end] = [unit.start, unit.end].map((seconds) => Number(seconds.toFixed(4)));
        return make("tr", {}, make("th", { scope: "row" }, unit.unit), make("td", {}, number(start)), make("td", {}, number(end)),
          make("td", {}, number(unit.leave_one_out, 3), bar), make("td", {}, number(unit.without, 3)),
          make("td", {}, button("Choose", `Choose ${unit.unit}`, () => setRegion({ start, end })), " ",
            button("▶", `Hear ${unit.unit}`, () => hear(unit)), " ",
            button("Mute", `Mute ${unit.unit}`, () => change({ kind: "mute", start, end }))));
      }))));
  }));
  $("seek").addEventListener("click", () => run("Seeking; this may take some seconds …", async () => {
    const [of, model, target, signal] = [version, state.model, $("goal").value, latest("counterfactual")];
    const found = await about(current(), "v1/counterfactual", { model, target }, signal);
    if (found.found) {
      const sound = wave(samplesOf(found.sound), found.sound.sample_rate);
      version = await add(versions, { of, model, kind: "counterfactual", amount: target }, signal, sound);
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
    [/[",\r\n]/.test(p.label) ? quoted(p.label) : p.label, ...fields.map((name) => (p[name] === undefined ? "" : Number(p[name].toFixed(4))))].join())].join("\n") + "\n";
  // Parts that overlap stand in tiers of their own.
  const partsTextGrid = async () => {
    const tiers = [];
    for (const part of state.parts) {
      let tier = tiers.find((t) => t[t.length - 1].end <= part.start);
      if (!tier) tiers.push(tier = []);
      tier.push(part);
    }
    // As long as the file, silence and all, where the browser can tell.
    const { duration } = await buffered(versions[0].bytes).catch(() => ({ duration: clip ? clip.start + clip.duration : 0 }));
    const end = Math.max(duration, ...state.parts.map((p) => p.end));
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
      const { name: file, bytes } = versions[0];
      if (format === "wav" && version) return save(current().bytes, `${file}.${version}.wav`);
      if (format === "wav") return save(bytes, bytes.type.includes("wav") && !/\.wav$/i.test(file) ? `${file}.wav` : file);
      if (format === "csv") return save(new Blob([partsCSV()], { type: "text/csv" }), `${versions[0].name}.parts.csv`);
      if (format === "textgrid") {
        if (!state.parts.length) throw new Error("There are no parts yet.");
        return save(new Blob([await partsTextGrid()], { type: "text/plain" }), `${versions[0].name}.TextGrid`);
      }
      const parameters = { model: state.model, method: state.method, target: state.target, format, ...(format === "html" ? { name: short(current().name) } : {}) };
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
  const take = (source, name, bytes, signal) => {
    const isAwaited = awaited.get("source") === source, said = isAwaited ? awaited : new URLSearchParams();
    if (isAwaited) awaited = new URLSearchParams();
    return begin(source, name, bytes, said, signal);
  };
  const open = (file) => file && run(`Reading ${file.name} …`, async () => {
    const signal = latest("open");
    $("made").value = "";
    // A copy: the file may be written again.
    const bytes = new Blob([await file.arrayBuffer()], { type: file.type });
    return take(`file ${file.size} ${file.name}`, file.name, bytes, signal);
  });
  $("file").addEventListener("change", () => {
    const [file] = $("file").files;
    open(file);
    // So that it can be chosen again.
    $("file").value = "";
  });
  const openMade = (name) => run("Fetching the voice …", async () => {
    const signal = latest("open");
    const bytes = await (await ask(`v1/clips/${encodeURIComponent(name)}`, {}, undefined, signal)).blob();
    return take(`made ${name}`, name, bytes, signal);
  });
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
    $("record").disabled = true;
    run("Asking for the microphone …", async () => {
      if (!navigator.mediaDevices) throw new Error("This browser records only for pages of this machine, or over https.");
      const stream = await navigator.mediaDevices.getUserMedia({ audio: true })
        .catch((error) => { throw new Error(`The microphone cannot be used: ${error.message}`); });
      const pieces = [], own = new MediaRecorder(stream);
      own.addEventListener("dataavailable", (event) => pieces.push(event.data));
      own.addEventListener("stop", () => {
        for (const track of stream.getTracks()) track.stop();
        recorder = undefined;
        $("record").textContent = "Record";
        $("made").value = "";
        run("Reading the recording …", async () => {
          const signal = latest("open");
          return take("recording", "recording", await decoded(new Blob(pieces)), signal);
        });
      });
      own.start();
      recorder = own;
      $("record").textContent = "Stop";
      setTimeout(() => { if (own.state === "recording") own.stop(); }, 60_000);
    }).finally(() => { $("record").disabled = false; });
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
