#include "Parallel.h"

enum { LANES = 32 };

FOR_EACH_CPU static float dot(const float *x, const float *weights, long taps) {
  // Sums side by side, which the compiler may not make of one: they are added in another order.
  float sums[LANES] = {0};
  for (long t = 0; t < taps; t += LANES)
    for (long l = 0; l < LANES; ++l) sums[l] += x[t + l] * weights[t + l];
  for (long width = LANES / 2; width > 0; width /= 2)
    for (long l = 0; l < width; ++l) sums[l] += sums[l + width];
  return sums[0];
}

enum { TOGETHER = 4 };

// Sums of x from as many places, `stride` apart, with the same weights, which are read once for all. What a sum is does not depend
// on the others.
FOR_EACH_CPU static void dots(const float *x, long stride, const float *weights, long taps, float *y) {
  enum { WIDTH = LANES / 2 };
  float sums[TOGETHER][WIDTH] = {{0}};
  for (long t = 0; t < taps; t += WIDTH)
    for (long k = 0; k < TOGETHER; ++k)
      for (long l = 0; l < WIDTH; ++l) sums[k][l] += x[k * stride + t + l] * weights[t + l];
  for (long k = 0; k < TOGETHER; ++k) {
    for (long width = WIDTH / 2; width > 0; width /= 2)
      for (long l = 0; l < width; ++l) sums[k][l] += sums[k][l + width];
    y[k] = sums[k][0];
  }
}

void kernel_polyphase(const float *x, long origin, const float *weights, long taps, long phases, long step, long first,
                      long count, float *y) {
  // Outputs `phases` apart have the same weights, and read `step` samples apart.
  for (long phase = 0; phase < phases && phase < count; ++phase) {
    long outputs = (count - phase + phases - 1) / phases;
    for (long k = 0; k < outputs; k += TOGETHER) {
      long place = (first + phase + k * phases) * step;
      const float *from = x + place / phases - origin, *row = weights + place % phases * taps;
      float found[TOGETHER];
      if (outputs - k >= TOGETHER) {
        dots(from, step, row, taps, found);
        for (long i = 0; i < TOGETHER; ++i) y[phase + (k + i) * phases] = found[i];
      } else {
        for (long i = 0; i < outputs - k; ++i) {
          dots(from + i * step, 0, row, taps, found);
          y[phase + (k + i) * phases] = found[0];
        }
      }
    }
  }
}

void kernel_read_between(const float *x, double start, double step, const float *weights, long taps, long phases,
                         long count, float *y) {
  for (long k = 0; k < count; ++k) {
    double place = start + (double)k * step;
    long first = (long)place;
    double fraction = (place - (double)first) * (double)phases;
    long phase = (long)fraction;
    float next = (float)(fraction - (double)phase);
    const float *row = weights + phase * taps;
    y[k] = (1 - next) * dot(x + first, row, taps) + next * dot(x + first, row + taps, taps);
  }
}
