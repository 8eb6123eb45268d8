#include "Parallel.h"
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
  const float *y, *scale, *shift, *dz, *a, *b, *c;
  float *out;
  double *sums;   // [batch × blocks][2][block]
  const kernel_pooling *shape;
} activation;

typedef struct {
  const float *x, *weights, *bias, *dy;
  float *out, *scratch;
  int relu;
  const kernel_taps *taps;
} taps_work;

// Sizes of a one-channel image with its border.
INLINE long padded_columns(const kernel_taps *t) { return t->columns + t->left + t->right; }
INLINE long padded_size(const kernel_taps *t) { return (t->rows + t->top + t->bottom) * padded_columns(t); }

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

// Adds the parts of a batch's clips up in their order.
static void add_parts(const double *parts, const kernel_pooling *s, int which, long block_index, int lane, double *sum) {
  *sum = 0;
  for (long n = 0; n < s->batch; ++n) *sum += parts[((n * s->blocks + block_index) * 2 + which) * s->block + lane];
}

void kernel_channel_statistics(const float *x, float *mean, float *variance, const kernel_pooling *s) {
  double *parts = kernel_zeros(s->batch * s->blocks * 2 * s->block, sizeof(double));
  activation w = {.y = x, .sums = parts, .shape = s};
  kernel_parallel(s->batch * s->blocks, pooling_grain(s), CHOOSE(s->block, statistics_part), &w);
  double count = (double)s->batch * s->rows * s->columns;
  for (long k = 0; k < s->blocks; ++k)
    for (int lane = 0; lane < s->block; ++lane) {
      // Sums are taken about the channel's first value, so that a large mean does not swallow the variance.
      double pivot = x[k * s->rows * s->columns * s->block + lane], sum, squares;
      add_parts(parts, s, 0, k, lane, &sum);
      add_parts(parts, s, 1, k, lane, &squares);
      double offset = sum / count, spread = squares / count - offset * offset;
      mean[k * s->block + lane] = (float)(pivot + offset);
      variance[k * s->block + lane] = (float)(spread > 0 ? spread : 0);
    }
  free(parts);
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
  for (long k = 0; k < s->blocks; ++k)
    for (int lane = 0; lane < s->block; ++lane) {
      double sum, product;
      add_parts(parts, s, 0, k, lane, &sum);
      add_parts(parts, s, 1, k, lane, &product);
      sum_g[k * s->block + lane] = (float)sum;
      sum_gy[k * s->block + lane] = (float)product;
    }
  free(parts);
}

void kernel_activate_pool_gradient(const float *y, const float *scale, const float *shift, const float *dz,
                                   const float *a, const float *b, const float *c, float *dy, const kernel_pooling *s) {
  activation w = {.y = y, .scale = scale, .shift = shift, .dz = dz, .a = a, .b = b, .c = c, .out = dy, .shape = s};
  kernel_parallel(s->batch * s->blocks, pooling_grain(s), CHOOSE(s->block, activate_pool_gradient_part), &w);
}

// MARK: Convolution of one channel


// The input with its border of zeros, so that no tap needs a bounds check.
static float *padded(const float *x, const kernel_taps *t) {
  // A tile reads up to 16 columns past the last row's end.
  float *copy = kernel_zeros(t->batch * padded_size(t) + 64, sizeof(float));
  for (long n = 0; n < t->batch; ++n)
    for (long row = 0; row < t->rows; ++row)
      memcpy(copy + n * padded_size(t) + (row + t->top) * padded_columns(t) + t->left,
             x + (n * t->rows + row) * t->columns, (size_t)t->columns * sizeof(float));
  return copy;
}

void kernel_taps_forward(const float *x, const float *weights, const float *bias, int relu, float *y,
                         const kernel_taps *t) {
  float *copy = padded(x, t);
  taps_work w = {.x = copy, .weights = weights, .bias = bias, .relu = relu, .out = y, .taps = t};
  kernel_parallel(t->batch * t->blocks * t->out_rows, max_long(1, 1024 / max_long(1, t->out_columns)),
                  CHOOSE(t->block, taps_forward_part), &w);
  free(copy);
}

void kernel_taps_input_gradient(const float *dy, const float *weights, float *dx, const kernel_taps *t) {
  taps_work w = {.dy = dy, .weights = weights, .out = dx, .taps = t};
  kernel_parallel(t->batch * t->rows, max_long(1, 512 / max_long(1, t->columns)),
                  CHOOSE(t->block, taps_input_gradient_part), &w);
}

void kernel_taps_weight_gradient(const float *x, const float *dy, float *dweights, const kernel_taps *t) {
  long size = (long)t->tap_start[t->blocks] * t->block;
  float *copy = padded(x, t), *parts = kernel_zeros(t->batch * size, sizeof(float));
  taps_work w = {.x = copy, .dy = dy, .out = parts, .taps = t};
  kernel_parallel(t->batch * t->blocks, 1, CHOOSE(t->block, taps_weight_gradient_part), &w);
  for (long i = 0; i < size; ++i) {
    double sum = 0;
    for (long n = 0; n < t->batch; ++n) sum += parts[n * size + i];
    dweights[i] = (float)sum;
  }
  free(parts);
  free(copy);
}
