// What a page holds: elements are made, numbers and sounds read when they are first needed.
"use strict";
const undertone = (() => {
  const held = document.getElementById("data");
  const data = held ? JSON.parse(held.textContent) : { clips: [], timelines: [], sounds: [] };

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
  const read = new WeakMap();
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
  // The samples of a sound: 16-bit numbers from their second differences.
  const samplesOf = (sound) => {
    if (!read.has(sound)) {
      const differences = numbers(sound.differences), samples = new Float32Array(differences.length);
      let value = 0, slope = 0;
      for (let i = 0; i < samples.length; i++) {
        slope += differences[i];
        value += slope;
        samples[i] = value / 32767;
      }
      read.set(sound, samples);
    }
    return read.get(sound);
  };
  // A WAV file of 16 bits.
  const waveBytes = (samples, sampleRate) => {
    const view = new DataView(new ArrayBuffer(44 + 2 * samples.length));
    const words = (at, text) => [...text].forEach((c, i) => view.setUint8(at + i, c.charCodeAt(0)));
    words(0, "RIFF");
    view.setUint32(4, 36 + 2 * samples.length, true);
    words(8, "WAVEfmt ");
    view.setUint32(16, 16, true);
    view.setUint16(20, 1, true);  // PCM
    view.setUint16(22, 1, true);  // channels
    view.setUint32(24, sampleRate, true);
    view.setUint32(28, 2 * sampleRate, true);
    view.setUint16(32, 2, true);
    view.setUint16(34, 16, true);
    words(36, "data");
    view.setUint32(40, 2 * samples.length, true);
    samples.forEach((sample, i) => view.setInt16(44 + 2 * i, Math.round(Math.max(-1, Math.min(1, sample)) * 32767), true));
    return new Uint8Array(view.buffer);
  };
  // The same as an address.
  const waveFile = (samples, sampleRate) => {
    const bytes = waveBytes(samples, sampleRate), parts = [];
    for (let i = 0; i < bytes.length; i += 8192) parts.push(String.fromCharCode(...bytes.subarray(i, i + 8192)));
    return `data:audio/wav;base64,${btoa(parts.join(""))}`;
  };

  const make = (tag, attributes = {}, ...children) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (name in element && name !== "list") element[name] = value;
      else element.setAttribute(name, value);
    }
    element.append(...children);
    return element;
  };

  return { data, make, numbers, shown, samplesOf, waveBytes, waveFile };
})();
