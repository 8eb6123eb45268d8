// What scripts add to a page: clips that play, with a cursor through all panels, and views that switch.
"use strict";
// - place: the element that the view is put into.
// - start: what is shown first, as far as it is there.
// - heading: above it.
// - prefix: of the elements' ids, where a document has several views.
// - data: the page's, or other.
// - onRegion: called with { start, end, low, high }, in seconds of the file and Hz, or with null, where a part of the clip is
//   chosen; without it none can be.
undertone.clipView = (place, { start = {}, heading = "Listen and look", prefix = "", data = undertone.data, onRegion } = {}) => {
  const { make, numbers, shown, samplesOf, waveFile } = undertone;
  const state = { clip: 0, model: "", method: "", target: "", sound: "clip", seconds: 0, fraction: 0.5, panel: "", ...start };

  const clip = () => data.clips[state.clip];
  // Seconds of the file at a time in the speech.
  const fileTime = (seconds) => clip().start + seconds;
  const view = () =>
    clip().views.find((v) => v.model === state.model && v.method === state.method && v.target === state.target);
  // The sound that is chosen: the clip, what the attribution keeps of it, or the rest; the last two are the clip together.
  const samples = () => {
    const whole = samplesOf(clip().sound), kept = state.sound !== "clip" && samplesOf(view().heard.kept);
    return !kept ? whole : state.sound === "kept" ? kept : whole.map((value, i) => value - (kept[i] || 0));
  };
  const rgb = (hex) => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));
  const papers = { true: data.colors.lightPaper.map(rgb), false: data.colors.paper.map(rgb) };
  const paperOf = (space) => papers[space === "mfcc"];
  const layers = (signed) => (signed ? data.colors.signed : data.colors.magnitude).map(rgb);
  const layerSets = { true: layers(true), false: layers(false) };

  // ---- Elements

  const choices = make("div", { className: "choices", role: "group" });
  choices.setAttribute("aria-label", "What is shown");
  const selects = {};
  for (const [name, words] of [["clip", "Clip"], ["model", "Model"], ["method", "Method"], ["target", "Target"],
    ["sound", "Sound"]]) {
    selects[name] = make("select", { id: `${prefix}choose-${name}` });
    selects[name].addEventListener("change", () => {
      state[name] = name === "clip" ? Number(selects[name].value) : selects[name].value;
      if (name === "clip") state.seconds = 0;
      settle();
    });
    choices.append(make("label", {}, words, selects[name]));
  }
  const save = make("button", { type: "button", id: `${prefix}save` }, "Numbers as CSV");
  const overlay = make("input", { type: "checkbox", id: `${prefix}overlay`, checked: true });
  choices.append(make("label", {}, "Attribution", overlay), save);
  const audio = make("audio", { controls: true, preload: "auto" });
  audio.setAttribute("aria-label", `The clip${prefix && `, ${heading}`}`);
  const cursor = make("input", { type: "range", className: "cursor", id: `${prefix}cursor`, min: 0, step: 0.01 });
  cursor.setAttribute("aria-label", `Time in the clip, seconds${prefix && `, ${heading}`}`);
  const readout = make("p", { className: "readout", id: `${prefix}readout` });
  readout.setAttribute("aria-live", "polite");
  const panelBox = make("div"), timelineBox = make("div");
  const bars = make("table", { className: "bars" });
  place.append(
    make("h2", {}, heading), choices, timelineBox, audio, cursor, readout, panelBox, bars,
    make("p", {}, "Point at a panel, or go through it with the arrow keys, to read its values; a click moves the sound there. " +
      (onRegion ? "Drag, or hold Shift with the arrow keys, to choose a part; Escape lets it go. " : "") +
      "Space plays and stops. Values are rounded to the digits that are shown, also in the CSV."));

  // ---- Choices

  const fill = (name, values, words = values) => {
    selects[name].replaceChildren(...values.map((value, i) => make("option", { value }, words[i])));
    selects[name].value = state[name];
    selects[name].parentElement.hidden = values.length < 2;
  };
  const distinct = (name, views) => [...new Set(views.map((v) => v[name]))];

  // Keeps what was chosen where the clip has it, and takes the first there is where not.
  const settle = () => {
    let views = clip().views;
    fill("clip", data.clips.map((_, i) => i), data.clips.map((c) => c.name + (c.truth ? ` (${c.truth})` : "")));
    for (const name of ["model", "method", "target"]) {
      const all = distinct(name, views);
      if (!all.includes(state[name])) {
        const own = views[0].classes[views[0].probabilities.indexOf(Math.max(...views[0].probabilities))];
        state[name] = name === "target" && all.includes(own) ? own : all[0];
      }
      fill(name, all);
      views = views.filter((v) => v[name] === state[name]);
    }
    const { heard } = view();
    const sounds = heard ? { clip: "the clip", kept: heard.keptWords, rest: heard.restWords } : { clip: "the clip" };
    if (!(state.sound in sounds)) state.sound = "clip";
    fill("sound", Object.keys(sounds), Object.values(sounds));
    const own = state.sound === "clip" ? clip().sound : `${state.sound} of ${[state.clip, state.model, state.method, state.target]}`;
    if (playable.sound !== own) {
      // The same place of the same clip sounds on.
      const plays = playable.clip === clip() && !audio.paused;
      audio.src = waveFile(samples(), clip().sampleRate);
      audio.currentTime = state.seconds;
      if (plays) audio.play();
    } else if (audio.paused) audio.currentTime = state.seconds;
    playable = { clip: clip(), sound: own };
    cursor.max = clip().duration.toFixed(2);
    placeTimeline();
    build();
  };
  let playable = {};

  // ---- The windows of a file

  let timeline, timelineOf = "", windows = [];
  // The mean size of a window's attribution in each frame, of all rows.
  const strengths = new Map();
  const strengthOf = (windowed, shown) => {
    const grid = windowed.grids.find((g) => g.space === "mel" && shown.inputs.mel) ||
      windowed.grids.find((g) => shown.inputs[g.space]);
    if (!grid) return undefined;
    const input = shown.inputs[grid.space];
    if (!strengths.has(input)) {
      const values = numbers(input.values), means = new Float64Array(grid.columns);
      values.forEach((value, i) => { means[i % grid.columns] += Math.abs(value) / grid.rows; });
      strengths.set(input, means.subarray(0, Math.ceil(windowed.duration / windowed.hop)));
    }
    return { values: strengths.get(input), start: windowed.start, hop: windowed.hop, unit: input.unit,
      words: `mean |${shown.method}| on the ${grid.space === "mel" ? "log-mel" : grid.space} for ${shown.target}`,
      color: data.colors.emotions[shown.target] || data.colors.dimensions[shown.target] || "#5a5a5a" };
  };
  const placeTimeline = () => {
    timelineBox.hidden = !clip().window;
    if (!clip().window) return;
    // The windows of one file follow each other.
    const follows = (i) => data.clips[i - 1] && data.clips[i] && data.clips[i].window && data.clips[i - 1].window &&
      data.clips[i - 1].file === data.clips[i].file && data.clips[i - 1].window[0] < data.clips[i].window[0];
    let first = state.clip, last = state.clip;
    while (follows(first)) first--;
    while (follows(last + 1)) last++;
    const own = [first, last, state.model, state.method, state.target].join();
    if (own === timelineOf) return;
    timelineOf = own;
    windows = data.clips.slice(first, last + 1);
    const hadFocus = timelineBox.contains(document.activeElement);
    timeline = undertone.timeline({
      name: clip().file, duration: windows[windows.length - 1].window[1], classes: view().classes, dimensions: view().dimensions,
      windows: windows.map((w) => {
        const shown = w.views.find((v) => v.model === state.model && v.method === state.method && v.target === state.target);
        return { start: w.window[0], end: w.window[1], probabilities: w.views[0].probabilities, values: w.views[0].values,
          strength: shown && strengthOf(w, shown) };
      }),
    }, (index, seconds) => {
      state.clip = first + index;
      state.seconds = Math.max(0, Math.min(clip().duration, seconds - clip().start));
      settle();
    });
    timelineBox.replaceChildren(...timeline.elements);
    timeline.draw();
    if (hadFocus) timeline.elements[1].focus();
  };

  // ---- Scales

  const mel = (hertz) => 2595 * Math.log10(1 + hertz / 700);
  const unmel = (value) => 700 * (10 ** (value / 2595) - 1);
  const percentile = (values, share) => {
    const sorted = Float64Array.from(values).sort();
    return sorted[Math.floor(share * (sorted.length - 1))];
  };
  // The strongest colour: the 99.5th percentile of what is drawn, or the largest where that is zero.
  const limitOf = (values) => {
    const sizes = values.map(Math.abs);
    return percentile(sizes, 0.995) || sizes.reduce((a, b) => Math.max(a, b), 0);
  };
  // The part of the limit below which nothing covers a matrix: where the weakest four fifths end.
  const thresholdOf = (values, limit) =>
    (limit ? Math.min(0.8, percentile(values.map(Math.abs), data.colors.covered) / limit) : 0);
  const digits = (value) => (value === 0 ? "0" : Math.abs(value) >= 0.001 && Math.abs(value) < 10000 ?
    String(Number(value.toPrecision(3))) : value.toExponential(2)).replace("-", "−");
  const columnsOf = (grid) => Math.min(grid.columns, Math.ceil(clip().duration / clip().hop + 0.5));
  const cropped = (values, grid) => {
    const columns = columnsOf(grid);
    const kept = new Float64Array(grid.rows * columns);
    for (let row = 0; row < grid.rows; row++) {
      kept.set(values.subarray(row * grid.columns, row * grid.columns + columns), row * columns);
    }
    return kept;
  };

  // ---- Panels: each has a key, words, a height, and can paint its picture and write its values at a place.

  // Where the page is narrow, the colours' keys stand below the pictures instead of beside them.
  const above = 6, keyLine = 20;
  let left = 58, right = 166, isNarrow = false;
  const keysOf = (panel) => (panel.limit ? 1 : 0) + (panel.label ? 1 : 0);
  const belowOf = (panel) => 20 + (isNarrow ? 4 + keyLine * keysOf(panel) : 0);
  let panels = [];

  const levelOf = (value, limit, signed) => {
    if (!limit) return signed ? 128 : 0;
    const share = Math.min(1, Math.abs(value) / limit);
    return signed ? Math.round(127.5 + Math.sign(value) * 127.5 * share) : Math.round(255 * share);
  };
  const mix = (base, value, limit, signed, threshold = 0) => {
    const level = levelOf(value, limit, signed);
    const color = layerSets[signed][level];
    const share = Math.min(1, Math.abs(value) / limit);
    const alpha = !threshold ? (signed ? data.colors.signedOpacity : data.colors.opacity)[level]
      : share <= threshold ? 0 : 0.40 + 0.55 * (share - threshold) / (1 - threshold);
    return base.map((part, i) => part * (1 - alpha) + color[i] * alpha);
  };

  const waveformPanel = () => {
    const heard = samples(), input = view().inputs.waveform;
    const loudest = samplesOf(clip().sound).reduce((a, b) => Math.max(a, Math.abs(b)), 1e-9);
    const perBin = Math.round(0.005 * clip().sampleRate);
    const means = input && numbers(input.values);
    const limit = means ? limitOf(means) : 0, threshold = means ? thresholdOf(means, limit) : 0;
    return {
      key: "waveform", words: input ? `Waveform with ${view().method} (mean over 5 ms)` : "Waveform", height: 90,
      limit, threshold, unit: input && input.unit, signed: view().isSigned,
      ticks: [[0.5, "0"], [0.5 + 0.47, digits(loudest)], [0.5 - 0.47, digits(-loudest)]], axis: "",
      paint(context, width, height) {
        if (means && overlay.checked) {
          means.forEach((mean, bin) => {
            const from = (bin * perBin / heard.length) * width, to = ((bin + 1) * perBin / heard.length) * width;
            context.fillStyle = `rgb(${mix([255, 255, 255], mean, limit, view().isSigned, threshold).join()})`;
            context.fillRect(from, 0, to - from + 0.7, height);
          });
        }
        context.strokeStyle = "#303030";
        context.lineWidth = 1;
        context.beginPath();
        for (let x = 0; x < width; x++) {
          const start = Math.floor((x / width) * heard.length);
          const end = Math.max(start + 1, Math.floor(((x + 1) / width) * heard.length));
          let low = heard[start], high = low;
          for (let i = start; i < end; i++) { low = Math.min(low, heard[i]); high = Math.max(high, heard[i]); }
          context.moveTo(x + 0.5, height * (0.5 - 0.47 * high / loudest) - 0.5);
          context.lineTo(x + 0.5, height * (0.5 - 0.47 * low / loudest) + 0.5);
        }
        context.stroke();
      },
      write(seconds) {
        const sample = Math.min(heard.length - 1, Math.round(seconds * clip().sampleRate));
        const mean = means && means[Math.min(means.length - 1, Math.floor(sample / perBin))];
        const own = input ? `, ${view().method} ${shown(mean, input.values)} ${input.unit} (mean over 5 ms)` : "";
        return `amplitude ${shown(heard[sample], { decimals: 4 })}${own}`;
      },
    };
  };

  const gridPanel = (grid, explained) => {
    const columns = columnsOf(grid), rows = grid.rows, paper = paperOf(grid.space);
    const values = cropped(numbers(grid.values), grid);
    const input = explained && view().inputs[grid.space];
    const attribution = input && cropped(numbers(input.values), grid);
    const limit = attribution ? limitOf(attribution) : 0, threshold = attribution ? thresholdOf(attribution, limit) : 0;
    // Coefficient 0 is the loudness, many times the size of the others.
    const ranked = grid.space === "mfcc" && rows > 1 ? values.subarray(columns) : values;
    const lower = grid.space === "mfcc" ? percentile(ranked, 0.01) : percentile(ranked, 0);
    const upper = grid.space === "mfcc" ? percentile(ranked, 0.99) : percentile(ranked, 1);
    const names = { spectrogram: "Spectrogram", mel: "Log-mel", mfcc: "MFCC" };
    const top = grid.maximumFrequency && mel(grid.maximumFrequency);
    // The fraction of the height at which a row's middle lies, and the row at a fraction.
    const middle = (row) => grid.space === "mel" ? (row + 1) / (rows + 1)
      : grid.space === "mfcc" ? (row + 0.5) / rows : row / (rows - 1);
    const rowAt = (fraction) => Math.max(0, Math.min(rows - 1, Math.round(
      grid.space === "mel" ? fraction * (rows + 1) - 1
        : grid.space === "mfcc" ? fraction * rows - 0.5 : fraction * (rows - 1))));
    const hertz = (row) => grid.space === "mel" ? unmel(top * middle(row)) : grid.maximumFrequency * middle(row);
    const kilohertz = [0, 0.25, 0.5, 1, 2, 4, 8, 16].filter((k) => k * 1000 <= (grid.maximumFrequency || 0) * 1.0001);
    const ticks = grid.space === "mfcc" ? [0, 10, 20, 30].filter((k) => k < rows).map((k) => [middle(k), String(k)])
      : kilohertz.filter((k) => grid.space === "mel" || k === 0 || k >= 1)
        .map((k) => [grid.space === "mel" ? mel(k * 1000) / top : k * 1000 / grid.maximumFrequency, String(k)]);
    return {
      key: grid.space + (explained ? "" : "-plain"), height: grid.space === "mfcc" ? 130 : explained ? 190 : 130,
      words: input ? `${names[grid.space]} with ${view().method}` : names[grid.space], limit, threshold, unit: input && input.unit,
      signed: view().isSigned, lower, upper, label: grid.label, paper, ticks, axis: grid.space === "mfcc" ? "coefficient" : "kHz",
      rowAt, middle, rows, attribution, columns, hertz: grid.maximumFrequency && hertz,
      frequencyAt: grid.maximumFrequency &&
        ((fraction) => (grid.space === "mel" ? unmel(top * fraction) : grid.maximumFrequency * fraction)),
      fractionOf: (frequency) => (grid.space === "mel" ? mel(frequency) / top : frequency / grid.maximumFrequency),
      paint(context, width, height) {
        const image = new ImageData(columns, rows);
        for (let row = 0; row < rows; row++) {
          for (let column = 0; column < columns; column++) {
            const at = row * columns + column, to = ((rows - 1 - row) * columns + column) * 4;
            const step = Math.max(0, Math.min(255, Math.round((values[at] - lower) / (upper - lower || 1) * 255)));
            const base = paper[step];
            const color = attribution && overlay.checked ? mix(base, attribution[at], limit, view().isSigned, threshold) : base;
            image.data.set([color[0], color[1], color[2], 255], to);
          }
        }
        const small = make("canvas", { width: columns, height: rows });
        small.getContext("2d").putImageData(image, 0, 0);
        context.imageSmoothingEnabled = false;
        const perFrame = width * clip().hop / clip().duration;
        const low = middle(0) - (middle(1) - middle(0) || 1) / 2, high = middle(rows - 1) + (middle(1) - middle(0) || 1) / 2;
        context.drawImage(small, -perFrame / 2, height * (1 - high), columns * perFrame, height * (high - low));
      },
      write(seconds, fraction) {
        const column = Math.min(columns - 1, Math.round(seconds / clip().hop)), row = rowAt(fraction);
        const at = row * columns + column;
        const where = grid.maximumFrequency ? `${Math.round(hertz(row))} Hz (row ${row + 1} of ${rows})` : `coefficient ${row}`;
        const own = attribution ? `, ${view().method} ${shown(attribution[at], input.values)} ${input.unit}` : "";
        return `${where}: ${shown(values[at], grid.values)} dB${own}`;
      },
    };
  };

  // Where an attribution is strongest, for who cannot see it.
  const strongest = (panel) => {
    if (!panel.attribution) return "";
    let best = 0;
    panel.attribution.forEach((value, i) => { if (Math.abs(value) > Math.abs(panel.attribution[best])) best = i; });
    const row = Math.floor(best / panel.columns);
    const where = panel.hertz ? `${Math.round(panel.hertz(row))} Hz` : `coefficient ${row}`;
    return `; strongest at ${fileTime(best % panel.columns * clip().hop).toFixed(2)} s, ${where}`;
  };

  const build = () => {
    const mels = clip().grids.find((g) => g.space === "mel");
    panels = [waveformPanel()];
    if (mels) panels.push(gridPanel(mels, false));
    for (const grid of clip().grids) panels.push(gridPanel(grid, true));
    panelBox.replaceChildren(...panels.flatMap((panel) => {
      panel.canvas = make("canvas", { tabIndex: 0, id: `${prefix}panel-${panel.key}` });
      panel.canvas.setAttribute("role", "img");
      panel.canvas.setAttribute("aria-label",
        `${panel.words} for ${state.target}, ${clip().start.toFixed(2)} to ${fileTime(clip().duration).toFixed(2)} seconds of the file${strongest(panel)}. ` +
        "Arrow keys read its values.");
      listen(panel);
      return [make("p", { className: "panel" }, panel.words + (panel.label ? ` · grey: ${panel.label}` : "")), panel.canvas];
    }));
    drawBars();
    draw();
    point(state.seconds, state.fraction, panels.find((p) => p.key === state.panel) || panels[panels.length - 1]);
  };

  // ---- Drawing

  const draw = () => {
    const room = panelBox.clientWidth || 900;
    isNarrow = room < 640;
    left = isNarrow ? 46 : 58;
    right = isNarrow ? 10 : 166;
    for (const panel of panels) {
      const scale = window.devicePixelRatio || 1, below = belowOf(panel);
      panel.canvas.style.height = `${panel.height + above + below}px`;
      panel.width = Math.max(200, room - left - right);
      const picture = make("canvas", {
        width: Math.round((panel.width + left + right) * scale), height: Math.round((panel.height + above + below) * scale),
      });
      const context = picture.getContext("2d");
      context.scale(scale, scale);
      context.fillStyle = "#fff";
      context.fillRect(0, 0, panel.width + left + right, panel.height + above + below);
      context.save();
      context.translate(left, above);
      context.beginPath();
      context.rect(0, 0, panel.width, panel.height);
      context.clip();
      panel.paint(context, panel.width, panel.height);
      context.restore();
      drawAxes(context, panel);
      // The number of the key, counted from the picture.
      let place = 0;
      if (panel.limit) {
        const { limit, signed, threshold } = panel, lowest = signed ? -limit : 0;
        const color = (share) => mix([255, 255, 255], lowest + (limit - lowest) * share, limit, signed, threshold);
        drawKey(context, panel, place++, color, `≥ ${digits(limit)}`, (signed ? "≤ " : "") + digits(lowest), panel.unit);
      }
      if (panel.label) {
        const color = (share) => panel.paper[Math.round(255 * share)];
        drawKey(context, panel, place, color, digits(panel.upper), digits(panel.lower), "dB");
      }
      panel.picture = picture;
      panel.canvas.width = picture.width;
      panel.canvas.height = picture.height;
    }
    drawCursors();
  };

  const drawAxes = (context, panel) => {
    context.strokeStyle = context.fillStyle = "#1a1a1a";
    context.lineWidth = 1;
    context.strokeRect(left - 0.5, above - 0.5, panel.width + 1, panel.height + 1);
    context.font = "12px sans-serif";
    context.textAlign = "right";
    context.textBaseline = "middle";
    let last = Infinity;
    for (const [fraction, words] of panel.ticks) {
      const y = above + panel.height * (1 - fraction);
      context.fillRect(left - 5, y, 4, 1);
      if (Math.abs(last - y) > 12) { context.fillText(words, left - 8, y); last = y; }
    }
    context.save();
    context.translate(11, above + panel.height / 2);
    context.rotate(-Math.PI / 2);
    context.textAlign = "center";
    context.fillText(panel.axis, 0, 0);
    context.restore();
    context.textAlign = "center";
    context.textBaseline = "top";
    const rough = clip().duration / 8, power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 2.5, 5, 10].map((f) => f * power).find((s) => s >= rough);
    const end = clip().start + clip().duration;
    for (let k = Math.ceil(clip().start / step - 1e-9); k * step <= end + 1e-9; k++) {
      const x = left + panel.width * (k * step - clip().start) / clip().duration;
      context.fillRect(x, above + panel.height + 1, 1, 4);
      const last = (k + 1) * step > end;
      context.fillText(Number((k * step).toFixed(3)) + (last ? " s" : ""), x, above + panel.height + 6);
    }
  };

  // The key to colours: a bar from the highest value to the lowest, or from left to right below a picture.
  const drawKey = (context, panel, place, color, highest, lowest, unit) => {
    context.font = "11px sans-serif";
    context.textBaseline = "middle";
    context.textAlign = "left";
    if (isNarrow) {
      const y = above + panel.height + 28 + place * keyLine, words = `${highest} ${unit}`;
      const start = left + context.measureText(lowest).width + 6;
      const length = Math.max(20, left + panel.width - context.measureText(words).width - 6 - start);
      for (let x = 0; x < length; x++) {
        context.fillStyle = `rgb(${color(Math.min(1, x / (length - 1))).join()})`;
        context.fillRect(start + x, y, Math.min(1, length - x), 10);
      }
      context.strokeStyle = context.fillStyle = "#1a1a1a";
      context.strokeRect(start - 0.5, y - 0.5, length + 1, 11);
      context.fillText(lowest, left, y + 5);
      context.fillText(words, start + length + 6, y + 5);
      return;
    }
    const x = left + panel.width + 12 + 78 * place;
    for (let y = 0; y < panel.height; y++) {
      context.fillStyle = `rgb(${color(1 - y / (panel.height - 1)).join()})`;
      context.fillRect(x, above + y, 12, 1);
    }
    context.strokeStyle = context.fillStyle = "#1a1a1a";
    context.strokeRect(x - 0.5, above - 0.5, 13, panel.height + 1);
    context.fillText(highest, x + 17, above + 5, 58);
    context.fillText(lowest, x + 17, above + panel.height - 5, 58);
    context.fillText(unit, x + 17, above + panel.height / 2, 58);
  };

  const drawCursors = () => {
    for (const panel of panels) {
      const context = panel.canvas.getContext("2d"), scale = panel.picture.width / (panel.width + left + right);
      context.drawImage(panel.picture, 0, 0);
      if (state.region) drawRegion(context, panel, scale);
      context.fillStyle = "#d55e00";
      context.fillRect((left + panel.width * state.seconds / clip().duration - 0.75) * scale, above * scale, 1.5 * scale,
        panel.height * scale);
      if (panel.key === state.panel && panel.rowAt) {
        const y = above + panel.height * (1 - panel.middle(panel.rowAt(state.fraction)));
        context.fillRect(left * scale, (y - 0.5) * scale, panel.width * scale, scale);
      }
    }
  };

  // The part of the clip that is chosen: on panels without frequencies, its time.
  const drawRegion = (context, panel, scale) => {
    const { start, end, low, high } = state.region;
    const x = (seconds) => left + panel.width * (seconds - clip().start) / clip().duration;
    const y = (frequency) => above + panel.height * (1 - Math.min(1, panel.fractionOf(frequency)));
    const [top, bottom] = panel.frequencyAt && high ? [y(high), y(low)] : [above, above + panel.height];
    const box = [x(start), top, x(end) - x(start), bottom - top].map((length) => length * scale);
    context.fillStyle = "rgba(0, 114, 178, 0.14)";
    context.fillRect(...box);
    // Dark and light, to be seen on both.
    for (const [color, width] of [["#fff", 3], ["#0072b2", 1.5]]) {
      context.strokeStyle = color;
      context.lineWidth = width * scale;
      context.strokeRect(...box);
    }
  };

  // ---- Reading values

  const point = (seconds, fraction, panel) => {
    state.seconds = Math.max(0, Math.min(clip().duration, seconds));
    state.fraction = Math.max(0, Math.min(1, fraction));
    state.panel = panel.key;
    cursor.value = state.seconds.toFixed(2);
    cursor.setAttribute("aria-valuetext", `${fileTime(state.seconds).toFixed(2)} seconds`);
    readout.textContent = `${fileTime(state.seconds).toFixed(3)} s · ${panel.words}: ${panel.write(state.seconds, state.fraction)}`;
    drawCursors();
    if (clip().window) timeline.show(fileTime(state.seconds), windows.indexOf(clip()));
  };

  // Shows a part of the clip as chosen, within it; none where it has no width.
  const mark = (region) => {
    const within = (seconds) => Math.max(clip().start, Math.min(fileTime(clip().duration), seconds));
    const [start, end] = region ? [within(region.start), within(region.end)] : [0, 0];
    state.region = end - start > 1e-6 ? { ...region, start, end } : null;
    drawCursors();
    return state.region;
  };
  const choose = (region) => {
    mark(region);
    onRegion(state.region);
  };

  const listen = (panel) => {
    const at = (event) => {
      const box = panel.canvas.getBoundingClientRect();
      return [(event.clientX - box.left - left) / panel.width * clip().duration,
        1 - (event.clientY - box.top - above) / panel.height];
    };
    // Where the pointer went down, and whether it has moved since.
    let pressed = null, isDragged = false;
    panel.canvas.addEventListener("pointerdown", (event) => {
      isDragged = false;
      pressed = onRegion && event.button === 0 ? { clientX: event.clientX, clientY: event.clientY, place: at(event) } : null;
    });
    panel.canvas.addEventListener("pointermove", (event) => {
      // It may have come up elsewhere.
      if (!(event.buttons & 1)) pressed = null;
      if (pressed && (isDragged || Math.abs(event.clientX - pressed.clientX) > 4)) {
        if (!isDragged) panel.canvas.setPointerCapture(event.pointerId);
        isDragged = true;
        const [from, to] = [pressed.place, at(event)];
        const times = [from[0], to[0]].map(fileTime).sort((a, b) => a - b);
        const region = { start: times[0], end: times[1] };
        // A line along the time is of all frequencies.
        if (panel.frequencyAt && Math.abs(event.clientY - pressed.clientY) > 8) {
          const heights = [from[1], to[1]].map((f) => Math.max(0, Math.min(1, f))).sort((a, b) => a - b);
          [region.low, region.high] = heights.map(panel.frequencyAt);
        }
        choose(region);
      }
      if (audio.paused) point(...at(event), panel);
    });
    for (const end of ["pointerup", "pointercancel"]) panel.canvas.addEventListener(end, () => { pressed = null; });
    panel.canvas.addEventListener("click", (event) => {
      if (isDragged) return;
      point(...at(event), panel);
      audio.currentTime = state.seconds;
    });
    panel.canvas.addEventListener("keydown", (event) => {
      const row = panel.rowAt ? panel.rowAt(state.fraction) : 0;
      const to = (change) => panel.rowAt ? panel.middle(Math.max(0, Math.min(panel.rows - 1, row + change))) : 0.5;
      const moves = {
        ArrowLeft: [state.seconds - clip().hop, state.fraction], ArrowRight: [state.seconds + clip().hop, state.fraction],
        ArrowUp: [state.seconds, to(1)], ArrowDown: [state.seconds, to(-1)],
      };
      if (onRegion && event.key === "Escape") choose(null);
      if (!moves[event.key]) return;
      event.preventDefault();
      const before = fileTime(state.seconds);
      point(...moves[event.key], panel);
      audio.currentTime = state.seconds;
      const now = fileTime(state.seconds), { region } = state;
      if (!onRegion || !event.shiftKey || now === before) return;
      // With Shift, the end at which the cursor was goes with it; elsewhere a part begins.
      const isNear = (seconds) => region && Math.abs(seconds - before) < 1e-6;
      const other = isNear(region?.end) ? region.start : isNear(region?.start) ? region.end : before;
      choose({ ...(other === before ? {} : region), start: Math.min(other, now), end: Math.max(other, now) });
    });
  };

  // From zero to a value, in percent of an axis.
  const barRow = (name, [lower, upper], value, color, isChosen, words) => {
    const bar = make("span", { className: "bar" }), share = (v) => 100 * (v - lower) / (upper - lower);
    bar.style.width = `${share(Math.max(0, value)) - share(Math.min(0, value))}%`;
    bar.style.marginLeft = `${share(Math.min(0, value))}%`;
    bar.style.background = color || "#5a5a5a";
    return make("tr", { className: isChosen ? "chosen" : "" },
      make("th", { scope: "row" }, name), make("td", {}, bar), make("td", {}, words.filter(Boolean).join(" · ")));
  };
  const drawBars = () => {
    const { classes, probabilities, dimensions, values, target, model } = view();
    const predicted = probabilities.indexOf(Math.max(...probabilities)), truths = clip().trueValues;
    const numbers = [...values, ...dimensions.map((name) => truths[name] ?? 0)];
    // As figures have it: zero is in the middle where a value is negative.
    const end = Math.max(1, ...numbers.map(Math.abs)), axis = [numbers.some((v) => v < 0) ? -end : 0, end];
    bars.replaceChildren(
      make("caption", {}, `${!classes.length ? "Values" : dimensions.length ? "Prediction" : "Probabilities"} of ${model}`),
      ...classes.map((name, i) => barRow(
        name, [0, 1], probabilities[i], data.colors.emotions[name], i === predicted,
        [probabilities[i].toFixed(3), i === predicted && "predicted", name === target && "target",
          name === clip().truth && "true"])),
      ...dimensions.map((name, i) => barRow(
        name, axis, values[i], data.colors.dimensions[name], name === target,
        [values[i].toFixed(3).replace("-", "−"), name === target && "target",
          name in truths && `true ${truths[name].toFixed(3).replace("-", "−")}`])));
  };

  // ---- Sound, keys, numbers

  const follow = () => {
    if (audio.paused) return;
    point(audio.currentTime, state.fraction, panels.find((p) => p.key === state.panel) || panels[0]);
    requestAnimationFrame(follow);
  };
  // While it plays, the values go by too quickly to be read out.
  audio.addEventListener("play", () => { readout.setAttribute("aria-live", "off"); follow(); });
  audio.addEventListener("pause", () => readout.setAttribute("aria-live", "polite"));
  cursor.addEventListener("input", () => {
    audio.currentTime = Number(cursor.value);
    point(Number(cursor.value), state.fraction, panels.find((p) => p.key === state.panel) || panels[0]);
  });
  overlay.addEventListener("change", draw);
  document.addEventListener("keydown", (event) => {
    if (prefix || event.key !== " " || /^(SELECT|BUTTON|INPUT|AUDIO|SUMMARY)$/.test(event.target.tagName)) return;
    event.preventDefault();
    if (audio.paused) audio.play(); else audio.pause();
  });
  save.addEventListener("click", () => {
    const lines = ["input,row,column,seconds,value,attribution"];
    for (const [space, input] of Object.entries(view().inputs)) {
      const grid = clip().grids.find((g) => g.space === space);
      // Of the waveform, 5 ms at a time: the largest amplitude, and the mean of the attribution.
      const own = numbers(input.values), samples = samplesOf(clip().sound);
      const perBin = Math.round(0.005 * clip().sampleRate), columns = grid ? grid.columns : own.length;
      const peak = (bin) => samples.subarray(bin * perBin, (bin + 1) * perBin).reduce((a, b) => Math.max(a, Math.abs(b)), 0);
      for (let i = 0; i < own.length; i++) {
        const seconds = (i % columns) * (grid ? clip().hop : perBin / clip().sampleRate);
        const value = grid ? numbers(grid.values)[i] : peak(i).toFixed(4);
        lines.push([space, Math.floor(i / columns), i % columns, fileTime(seconds).toFixed(5), value, own[i]].join());
      }
    }
    const link = make("a", { download: `${clip().name}.${state.model}.${state.method}.${state.target}.csv`
      .replace(/[^\w.-]+/g, "_") });
    link.href = URL.createObjectURL(new Blob([lines.join("\n") + "\n"], { type: "text/csv" }));
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  });
  window.addEventListener("resize", draw);

  state.clip = Math.max(0, Math.min(data.clips.length - 1, Math.round(state.clip)));
  if ("seconds" in start) state.seconds -= clip().start;
  settle();
  return {
    clip, mark,
    // Shows other clips, or others of their views.
    show(other, wanted = {}) {
      data = other;
      Object.assign(state, { clip: 0 }, wanted);
      settle();
    },
  };
};

// A place and a view can be linked to: page.html#clip=0&target=angry&seconds=0.5&fraction=0.3&panel=mel
if (document.getElementById("clips")) {
  const numbers = ["clip", "seconds", "fraction"], names = ["model", "method", "target", "sound", "panel", ...numbers];
  const linked = [...new URLSearchParams(location.hash.slice(1))].filter(([name]) => names.includes(name));
  const start = Object.fromEntries(linked.map(([name, value]) => [name, numbers.includes(name) ? Number(value) || 0 : value]));
  undertone.clipView(document.getElementById("clips"), { start });
  document.documentElement.dataset.ready = "true";
}
