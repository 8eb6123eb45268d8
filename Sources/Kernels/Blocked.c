#include "ChannelSums.h"
#include <stdlib.h>
#include <string.h>

// MARK: Layout

typedef struct {
  const float *x;
  float *y;
  long channels, positions;
  int block;
} layout_change;

FOR_EACH_CPU static void to_blocked_part(void *context, long begin, long end) {
  const layout_change *w = context;
  long blocks = (w->channels + w->block - 1) / w->block;
  for (long part = begin; part < end; ++part) {
    long first = part % blocks * w->block, held = min_long(w->block, w->channels - first);
    const float *x = w->x + (part / blocks * w->channels + first) * w->positions;
    float *y = w->y + part * w->positions * w->block;
    if (held < w->block) memset(y, 0, (size_t)(w->positions * w->block) * sizeof(float));
    for (long p = 0; p < w->positions; ++p)
      for (long c = 0; c < held; ++c) y[p * w->block + c] = x[c * w->positions + p];
  }
}

FOR_EACH_CPU static void from_blocked_part(void *context, long begin, long end) {
  const layout_change *w = context;
  long blocks = (w->channels + w->block - 1) / w->block;
  for (long part = begin; part < end; ++part) {
    long first = part % blocks * w->block, held = min_long(w->block, w->channels - first);
    const float *x = w->x + part * w->positions * w->block;
    float *y = w->y + (part / blocks * w->channels + first) * w->positions;
    for (long c = 0; c < held; ++c)
      for (long p = 0; p < w->positions; ++p) y[c * w->positions + p] = x[p * w->block + c];
  }
}

void kernel_to_blocked(const float *x, float *y, long batch, long channels, long positions, int block) {
  layout_change w = {x, y, channels, positions, block};
  kernel_parallel(batch * ((channels + block - 1) / block), max_long(1, GRAIN / max_long(1, positions * block)),
                  to_blocked_part, &w);
}

void kernel_from_blocked(const float *x, float *y, long batch, long channels, long positions, int block) {
  layout_change w = {x, y, channels, positions, block};
  kernel_parallel(batch * ((channels + block - 1) / block), max_long(1, GRAIN / max_long(1, positions * block)),
                  from_blocked_part, &w);
}

// MARK: The fused blocks, once for each size of block

typedef struct {
  const float *y, *scale, *shift, *dz, *a, *b, *c, *pivot;
  float *out;
  double *sums;   // [batch × blocks][2][block]
  const kernel_pooling *shape;
} activation;

#define BLOCK 16
#include "BlockedLoops.h"
#undef BLOCK
#define BLOCK 8
#include "BlockedLoops.h"
#undef BLOCK

#define CHOOSE(block, function) \
  ((block) == 16 ? function##_16 : function##_8)

static long pooling_grain(const kernel_pooling *s) {
  return max_long(1, GRAIN / max_long(1, s->rows * s->columns * s->block));
}

void kernel_channel_statistics(const float *x, float *mean, float *variance, const kernel_pooling *s) {
  double *parts = kernel_zeros(s->batch * s->blocks * 2 * s->block, sizeof(double));
  // Sums are taken about the channel's first value, so that a large mean does not swallow the variance.
  float *pivot = kernel_zeros(s->blocks * s->block, sizeof(float));
  for (long k = 0; k < s->blocks; ++k)
    memcpy(pivot + k * s->block, x + k * s->rows * s->columns * s->block, (size_t)s->block * sizeof(float));
  activation w = {.y = x, .pivot = pivot, .sums = parts, .shape = s};
  kernel_parallel(s->batch * s->blocks, pooling_grain(s), CHOOSE(s->block, statistics_part), &w);
  channel_statistics(parts, pivot, (double)s->batch * s->rows * s->columns, s->batch, s->blocks, s->block, mean,
                     variance);
  kernel_free(pivot);
  kernel_free(parts);
}

void kernel_activate_pool(const float *y, const float *scale, const float *shift, float *z, const kernel_pooling *s) {
  activation w = {.y = y, .scale = scale, .shift = shift, .out = z, .shape = s};
  kernel_parallel(s->batch * s->blocks, pooling_grain(s), CHOOSE(s->block, activate_pool_part), &w);
}

void kernel_activate_pool_sums(const float *y, const float *scale, const float *shift, const float *dz, float *sum_g,
                               float *sum_gy, const kernel_pooling *s) {
  double *parts = kernel_zeros(s->batch * s->blocks * 2 * s->block, sizeof(double));
  activation w = {.y = y, .scale = scale, .shift = shift, .dz = dz, .sums = parts, .shape = s};
  kernel_parallel(s->batch * s->blocks, pooling_grain(s), CHOOSE(s->block, activate_pool_sums_part), &w);
  channel_sums(parts, s->batch, s->blocks, s->block, sum_g, sum_gy);
  kernel_free(parts);
}

void kernel_activate_pool_gradient(const float *y, const float *scale, const float *shift, const float *dz,
                                   const float *a, const float *b, const float *c, float *dy, const kernel_pooling *s) {
  activation w = {.y = y, .scale = scale, .shift = shift, .dz = dz, .a = a, .b = b, .c = c, .out = dy, .shape = s};
  kernel_parallel(s->batch * s->blocks, pooling_grain(s), CHOOSE(s->block, activate_pool_gradient_part), &w);
}
