// What scripts add to a page: clips that play, with a cursor through all panels, and views that switch.
"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const place = document.getElementById("clips");
  const state = { clip: 0, model: "", method: "", target: "", seconds: 0, fraction: 0.5, panel: "" };

  // Bytes of base64, and of a zlib stream (RFC 1950 and 1951).
  const bytesOf = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  const inflated = (data) => {
    const out = [];
    let at = 2, bit = 0;
    const bits = (count) => {
      let value = 0;
      for (let i = 0; i < count; i++) {
        value |= (data[at] >> bit & 1) << i;
        if (++bit === 8) { bit = 0; at++; }
      }
      return value;
    };
    // A code of each symbol's length in bits: how many codes of each length there are, and their symbols in order.
    const code = (lengths) => {
      const counts = new Array(16).fill(0), starts = [0, 0], symbols = [];
      for (const length of lengths) if (length) counts[length]++;
      for (let length = 1; length < 15; length++) starts.push(starts[length] + counts[length]);
      lengths.forEach((length, symbol) => { if (length) symbols[starts[length]++] = symbol; });
      return { counts, symbols };
    };
    const symbol = ({ counts, symbols }) => {
      for (let value = 0, first = 0, index = 0, length = 1; length < 16; length++) {
        value |= bits(1);
        if (value - first < counts[length]) return symbols[index + value - first];
        index += counts[length];
        first = first + counts[length] << 1;
        value <<= 1;
      }
      throw new Error("a code that no symbol has");
    };
    const base = (extra, start) => extra.map((_, i) => start + extra.slice(0, i).reduce((sum, e) => sum + 2 ** e, 0));
    const lengthExtra = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
    const lengthBase = base(lengthExtra, 3).map((length, i) => (i === 28 ? 258 : length));
    const distanceExtra = Array.from({ length: 30 }, (_, i) => Math.max(0, (i >> 1) - 1));
    const distanceBase = base(distanceExtra, 1);
    for (let isLast = 0; !isLast;) {
      isLast = bits(1);
      const kind = bits(2);
      if (kind === 0) {
        if (bit) { bit = 0; at++; }
        const count = data[at] | data[at + 1] << 8;
        at += 4;
        for (let i = 0; i < count; i++) out.push(data[at++]);
        continue;
      }
      let literals, distances;
      if (kind === 1) {
        literals = code(Array.from({ length: 288 }, (_, i) => (i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8)));
        distances = code(new Array(30).fill(5));
      } else {
        const literalCount = bits(5) + 257, distanceCount = bits(5) + 1, lengthCount = bits(4) + 4;
        const short = new Array(19).fill(0), lengths = [];
        for (let i = 0; i < lengthCount; i++) {
          short[[16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15][i]] = bits(3);
        }
        const own = code(short);
        while (lengths.length < literalCount + distanceCount) {
          const length = symbol(own);
          if (length < 16) lengths.push(length);
          else if (length === 16) lengths.push(...new Array(bits(2) + 3).fill(lengths[lengths.length - 1]));
          else lengths.push(...new Array(length === 17 ? bits(3) + 3 : bits(7) + 11).fill(0));
        }
        literals = code(lengths.slice(0, literalCount));
        distances = code(lengths.slice(literalCount));
      }
      for (let next = symbol(literals); next !== 256; next = symbol(literals)) {
        if (next < 256) { out.push(next); continue; }
        const count = lengthBase[next - 257] + bits(lengthExtra[next - 257]);
        const back = symbol(distances), distance = distanceBase[back] + bits(distanceExtra[back]);
        for (let i = 0; i < count; i++) out.push(out[out.length - distance]);
      }
    }
    return out;
  };

  // Numbers: multiples of a power of ten, as the bytes of a PNG's pixels in planes. Read when they are first needed, and
  // not by the browser's own PNG decoder, which may change pixels against tracking.
  const read = new Map();
  const numbers = (held) => {
    if (!read.has(held)) {
      const png = bytesOf(held.image), view = new DataView(png.buffer);
      let stream = [], width = 0;
      for (let at = 8; at < png.length;) {
        const length = view.getUint32(at), kind = String.fromCharCode(...png.subarray(at + 4, at + 8));
        if (kind === "IHDR") width = view.getUint32(at + 8);
        if (kind === "IDAT") stream = stream.concat(Array.from(png.subarray(at + 8, at + 8 + length)));
        at += length + 12;
      }
      // Each row begins with the number of its filter: 0, none.
      const rows = inflated(stream), row = 3 * width + 1, values = new Float64Array(held.count);
      const byte = (i) => rows[Math.floor(i / (3 * width)) * row + 1 + i % (3 * width)];
      for (let i = 0; i < held.count; i++) {
        let multiple = 0;
        for (let plane = held.width - 1; plane >= 0; plane--) multiple = multiple * 256 + byte(plane * held.count + i);
        const signed = multiple % 2 ? -(multiple + 1) / 2 : multiple / 2;
        values[i] = held.decimals < 0 ? signed * 10 ** -held.decimals : signed / 10 ** held.decimals;
      }
      read.set(held, values);
    }
    return read.get(held);
  };
  // A number with the decimals that the page holds of it.
  const shown = (value, { decimals }) => (decimals > 6 ?
    `${(value * 10 ** (decimals - 2)).toFixed(2)}e−${decimals - 2}` : value.toFixed(Math.max(0, decimals)))
    .replace(/^-(0\.?0*)(?=$|e)/, "$1").replace("-", "−");
  // The samples of the clip's sound: 16 bits after a header of 44 bytes.
  const samplesOf = (audio) => {
    if (!read.has(audio)) {
      const view = new DataView(bytesOf(audio).buffer);
      read.set(audio, Float32Array.from({ length: (view.byteLength - 44) / 2 },
        (_, i) => view.getInt16(44 + 2 * i, true) / 32767));
    }
    return read.get(audio);
  };
  const clip = () => data.clips[state.clip];
  // Seconds of the file at a time in the speech.
  const fileTime = (seconds) => clip().start + seconds;
  const view = () =>
    clip().views.find((v) => v.model === state.model && v.method === state.method && v.target === state.target);
  const rgb = (hex) => [1, 3, 5].map((i) => parseInt(hex.slice(i, i + 2), 16));
  const papers = { true: data.colors.lightPaper.map(rgb), false: data.colors.paper.map(rgb) };
  const paperOf = (space) => papers[space === "mfcc"];
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
    make("p", {}, "Point at a panel, or go through it with the arrow keys, to read its values; a click moves the sound there. " +
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
    const samples = samplesOf(clip().audio), input = view().inputs.waveform;
    const loudest = samples.reduce((a, b) => Math.max(a, Math.abs(b)), 1e-9);
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
            const from = (bin * perBin / samples.length) * width, to = ((bin + 1) * perBin / samples.length) * width;
            context.fillStyle = `rgb(${mix([255, 255, 255], mean, limit, view().isSigned, threshold).join()})`;
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
      write(seconds) {
        const sample = Math.min(samples.length - 1, Math.round(seconds * clip().sampleRate));
        const mean = means && means[Math.min(means.length - 1, Math.floor(sample / perBin))];
        const own = input ? `, ${view().method} ${shown(mean, input.values)} ${input.unit} (mean over 5 ms)` : "";
        return `amplitude ${shown(samples[sample], { decimals: 4 })}${own}`;
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
      panel.canvas = make("canvas", { tabIndex: 0, id: `panel-${panel.key}` });
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
    cursor.setAttribute("aria-valuetext", `${fileTime(state.seconds).toFixed(2)} seconds`);
    readout.textContent = `${fileTime(state.seconds).toFixed(3)} s · ${panel.words}: ${panel.write(state.seconds, state.fraction)}`;
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
    if (event.key !== " " || /^(SELECT|BUTTON|INPUT|AUDIO|SUMMARY)$/.test(event.target.tagName)) return;
    event.preventDefault();
    if (audio.paused) audio.play(); else audio.pause();
  });
  save.addEventListener("click", () => {
    const lines = ["input,row,column,seconds,value,attribution"];
    for (const [space, input] of Object.entries(view().inputs)) {
      const grid = clip().grids.find((g) => g.space === space);
      // Of the waveform, 5 ms at a time: the largest amplitude, and the mean of the attribution.
      const own = numbers(input.values), samples = samplesOf(clip().audio);
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

  // A place and a view can be linked to: page.html#clip=0&target=angry&seconds=0.5&fraction=0.3&panel=mel
  for (const [name, value] of new URLSearchParams(location.hash.slice(1))) {
    if (name in state) state[name] = typeof state[name] === "number" ? Number(value) || 0 : value;
  }
  state.clip = Math.max(0, Math.min(data.clips.length - 1, Math.round(state.clip)));
  if (location.hash.includes("seconds=")) state.seconds -= clip().start;
  settle();
  document.documentElement.dataset.ready = "true";
})();
