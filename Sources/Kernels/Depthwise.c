#include "Parallel.h"
#include <string.h>

// Each part is a block of channels of one image, copied to a plane with zeros around it, so that all taps are read without
// a look at the borders, and channels after the last are zero.

enum { LANES = 16, TILE = 6 };

typedef float lanes __attribute__((vector_size(4 * LANES), aligned(4)));

// Macros, because a function may not return a vector wider than the baseline CPU's.
#define load(p) (*(const lanes *)(p))
#define store(p, v) (*(lanes *)(p) = (v))

typedef struct {
  const float *x, *weights, *bias, *dy;
  float *out;
  int rotated;
  const kernel_depthwise *shape;
} depthwise;

// The least blocks that are worth waking a thread for, by their vectors' multiply-adds.
INLINE long grain(const kernel_depthwise *s, long images) {
  return max_long(1, GRAIN / max_long(1, images * s->rows * s->columns * s->side * s->side));
}
INLINE long channel_blocks(const kernel_depthwise *s) { return (s->channels + LANES - 1) / LANES; }
// Columns filled up to whole tiles.
INLINE long tiled_columns(const kernel_depthwise *s) { return (s->columns + TILE - 1) / TILE * TILE; }

// One block of an image's channels into a plane [rows + 2 border, width, LANES] of zeros.
INLINE void copy_block(const float *x, const kernel_depthwise *s, long block, long border, long width, float *plane) {
  long first = block * LANES, count = min_long(LANES, s->channels - first);
  for (long i = 0; i < s->rows; ++i)
    for (long j = 0; j < s->columns; ++j) {
      float *to = plane + ((i + border) * width + j + border) * LANES;
      const float *from = x + (i * s->columns + j) * s->channels + first;
      if (count == LANES)
        store(to, load(from));
      else
        for (long c = 0; c < count; ++c) to[c] = from[c];
    }
}

FOR_EACH_CPU static void forward_part(void *context, long begin, long end) {
  const depthwise *w = context;
  const kernel_depthwise *s = w->shape;
  long blocks = channel_blocks(s), side = s->side, border = side / 2, taps = side * side;
  long columns = tiled_columns(s), width = columns + 2 * border;
  float *plane = kernel_zeros((s->rows + 2 * border) * width * LANES, sizeof(float));
  float *packed = kernel_zeros((taps + 1) * LANES, sizeof(float)), *bias = packed + taps * LANES;
  for (long part = begin; part < end; ++part) {
    long image = part / blocks, block = part % blocks, first = block * LANES;
    long count = min_long(LANES, s->channels - first), size = s->rows * s->columns * s->channels;
    memset(packed, 0, (size_t)((taps + 1) * LANES) * sizeof(float));
    for (long c = 0; c < count; ++c) {
      for (long tap = 0; tap < taps; ++tap)
        packed[tap * LANES + c] = w->weights[(first + c) * taps + (w->rotated ? taps - 1 - tap : tap)];
      if (w->bias) bias[c] = w->bias[first + c];
    }
    if (count < LANES) memset(plane, 0, (size_t)((s->rows + 2 * border) * width * LANES) * sizeof(float));
    copy_block(w->x + image * size, s, block, border, width, plane);
    for (long i = 0; i < s->rows; ++i)
      for (long j = 0; j < columns; j += TILE) {
        lanes sum[TILE];
        for (int t = 0; t < TILE; ++t) sum[t] = load(bias);
        for (long r = 0; r < side; ++r) {
          const float *row = plane + ((i + r) * width + j) * LANES, *tap = packed + r * side * LANES;
          for (long k = 0; k < side; ++k) {
            lanes weight = load(tap + k * LANES);
            for (int t = 0; t < TILE; ++t) sum[t] += weight * load(row + (k + t) * LANES);
          }
        }
        float *y = w->out + image * size + (i * s->columns + j) * s->channels + first;
        for (int t = 0; t < TILE && j + t < s->columns; ++t, y += s->channels) {
          if (count == LANES)
            store(y, sum[t]);
          else
            for (long c = 0; c < count; ++c) y[c] = sum[t][c];
        }
      }
  }
  kernel_free(packed);
  kernel_free(plane);
}

void kernel_depthwise_forward(const float *x, const float *weights, int rotated, const float *bias, float *y,
                              const kernel_depthwise *shape) {
  depthwise w = {.x = x, .weights = weights, .bias = bias, .out = y, .rotated = rotated, .shape = shape};
  kernel_parallel(shape->batch * channel_blocks(shape), grain(shape, 1), forward_part, &w);
}

// Taps of one row of the kernel that are summed side by side.
enum { RUN = 7 };

FOR_EACH_CPU static void weight_part(void *context, long begin, long end) {
  const depthwise *w = context;
  const kernel_depthwise *s = w->shape;
  long side = s->side, border = side / 2, taps = side * side, size = s->rows * s->columns * s->channels;
  // The last run of a row may read beyond its taps; those sums are dropped.
  long width = s->columns + 2 * border + RUN, plane_size = (s->rows + 2 * border) * width * LANES;
  float *plane = kernel_memory(plane_size, sizeof(float));
  float *slopes = kernel_zeros(s->rows * s->columns * LANES, sizeof(float));
  double *totals = kernel_memory(taps * LANES, sizeof(double));
  for (long block = begin; block < end; ++block) {
    long first = block * LANES, count = min_long(LANES, s->channels - first);
    memset(totals, 0, (size_t)(taps * LANES) * sizeof(double));
    for (long image = 0; image < s->batch; ++image) {
      memset(plane, 0, (size_t)plane_size * sizeof(float));
      copy_block(w->x + image * size, s, block, border, width, plane);
      if (count < LANES) memset(slopes, 0, (size_t)(s->rows * s->columns * LANES) * sizeof(float));
      copy_block(w->dy + image * size, s, block, 0, s->columns, slopes);
      for (long r = 0; r < side; ++r)
        for (long start = 0; start < side; start += RUN)
          for (long i = 0; i < s->rows; ++i) {
            const float *row = plane + ((i + r) * width + start) * LANES, *dy = slopes + i * s->columns * LANES;
            lanes sum[RUN] = {{0}};
            for (long j = 0; j < s->columns; ++j) {
              lanes slope = load(dy + j * LANES);
              for (int k = 0; k < RUN; ++k) sum[k] += slope * load(row + (j + k) * LANES);
            }
            for (int k = 0; k < RUN && start + k < side; ++k)
              for (int c = 0; c < LANES; ++c) totals[(r * side + start + k) * LANES + c] += sum[k][c];
          }
    }
    for (long c = 0; c < count; ++c)
      for (long tap = 0; tap < taps; ++tap) w->out[(first + c) * taps + tap] = (float)totals[tap * LANES + c];
  }
  kernel_free(totals);
  kernel_free(slopes);
  kernel_free(plane);
}

void kernel_depthwise_weight_gradient(const float *x, const float *dy, float *dweights, const kernel_depthwise *shape) {
  depthwise w = {.x = x, .dy = dy, .out = dweights, .shape = shape};
  kernel_parallel(channel_blocks(shape), grain(shape, shape->batch), weight_part, &w);
}
