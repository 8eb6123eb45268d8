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

void kernel_polyphase(const float *x, long origin, const float *weights, long taps, long phases, long step, long first,
                      long count, float *y) {
  for (long k = 0; k < count; ++k) {
    long place = (first + k) * step;
    y[k] = dot(x + place / phases - origin, weights + place % phases * taps, taps);
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
