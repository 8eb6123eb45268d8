// What scripts add to a page: clips that play, with a cursor through all panels, and views that switch.
"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const place = document.getElementById("clips");
  const state = { clip: 0, model: "", method: "", target: "", seconds: 0, fraction: 0.5, panel: "" };

  // Numbers: Float32, little-endian, base64. Read when they are first needed.
  const read = new Map();
  const numbers = (text) => {
    if (!read.has(text)) {
      read.set(text, new Float32Array(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer));
    }
    return read.get(text);
  };
  const clip = () => data.clips[state.clip];
  const view = () =>
    clip().views.find((v) => v.model === state.model && v.method === state.method && v.target === state.target);
  const rgb = (hex) => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));
  const paper = data.colors.paper.map(rgb);
  const layers = (signed) => (signed ? data.colors.signed : data.colors.magnitude).map(rgb);
  const layerSets = { true: layers(true), false: layers(false) };

  // ---- Elements

  const make = (tag, attributes = {}, ...children) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (name in element && name !== "list") element[name] = value;
      else element.setAttribute(name, value);
    }
    element.append(...children);
    return element;
  };
  const choices = make("div", { className: "choices", role: "group" });
  choices.setAttribute("aria-label", "What is shown");
  const selects = {};
  for (const [name, words] of [["clip", "Clip"], ["model", "Model"], ["method", "Method"], ["target", "Target"]]) {
    selects[name] = make("select", { id: `choose-${name}` });
    selects[name].addEventListener("change", () => {
      state[name] = name === "clip" ? Number(selects[name].value) : selects[name].value;
      if (name === "clip") state.seconds = 0;
      settle();
    });
    choices.append(make("label", {}, words, selects[name]));
  }
  const save = make("button", { type: "button", id: "save" }, "Numbers as CSV");
  const overlay = make("input", { type: "checkbox", id: "overlay", checked: true });
  choices.append(make("label", {}, "Attribution", overlay), save);
  const audio = make("audio", { controls: true, preload: "auto" });
  const cursor = make("input", { type: "range", className: "cursor", id: "cursor", min: 0, step: 0.01 });
  cursor.setAttribute("aria-label", "Time in the clip, seconds");
  const readout = make("p", { className: "readout", id: "readout" });
  readout.setAttribute("aria-live", "polite");
  const panelBox = make("div");
  const bars = make("table", { className: "bars" });
  place.append(
    make("h2", {}, "Listen and look"), choices, audio, cursor, readout, panelBox, bars,
    make("p", {}, "Point at a panel, or go through it with the arrow keys, to read its values; click to hear from there. " +
      "Space plays and stops."));

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
    const source = `data:audio/wav;base64,${clip().audio}`;
    if (audio.src !== source) audio.src = source;
    cursor.max = clip().duration.toFixed(2);
    build();
  };

  // ---- Scales

  const mel = (hertz) => 2595 * Math.log10(1 + hertz / 700);
  const unmel = (value) => 700 * (10 ** (value / 2595) - 1);
  const percentile = (values, share) => {
    const sorted = Float32Array.from(values).sort();
    return sorted[Math.floor(share * (sorted.length - 1))];
  };
  // The strongest colour: the 99.5th percentile of what is drawn, or the largest where that is zero.
  const limitOf = (values) => {
    const sizes = values.map(Math.abs);
    return percentile(sizes, 0.995) || sizes.reduce((a, b) => Math.max(a, b), 0);
  };
  const digits = (value) => (value === 0 ? "0" : Math.abs(value) >= 0.001 && Math.abs(value) < 10000 ?
    String(Number(value.toPrecision(3))) : value.toExponential(2)).replace("-", "−");
  const columnsOf = (grid) => Math.min(grid.columns, Math.ceil(clip().duration / clip().hop + 0.5));
  const cropped = (values, grid) => {
    const columns = columnsOf(grid);
    const kept = new Float32Array(grid.rows * columns);
    for (let row = 0; row < grid.rows; row++) {
      kept.set(values.subarray(row * grid.columns, row * grid.columns + columns), row * columns);
    }
    return kept;
  };

  // ---- Panels: each has a key, words, a height, and can paint its picture and say its values at a place.

  const left = 58, right = 166, above = 6, below = 20;
  let panels = [];

  const levelOf = (value, limit, signed) => {
    if (!limit) return signed ? 128 : 0;
    const share = Math.min(1, Math.abs(value) / limit);
    return signed ? Math.round(127.5 + Math.sign(value) * 127.5 * share) : Math.round(255 * share);
  };
  const mix = (base, value, limit, signed) => {
    const level = levelOf(value, limit, signed);
    const color = layerSets[signed][level];
    const alpha = (signed ? data.colors.signedOpacity : data.colors.opacity)[level];
    return base.map((part, i) => part * (1 - alpha) + color[i] * alpha);
  };

  const waveformPanel = () => {
    const samples = numbers(clip().samples), input = view().inputs.waveform;
    const loudest = samples.reduce((a, b) => Math.max(a, Math.abs(b)), 1e-9);
    const perBin = Math.round(0.005 * clip().sampleRate);
    let means = null, limit = 0;
    if (input) {
      const values = numbers(input.values);
      means = new Float32Array(Math.ceil(samples.length / perBin));
      for (let bin = 0; bin < means.length; bin++) {
        const end = Math.min(samples.length, (bin + 1) * perBin);
        for (let i = bin * perBin; i < end; i++) means[bin] += view().isSigned ? values[i] : Math.abs(values[i]);
        means[bin] /= end - bin * perBin;
      }
      limit = limitOf(means);
    }
    return {
      key: "waveform", words: input ? `Waveform with ${view().method} (mean over 5 ms)` : "Waveform", height: 90,
      limit, unit: input && input.unit, signed: view().isSigned,
      ticks: [[0.5, "0"], [0.5 + 0.47, digits(loudest)], [0.5 - 0.47, digits(-loudest)]], axis: "",
      paint(context, width, height) {
        if (means && overlay.checked) {
          means.forEach((mean, bin) => {
            const from = (bin * perBin / samples.length) * width, to = ((bin + 1) * perBin / samples.length) * width;
            context.fillStyle = `rgb(${mix([255, 255, 255], mean, limit, view().isSigned).join()})`;
            context.fillRect(from, 0, to - from + 0.7, height);
          });
        }
        context.strokeStyle = "#303030";
        context.lineWidth = 1;
        context.beginPath();
        for (let x = 0; x < width; x++) {
          const start = Math.floor((x / width) * samples.length);
          const end = Math.max(start + 1, Math.floor(((x + 1) / width) * samples.length));
          let low = samples[start], high = low;
          for (let i = start; i < end; i++) { low = Math.min(low, samples[i]); high = Math.max(high, samples[i]); }
          context.moveTo(x + 0.5, height * (0.5 - 0.47 * high / loudest) - 0.5);
          context.lineTo(x + 0.5, height * (0.5 - 0.47 * low / loudest) + 0.5);
        }
        context.stroke();
      },
      say(seconds) {
        const sample = Math.min(samples.length - 1, Math.round(seconds * clip().sampleRate));
        const own = input ? `, ${view().method} ${digits(numbers(input.values)[sample])} ${input.unit}` : "";
        return `amplitude ${digits(samples[sample])}${own}`;
      },
    };
  };

  const gridPanel = (grid, explained) => {
    const columns = columnsOf(grid), rows = grid.rows;
    const values = cropped(numbers(grid.values), grid);
    const input = explained && view().inputs[grid.space];
    const attribution = input && cropped(numbers(input.values), grid);
    const limit = attribution ? limitOf(attribution) : 0;
    // Coefficient 0 is the loudness, many times the size of the others.
    const shown = grid.space === "mfcc" && rows > 1 ? values.subarray(columns) : values;
    const lower = grid.space === "mfcc" ? percentile(shown, 0.01) : percentile(shown, 0);
    const upper = grid.space === "mfcc" ? percentile(shown, 0.99) : percentile(shown, 1);
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
      words: input ? `${names[grid.space]} with ${view().method}` : names[grid.space], limit, unit: input && input.unit,
      signed: view().isSigned, lower, upper, label: grid.label, ticks, axis: grid.space === "mfcc" ? "coefficient" : "kHz",
      rowAt, middle, rows, attribution, columns, hertz: grid.maximumFrequency && hertz,
      paint(context, width, height) {
        const image = new ImageData(columns, rows);
        for (let row = 0; row < rows; row++) {
          for (let column = 0; column < columns; column++) {
            const at = row * columns + column, to = ((rows - 1 - row) * columns + column) * 4;
            const step = Math.max(0, Math.min(255, Math.round((values[at] - lower) / (upper - lower || 1) * 255)));
            const base = paper[step];
            const color = attribution && overlay.checked ? mix(base, attribution[at], limit, view().isSigned) : base;
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
      say(seconds, fraction) {
        const column = Math.min(columns - 1, Math.round(seconds / clip().hop)), row = rowAt(fraction);
        const at = row * columns + column;
        const where = grid.maximumFrequency ? `${Math.round(hertz(row))} Hz (row ${row + 1} of ${rows})` : `coefficient ${row}`;
        const own = attribution ? `, ${view().method} ${digits(attribution[at])} ${input.unit}` : "";
        return `${where}: ${digits(values[at])} dB${own}`;
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
    return `; strongest at ${(best % panel.columns * clip().hop).toFixed(2)} s, ${where}`;
  };

  const build = () => {
    const mels = clip().grids.find((g) => g.space === "mel");
    panels = [waveformPanel()];
    if (mels) panels.push(gridPanel(mels, false));
    for (const grid of clip().grids) panels.push(gridPanel(grid, true));
    panelBox.replaceChildren(...panels.flatMap((panel) => {
      panel.canvas = make("canvas", { tabIndex: 0, id: `panel-${panel.key}` });
      panel.canvas.style.height = `${panel.height + above + below}px`;
      panel.canvas.setAttribute("role", "img");
      panel.canvas.setAttribute("aria-label",
        `${panel.words} for ${state.target}, over ${clip().duration.toFixed(2)} seconds${strongest(panel)}. ` +
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
    for (const panel of panels) {
      const scale = window.devicePixelRatio || 1;
      panel.width = Math.max(200, (panelBox.clientWidth || 900) - left - right);
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
      let x = left + panel.width + 12;
      if (panel.limit) {
        const { limit, signed } = panel, lowest = signed ? -limit : 0;
        const color = (share) => mix([255, 255, 255], lowest + (limit - lowest) * share, limit, signed);
        drawKey(context, panel, x, color, `≥ ${digits(limit)}`, (signed ? "≤ " : "") + digits(lowest), panel.unit);
        x += 78;
      }
      if (panel.label) {
        const color = (share) => paper[Math.round(255 * share)];
        drawKey(context, panel, x, color, digits(panel.upper), digits(panel.lower), "dB");
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
    for (let k = 0; k * step <= clip().duration + 1e-9; k++) {
      const x = left + panel.width * k * step / clip().duration;
      context.fillRect(x, above + panel.height + 1, 1, 4);
      const last = (k + 1) * step > clip().duration;
      context.fillText(Number((k * step).toFixed(3)) + (last ? " s" : ""), x, above + panel.height + 6);
    }
  };

  // What colours mean: a bar from the highest value to the lowest.
  const drawKey = (context, panel, x, color, highest, lowest, unit) => {
    for (let y = 0; y < panel.height; y++) {
      context.fillStyle = `rgb(${color(1 - y / (panel.height - 1)).join()})`;
      context.fillRect(x, above + y, 12, 1);
    }
    context.strokeStyle = context.fillStyle = "#1a1a1a";
    context.strokeRect(x - 0.5, above - 0.5, 13, panel.height + 1);
    context.font = "11px sans-serif";
    context.textAlign = "left";
    context.textBaseline = "middle";
    context.fillText(highest, x + 17, above + 5, 58);
    context.fillText(lowest, x + 17, above + panel.height - 5, 58);
    context.fillText(unit, x + 17, above + panel.height / 2, 58);
  };

  const drawCursors = () => {
    for (const panel of panels) {
      const context = panel.canvas.getContext("2d"), scale = panel.picture.width / (panel.width + left + right);
      context.drawImage(panel.picture, 0, 0);
      context.fillStyle = "#d55e00";
      context.fillRect((left + panel.width * state.seconds / clip().duration - 0.75) * scale, above * scale, 1.5 * scale,
        panel.height * scale);
      if (panel.key === state.panel && panel.rowAt) {
        const y = above + panel.height * (1 - panel.middle(panel.rowAt(state.fraction)));
        context.fillRect(left * scale, (y - 0.5) * scale, panel.width * scale, scale);
      }
    }
  };

  // ---- Reading values

  const point = (seconds, fraction, panel) => {
    state.seconds = Math.max(0, Math.min(clip().duration, seconds));
    state.fraction = Math.max(0, Math.min(1, fraction));
    state.panel = panel.key;
    cursor.value = state.seconds.toFixed(2);
    cursor.setAttribute("aria-valuetext", `${state.seconds.toFixed(2)} seconds`);
    readout.textContent = `${state.seconds.toFixed(3)} s · ${panel.words}: ${panel.say(state.seconds, state.fraction)}`;
    drawCursors();
  };

  const listen = (panel) => {
    const at = (event) => {
      const box = panel.canvas.getBoundingClientRect();
      return [(event.clientX - box.left - left) / panel.width * clip().duration,
        1 - (event.clientY - box.top - above) / panel.height];
    };
    panel.canvas.addEventListener("pointermove", (event) => { if (audio.paused) point(...at(event), panel); });
    panel.canvas.addEventListener("click", (event) => {
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
      if (!moves[event.key]) return;
      event.preventDefault();
      point(...moves[event.key], panel);
      audio.currentTime = state.seconds;
    });
  };

  const drawBars = () => {
    const { classes, probabilities, target, model } = view();
    const predicted = probabilities.indexOf(Math.max(...probabilities));
    bars.replaceChildren(
      make("caption", {}, `What ${model} hears`),
      ...classes.map((name, i) => {
        const bar = make("span", { className: "bar" });
        bar.style.width = `${100 * probabilities[i]}%`;
        bar.style.background = data.colors.emotions[name] || "#5a5a5a";
        const marks = [i === predicted && "predicted", name === target && "target", name === clip().truth && "true"];
        const words = [probabilities[i].toFixed(3), ...marks.filter(Boolean)].join(" · ");
        return make("tr", { className: i === predicted ? "chosen" : "" },
          make("th", { scope: "row" }, name), make("td", {}, bar), make("td", {}, words));
      }));
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
    if (event.key !== " " || /^(SELECT|BUTTON|INPUT|AUDIO|SUMMARY)$/.test(event.target.tagName)) return;
    event.preventDefault();
    if (audio.paused) audio.play(); else audio.pause();
  });
  save.addEventListener("click", () => {
    const lines = ["input,row,column,seconds,value,attribution"];
    for (const [space, input] of Object.entries(view().inputs)) {
      const grid = clip().grids.find((g) => g.space === space);
      const own = numbers(input.values), seen = grid ? numbers(grid.values) : numbers(clip().samples);
      const columns = grid ? grid.columns : seen.length;
      for (let i = 0; i < seen.length; i++) {
        const seconds = (i % columns) * (grid ? clip().hop : 1 / clip().sampleRate);
        lines.push([space, Math.floor(i / columns), i % columns, seconds.toFixed(5), seen[i], own[i]].join());
      }
    }
    const link = make("a", { download: `${clip().name}.${state.model}.${state.method}.${state.target}.csv`
      .replace(/[^\w.-]+/g, "_") });
    link.href = URL.createObjectURL(new Blob([lines.join("\n") + "\n"], { type: "text/csv" }));
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  });
  window.addEventListener("resize", draw);

  // A place and a view can be linked to: page.html#clip=0&target=angry&seconds=0.5&fraction=0.3&panel=mel
  for (const [name, value] of new URLSearchParams(location.hash.slice(1))) {
    if (name in state) state[name] = typeof state[name] === "number" ? Number(value) || 0 : value;
  }
  state.clip = Math.max(0, Math.min(data.clips.length - 1, Math.round(state.clip)));
  settle();
  document.documentElement.dataset.ready = "true";
})();
