// A recording's windows over time: what is predicted of each, its sound, and how strong an attribution is in each.
"use strict";
undertone.timeline = (() => {
  const { data, make, samplesOf, waveFile } = undertone;
  const above = 8, left = 46, right = 10, gap = 10;
  const colorOf = (name) => data.colors.emotions[name] || data.colors.dimensions[name] || "#5a5a5a";
  const number = (value) => value.toFixed(3).replace("-", "−");

  // - recording: { name, duration, classes, dimensions, windows: [{ start, end, probabilities, values, strength }] }, maybe
  //   with a sound. A window's strength is { values, start, hop, unit, words, color }: the attribution's mean size of frames.
  // - go: called with a window's index and a time where one is chosen.
  const timeline = (recording, go) => {
    const { windows, classes, dimensions, duration } = recording;
    const canvas = make("canvas", { tabIndex: 0, className: "timeline" });
    const readout = make("p", { className: "readout" });
    const samples = recording.sound && samplesOf(recording.sound);
    const values = windows.flatMap((w) => w.values || []);
    const end = values.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
    const strengths = windows.flatMap((w) => (w.strength ? [w.strength] : []));
    const strongest = strengths.reduce((most, s) => s.values.reduce((a, b) => Math.max(a, b), most), 0);
    const rows = [
      classes.length && { kind: "lines", names: classes, of: "probabilities", axis: [0, 1], height: 150 },
      dimensions.length && { kind: "lines", names: dimensions, of: "values", axis: [values.some((v) => v < 0) ? -end : 0, end],
        height: classes.length ? 100 : 150 },
      samples && { kind: "sound", height: 50 },
      strengths.length && { kind: "strength", height: 50 },
    ].filter(Boolean);
    const height = above + rows.reduce((sum, row) => sum + row.height + gap, 0) + 14;
    let width = 900, picture, seconds = windows[0].start, index = 0;

    const middle = (w) => (w.start + w.end) / 2;
    const x = (time) => left + width * time / duration;
    // Of windows that overlap, the one whose middle is nearest.
    const at = (time) => windows.reduce((best, w, i) => {
      const distance = (span) => Math.max(0, span.start - time, time - span.end) * 1e6 + Math.abs(middle(span) - time);
      return distance(w) < distance(windows[best]) ? i : best;
    }, 0);

    const drawLines = (context, row, top) => {
      const [lower, upper] = row.axis, y = (value) => top + row.height * (1 - (value - lower) / (upper - lower));
      context.textAlign = "right";
      for (const tick of [lower, (lower + upper) / 2, upper]) context.fillText(Number(tick.toFixed(2)), left - 6, y(tick));
      row.names.forEach((name, i) => {
        context.strokeStyle = context.fillStyle = colorOf(name);
        context.lineWidth = 1.5;
        context.beginPath();
        windows.forEach((w, k) => {
          if (!w[row.of]) return;
          // Silence, and what was not explained, breaks the line.
          const before = windows[k - 1], follows = before && before[row.of] && before.end >= w.start - 1e-6;
          context[follows ? "lineTo" : "moveTo"](x(middle(w)), y(w[row.of][i]));
        });
        context.stroke();
        // A dot for each window, where there is room between them.
        if (width / windows.length < 8) return;
        for (const w of windows) if (w[row.of]) context.fillRect(x(middle(w)) - 2, y(w[row.of][i]) - 2, 4, 4);
      });
    };
    const drawSound = (context, row, top) => {
      const loudest = samples.reduce((a, b) => Math.max(a, Math.abs(b)), 1e-9);
      const perPixel = duration * recording.sound.sampleRate / width;
      context.fillStyle = "#303030";
      for (let column = 0; column < width; column++) {
        let low = 0, high = 0;
        for (let i = Math.floor(column * perPixel); i < Math.min(samples.length, (column + 1) * perPixel); i++) {
          low = Math.min(low, samples[i]); high = Math.max(high, samples[i]);
        }
        const tall = (high - low) / loudest * row.height / 2;
        if (high > low) context.fillRect(left + column, top + row.height / 2 * (1 - high / loudest), 1, Math.max(1, tall));
      }
    };
    const drawStrength = (context, row, top) => {
      context.textAlign = "right";
      context.fillText("0", left - 6, top + row.height);
      windows.forEach((w, k) => {
        if (!w.strength) return;
        const { values, start, hop, color } = w.strength, next = windows[k + 1] ? windows[k + 1].start : w.end;
        context.fillStyle = color;
        values.forEach((value, frame) => {
          const time = start + frame * hop, tall = strongest ? value / strongest * row.height : 0, from = Math.floor(x(time));
          if (time >= next) return;
          context.fillRect(from, top + row.height - tall, Math.max(1, Math.ceil(x(time + hop)) - from), tall);
        });
      });
    };

    const draw = () => {
      const scale = window.devicePixelRatio || 1;
      width = Math.max(200, (canvas.clientWidth || 900) - left - right);
      canvas.style.height = `${height}px`;
      picture = make("canvas", { width: Math.round((width + left + right) * scale), height: Math.round(height * scale) });
      const context = picture.getContext("2d");
      context.scale(scale, scale);
      context.fillStyle = "#fff";
      context.fillRect(0, 0, width + left + right, height);
      context.font = "12px sans-serif";
      context.textBaseline = "middle";
      let top = above;
      for (const row of rows) {
        context.fillStyle = "#1a1a1a";
        ({ lines: drawLines, sound: drawSound, strength: drawStrength })[row.kind](context, row, top);
        context.strokeStyle = "#1a1a1a";
        context.lineWidth = 1;
        context.strokeRect(left - 0.5, top - 0.5, width + 1, row.height + 1);
        top += row.height + gap;
      }
      context.fillStyle = "#1a1a1a";
      context.textAlign = "center";
      const rough = duration / 8, power = 10 ** Math.floor(Math.log10(rough));
      const step = [1, 2, 2.5, 5, 10].map((f) => f * power).find((s) => s >= rough);
      for (let k = 0; k * step <= duration + 1e-9; k++) {
        context.fillRect(x(k * step), top - gap, 1, 4);
        context.fillText(Number((k * step).toFixed(3)) + ((k + 1) * step > duration ? " s" : ""), x(k * step), top + 3);
      }
      canvas.width = picture.width;
      canvas.height = picture.height;
      drawCursor();
    };
    const drawCursor = () => {
      const context = canvas.getContext("2d"), scale = picture.width / (width + left + right), w = windows[index];
      context.drawImage(picture, 0, 0);
      const fill = (color, from, to) => {
        context.fillStyle = color;
        context.fillRect(from * scale, above * scale, (to - from) * scale, (height - above - gap - 14) * scale);
      };
      fill("rgba(213, 94, 0, 0.12)", x(w.start), x(w.end));
      fill("#d55e00", x(seconds) - 0.75, x(seconds) + 0.75);
    };

    const strengthAt = ({ strength }) => {
      const value = strength && strength.values[Math.round((seconds - strength.start) / strength.hop)];
      return value === undefined ? "" : `; ${strength.words} ${value.toPrecision(2)} ${strength.unit}`;
    };
    // Shows a time, in the window that is named or the one that it lies in.
    const show = (time, named) => {
      seconds = Math.max(0, Math.min(duration, time));
      index = named === undefined ? at(seconds) : named;
      const w = windows[index];
      const ranked = (w.probabilities || []).map((p, i) => [p, classes[i]]).sort((a, b) => b[0] - a[0]);
      const words = [...ranked.slice(0, 3).map(([p, name]) => `${name} ${number(p)}`),
        ...(w.values || []).map((value, i) => `${dimensions[i]} ${number(value)}`)];
      readout.textContent = `${seconds.toFixed(2)} s · window ${w.start.toFixed(2)}–${w.end.toFixed(2)} s: ` +
        (words.join(", ") || "silent") + strengthAt(w);
      if (picture) drawCursor();
    };
    const timeOf = (event) => (event.clientX - canvas.getBoundingClientRect().left - left) / width * duration;
    canvas.addEventListener("pointermove", (event) => show(timeOf(event)));
    canvas.addEventListener("click", (event) => { show(timeOf(event)); go(index, seconds); });
    canvas.addEventListener("keydown", (event) => {
      const change = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (!change) return;
      event.preventDefault();
      const to = Math.max(0, Math.min(windows.length - 1, index + change));
      show(windows[to].start, to);
      go(to, seconds);
    });
    window.addEventListener("resize", draw);
    canvas.setAttribute("role", "img");
    canvas.setAttribute("aria-label", `${windows.length} windows of ${recording.name}. Left and right go through them.`);
    const legend = make("p", { className: "legend" }, ...[...classes, ...dimensions].map((name) => {
      const swatch = make("span", { className: "swatch" });
      swatch.style.background = colorOf(name);
      return make("span", {}, swatch, name);
    }));
    const parts = ["probabilities", "values"].filter((of) => rows.some((row) => row.of === of))
      .concat(samples ? "the sound" : [], strengths.length ? strengths[0].words : []);
    return {
      elements: [make("p", { className: "panel" }, `${recording.name} in windows: ${parts.join(", ")}`), canvas, legend, readout],
      draw, show,
    };
  };

  // Recordings without explanations: their own sound plays.
  const place = document.getElementById("timelines");
  for (const recording of data.timelines) {
    const heard = recording.sound && samplesOf(recording.sound);
    const audio = make("audio", { controls: true, preload: "auto", hidden: !heard });
    const view = timeline(recording, (_, seconds) => { if (heard) audio.currentTime = seconds; });
    view.elements[3].setAttribute("aria-live", "polite");
    const length = heard && heard.length / recording.sound.sampleRate;
    const words = !heard ? "There was no room for its sound." :
      length < recording.duration - 0.1 ? `The first ${Math.round(length)} of ${Math.round(recording.duration)} s can be heard.` : "";
    if (heard) audio.src = waveFile(heard, recording.sound.sampleRate);
    const follow = () => {
      if (audio.paused) return;
      view.show(audio.currentTime);
      requestAnimationFrame(follow);
    };
    audio.addEventListener("play", () => { view.elements[3].setAttribute("aria-live", "off"); follow(); });
    audio.addEventListener("pause", () => view.elements[3].setAttribute("aria-live", "polite"));
    audio.addEventListener("seeked", () => view.show(audio.currentTime));
    place.append(audio, ...view.elements, ...(words ? [make("p", {}, words)] : []));
    view.draw();
    view.show(recording.windows[0].start);
    document.documentElement.dataset.ready = "true";
  }
  return timeline;
})();
