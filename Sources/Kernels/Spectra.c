#include "Parallel.h"

// Where a place outside 0..<samples falls after reflection about the ends (the ends themselves are not repeated).
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
