#include "ChannelSums.h"
#include <stdlib.h>
#include <string.h>

// Convolutions of a one-channel image, alone or with all that follows them in a block.

typedef struct {
  const float *x;   // with its border of zeros
  const float *weights, *bias, *dy, *scale, *shift, *a, *b, *c, *pivot;
  float *out;
  double *sums;   // [batch × blocks][2][block]
  long strips;   // of a clip's rows
  const kernel_taps *taps;
  const kernel_pooling *pooling;
} taps_work;

// Sizes of the image with its border.
INLINE long padded_columns(const kernel_taps *t) { return t->columns + t->left + t->right; }
INLINE long padded_size(const kernel_taps *t) { return (t->rows + t->top + t->bottom) * padded_columns(t); }
INLINE const float *padded_row(const taps_work *w, long n, long row) {
  return w->x + n * padded_size(w->taps) + row * padded_columns(w->taps);
}
INLINE long weight_count(const kernel_taps *t) { return (long)t->tap_start[t->blocks] * t->block; }

// The part of the convolution's gradient that the taps reach around a row of the input.
typedef struct {
  long left, columns;   // zeros before a row, and its length with those on both sides
  long last_row;        // the last row of the taps
} gradient_border;

// The place where a tap reads a row of that gradient, and the tap's weights.
typedef struct {
  const float *dy, *weights;
} tap_read;

INLINE gradient_border border_of(const kernel_taps *t, long tile) {
  long last_row = 0, last_column = 0;
  for (int tap = 0; tap < t->tap_start[t->blocks]; ++tap) {
    last_row = max_long(last_row, t->tap_row[tap]);
    last_column = max_long(last_column, t->tap_column[tap]);
  }
  long left = max_long(0, last_column - t->left);
  return (gradient_border){left, left + max_long(t->out_columns, t->columns + t->left + tile), last_row};
}

#define BLOCK 16
#include "OneChannelLoops.h"
#undef BLOCK
#define BLOCK 8
#include "OneChannelLoops.h"
#undef BLOCK

#define CHOOSE(block, function) ((block) == 16 ? function##_16 : function##_8)

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

static long row_grain(const kernel_taps *t) { return max_long(1, 1024 / max_long(1, t->out_columns)); }

// Adds up the clips' parts in the order of the clips.
static void add_clips(const float *parts, float *dweights, const kernel_taps *t) {
  for (long i = 0; i < weight_count(t); ++i) {
    double sum = 0;
    for (long n = 0; n < t->batch; ++n) sum += parts[n * weight_count(t) + i];
    dweights[i] = (float)sum;
  }
}

// MARK: The convolution alone

void kernel_taps_forward(const float *x, const float *weights, const float *bias, float *y, const kernel_taps *t) {
  float *copy = padded(x, t);
  taps_work w = {.x = copy, .weights = weights, .bias = bias, .out = y, .taps = t};
  kernel_parallel(t->batch * t->blocks * t->out_rows, row_grain(t), CHOOSE(t->block, taps_forward_part), &w);
  kernel_free(copy);
}

static void input_gradient(taps_work *w) {
  const kernel_taps *t = w->taps;
  // A few clips are cut into strips, so that every thread has work; a row's sum does not depend on it.
  int threads = kernel_thread_count();
  w->strips = t->batch >= 2 * threads ? 1 : max_long(1, min_long(2 * threads, t->rows / 16));
  kernel_parallel(t->batch * w->strips, 1, CHOOSE(t->block, input_gradient_part), w);
}

void kernel_taps_input_gradient(const float *dy, const float *weights, float *dx, const kernel_taps *t) {
  taps_work w = {.dy = dy, .weights = weights, .out = dx, .taps = t};
  input_gradient(&w);
}

void kernel_taps_weight_gradient(const float *x, const float *dy, float *dweights, const kernel_taps *t) {
  float *copy = padded(x, t), *parts = kernel_zeros(t->batch * weight_count(t), sizeof(float));
  taps_work w = {.x = copy, .dy = dy, .out = parts, .taps = t};
  kernel_parallel(t->batch * t->blocks, 1, CHOOSE(t->block, taps_weight_gradient_part), &w);
  add_clips(parts, dweights, t);
  kernel_free(parts);
  kernel_free(copy);
}

// MARK: The whole block

void kernel_block_statistics(const float *x, const float *weights, float *mean, float *variance, const kernel_taps *t) {
  float *copy = padded(x, t), *pivot = kernel_zeros(t->blocks * t->block, sizeof(float));
  // Sums are taken about the channel's first value, so that a large mean does not swallow the variance.
  kernel_taps corner = *t;
  corner.batch = 1;
  corner.out_rows = corner.out_columns = 1;
  taps_work first = {.x = copy, .weights = weights, .out = pivot, .taps = &corner};
  CHOOSE(t->block, taps_forward_part)(&first, 0, t->blocks);
  double *parts = kernel_zeros(t->batch * t->blocks * 2 * t->block, sizeof(double));
  taps_work w = {.x = copy, .weights = weights, .pivot = pivot, .sums = parts, .taps = t};
  kernel_parallel(t->batch * t->blocks, 1, CHOOSE(t->block, block_statistics_part), &w);
  channel_statistics(parts, pivot, (double)t->batch * t->out_rows * t->out_columns, t->batch, t->blocks, t->block, mean,
                     variance);
  kernel_free(parts);
  kernel_free(pivot);
  kernel_free(copy);
}

void kernel_block_forward(const float *x, const float *weights, const float *scale, const float *shift, float *z,
                          const kernel_taps *t, const kernel_pooling *s) {
  float *copy = padded(x, t);
  taps_work w = {.x = copy, .weights = weights, .scale = scale, .shift = shift, .out = z, .taps = t, .pooling = s};
  kernel_parallel(t->batch * t->blocks * (s->rows / s->window_rows), row_grain(t), CHOOSE(t->block, block_forward_part),
                  &w);
  kernel_free(copy);
}

void kernel_block_sums(const float *x, const float *weights, const float *scale, const float *shift, const float *dz,
                       float *sum_g, float *sum_gy, const kernel_taps *t, const kernel_pooling *s) {
  float *copy = padded(x, t);
  double *parts = kernel_zeros(t->batch * t->blocks * 2 * t->block, sizeof(double));
  taps_work w = {.x = copy, .weights = weights, .scale = scale, .shift = shift, .dy = dz, .sums = parts, .taps = t,
                 .pooling = s};
  kernel_parallel(t->batch * t->blocks, 1, CHOOSE(t->block, block_sums_part), &w);
  channel_sums(parts, t->batch, t->blocks, t->block, sum_g, sum_gy);
  kernel_free(parts);
  kernel_free(copy);
}

void kernel_block_weight_gradient(const float *x, const float *weights, const float *scale, const float *shift,
                                  const float *dz, const float *a, const float *b, const float *c, float *dweights,
                                  const kernel_taps *t, const kernel_pooling *s) {
  float *copy = padded(x, t), *parts = kernel_zeros(t->batch * weight_count(t), sizeof(float));
  taps_work w = {.x = copy, .weights = weights, .scale = scale, .shift = shift, .dy = dz, .a = a, .b = b, .c = c,
                 .out = parts, .taps = t, .pooling = s};
  kernel_parallel(t->batch * t->blocks, 1, CHOOSE(t->block, block_weight_gradient_part), &w);
  add_clips(parts, dweights, t);
  kernel_free(parts);
  kernel_free(copy);
}

void kernel_block_input_gradient(const float *x, const float *weights, const float *scale, const float *shift,
                                 const float *dz, const float *a, const float *b, const float *c, float *dx,
                                 const kernel_taps *t, const kernel_pooling *s) {
  float *copy = padded(x, t);
  taps_work w = {.x = copy, .weights = weights, .scale = scale, .shift = shift, .dy = dz, .a = a, .b = b, .c = c,
                 .out = dx, .taps = t, .pooling = s};
  input_gradient(&w);
  kernel_free(copy);
}
