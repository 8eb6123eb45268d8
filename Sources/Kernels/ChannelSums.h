#pragma once
#include "Parallel.h"

// Sums per channel, gathered a clip and a block of channels at a time: parts [batch, blocks, 2, block]. Clips are added
// in their order, so that a result does not depend on the number of threads.

INLINE double channel_sum(const double *parts, long batch, long blocks, int block, int which, long channel) {
  double sum = 0;
  for (long n = 0; n < batch; ++n)
    sum += parts[((n * blocks + channel / block) * 2 + which) * block + channel % block];
  return sum;
}

static inline void channel_sums(const double *parts, long batch, long blocks, int block, float *first, float *second) {
  for (long channel = 0; channel < blocks * block; ++channel) {
    first[channel] = (float)channel_sum(parts, batch, blocks, block, 0, channel);
    second[channel] = (float)channel_sum(parts, batch, blocks, block, 1, channel);
  }
}

/// Mean and biased variance from Σ (y − pivot) and Σ (y − pivot)² over `count` values a channel.
static inline void channel_statistics(const double *parts, const float *pivot, double count, long batch, long blocks,
                                      int block, float *mean, float *variance) {
  for (long channel = 0; channel < blocks * block; ++channel) {
    double offset = channel_sum(parts, batch, blocks, block, 0, channel) / count;
    double spread = channel_sum(parts, batch, blocks, block, 1, channel) / count - offset * offset;
    mean[channel] = (float)(pivot[channel] + offset);
    variance[channel] = (float)(spread > 0 ? spread : 0);
  }
}
