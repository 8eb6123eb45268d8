#include "Parallel.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

// The place of i, which may be outside 0..<samples, after reflection about the ends (which are not repeated).
INLINE long reflected(long i, long samples) {
  if (samples == 1) return 0;
  long period = 2 * (samples - 1);
  i %= period;
  if (i < 0) i += period;
  return i < samples ? i : period - i;
}

FOR_EACH_CPU void kernel_frame(const float *x, long samples, const float *window, long length, long hop, float *frames,
                               long first, long count) {
  for (long f = 0; f < count; ++f) {
    long start = (first + f) * hop - length / 2;
    float *out = frames + f * length;
    if (start >= 0 && start + length <= samples) {
      const float *p = x + start;
      for (long i = 0; i < length; ++i) out[i] = window[i] * p[i];
    } else {
      for (long i = 0; i < length; ++i) out[i] = window[i] * x[reflected(start + i, samples)];
    }
  }
}

FOR_EACH_CPU void kernel_overlap_add(const float *frames, const float *window, long length, long hop, float *dx,
                                     long samples, long first, long count) {
  for (long f = 0; f < count; ++f) {
    long start = (first + f) * hop - length / 2;
    const float *in = frames + f * length;
    if (start >= 0 && start + length <= samples) {
      float *p = dx + start;
      for (long i = 0; i < length; ++i) p[i] += window[i] * in[i];
    } else {
      for (long i = 0; i < length; ++i) dx[reflected(start + i, samples)] += window[i] * in[i];
    }
  }
}

// z / |z|, and 1 for 0.
INLINE void unit(float re, float im, float *u, float *v) {
  float size = sqrtf(re * re + im * im);
  *u = size > 0 ? re / size : 1;
  *v = size > 0 ? im / size : 0;
}

FOR_EACH_CPU void kernel_phase_vocoder(const float *x, long frames, long bins, double rate, float *y, long count) {
  float *phase = kernel_memory(4 * bins, sizeof(float)), *silence = phase + 2 * bins;
  for (long b = 0; b < bins; ++b) unit(x[2 * b], x[2 * b + 1], phase + 2 * b, phase + 2 * b + 1);
  memset(silence, 0, (size_t)(2 * bins) * sizeof(float));
  for (long t = 0; t < count; ++t) {
    double place = (double)t * rate;
    long frame = (long)place;
    float share = (float)(place - (double)frame);
    const float *a = frame < frames ? x + 2 * frame * bins : silence;
    const float *b = frame + 1 < frames ? x + 2 * (frame + 1) * bins : silence;
    float *out = y + 2 * t * bins;
    for (long i = 0; i < bins; ++i) {
      float ar = a[2 * i], ai = a[2 * i + 1], br = b[2 * i], bi = b[2 * i + 1];
      float size = (1 - share) * sqrtf(ar * ar + ai * ai) + share * sqrtf(br * br + bi * bi);
      float re = phase[2 * i], im = phase[2 * i + 1];
      out[2 * i] = size * re;
      out[2 * i + 1] = size * im;
      float ur, ui, vr, vi;
      unit(ar, ai, &ur, &ui);
      unit(br, bi, &vr, &vi);
      // The turn from one frame to the next, v · conj(u).
      float tr = vr * ur + vi * ui, ti = vi * ur - vr * ui;
      // Its size is kept at 1, which rounding would change over thousands of frames.
      unit(re * tr - im * ti, re * ti + im * tr, phase + 2 * i, phase + 2 * i + 1);
    }
  }
  kernel_free(phase);
}

typedef struct {
  const float *spectrum, *d_power;
  float *out;
} spectra;

FOR_EACH_CPU static void power_part(void *context, long begin, long end) {
  const spectra *w = context;
  for (long i = begin; i < end; ++i) {
    float re = w->spectrum[2 * i], im = w->spectrum[2 * i + 1];
    w->out[i] = re * re + im * im;
  }
}

void kernel_power(const float *spectrum, float *power, long count) {
  spectra w = {.spectrum = spectrum, .out = power};
  kernel_parallel(count, GRAIN, power_part, &w);
}

FOR_EACH_CPU static void power_gradient_part(void *context, long begin, long end) {
  const spectra *w = context;
  for (long i = begin; i < end; ++i) {
    float twice = 2 * w->d_power[i];
    w->out[2 * i] = twice * w->spectrum[2 * i];
    w->out[2 * i + 1] = twice * w->spectrum[2 * i + 1];
  }
}

void kernel_power_gradient(const float *spectrum, const float *d_power, float *d_spectrum, long count) {
  spectra w = {.spectrum = spectrum, .d_power = d_power, .out = d_spectrum};
  kernel_parallel(count, GRAIN, power_gradient_part, &w);
}

// MARK: Products with a matrix of bands

typedef struct {
  const float *x;
  float *y;
  const kernel_bands *bands;
} band_work;

enum { FRAMES = 16 };   // side by side, so that a band's sum is vector code

FOR_EACH_CPU static void bands_part(void *context, long begin, long end) {
  const band_work *w = context;
  const kernel_bands *s = w->bands;
  float (*turned)[FRAMES] = kernel_zeros(s->columns * FRAMES, sizeof(float));
  for (long part = begin; part < end; ++part) {
    long parts = (s->frames + FRAMES - 1) / FRAMES, n = part / parts, first = part % parts * FRAMES;
    long held = min_long(FRAMES, s->frames - first);
    for (long f = 0; f < held; ++f)
      for (long c = 0; c < s->columns; ++c) turned[c][f] = w->x[(n * s->frames + first + f) * s->columns + c];
    for (long row = 0; row < s->rows; ++row) {
      float sum[FRAMES] = {0};
      for (long i = s->start[row], c = s->column[row]; i < s->start[row + 1]; ++i, ++c)
        for (int f = 0; f < FRAMES; ++f) sum[f] += s->weights[i] * turned[c][f];
      float *y = w->y + (n * s->rows + row) * s->frames + first;
      for (long f = 0; f < held; ++f) y[f] = sum[f];
    }
  }
  kernel_free(turned);
}

FOR_EACH_CPU static void bands_gradient_part(void *context, long begin, long end) {
  const band_work *w = context;
  const kernel_bands *s = w->bands;
  float (*turned)[FRAMES] = kernel_zeros(s->columns * FRAMES, sizeof(float));
  for (long part = begin; part < end; ++part) {
    long parts = (s->frames + FRAMES - 1) / FRAMES, n = part / parts, first = part % parts * FRAMES;
    long held = min_long(FRAMES, s->frames - first);
    memset(turned, 0, (size_t)s->columns * sizeof *turned);
    for (long row = 0; row < s->rows; ++row) {
      float dy[FRAMES] = {0};
      for (long f = 0; f < held; ++f) dy[f] = w->x[(n * s->rows + row) * s->frames + first + f];
      for (long i = s->start[row], c = s->column[row]; i < s->start[row + 1]; ++i, ++c)
        for (int f = 0; f < FRAMES; ++f) turned[c][f] += s->weights[i] * dy[f];
    }
    for (long f = 0; f < held; ++f)
      for (long c = 0; c < s->columns; ++c) w->y[(n * s->frames + first + f) * s->columns + c] = turned[c][f];
  }
  kernel_free(turned);
}

void kernel_bands_forward(const float *x, float *y, const kernel_bands *bands) {
  band_work w = {x, y, bands};
  kernel_parallel(bands->batch * ((bands->frames + FRAMES - 1) / FRAMES), 2, bands_part, &w);
}

void kernel_bands_gradient(const float *dy, float *dx, const kernel_bands *bands) {
  band_work w = {dy, dx, bands};
  kernel_parallel(bands->batch * ((bands->frames + FRAMES - 1) / FRAMES), 2, bands_gradient_part, &w);
}
