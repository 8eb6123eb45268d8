// Included by Blocked.c once for each size of block, as a template: BLOCK is 16 or 8.
#include "BlockedRows.h"

FOR_EACH_CPU static void NAMED(statistics_part)(void *context, long begin, long end) {
  const activation *w = context;
  const kernel_pooling *s = w->shape;
  long plane = s->rows * s->columns;
  for (long part = begin; part < end; ++part) {
    const float *pivot = w->pivot + part % s->blocks * BLOCK;
    double *sums = w->sums + part * 2 * BLOCK;
    for (int k = 0; k < 2 * BLOCK; ++k) sums[k] = 0;
    for (long row = 0; row < s->rows; ++row)
      NAMED(add_statistics_of_row)(w->y + (part * plane + row * s->columns) * BLOCK, s->columns, pivot, sums);
  }
}

// A loop over the rows of windows of each part, which is a block of channels of a clip: `channel` is its first channel,
// `in` and `out` are the offsets of the row in y and in z.
#define EACH_ROW_OF_WINDOWS(...)                                                                    \
  const activation *w = context;                                                                    \
  const kernel_pooling *s = w->shape;                                                               \
  long window_rows = s->rows / s->window_rows, window_columns = s->columns / s->window_columns;     \
  for (long part = begin; part < end; ++part) {                                                     \
    long channel = part % s->blocks * BLOCK;                                                        \
    for (long i = 0; i < window_rows; ++i) {                                                        \
      long in = (part * s->rows + i * s->window_rows) * s->columns * BLOCK;                         \
      long out = (part * window_rows + i) * window_columns * BLOCK;                                 \
      __VA_ARGS__                                                                                   \
    }                                                                                               \
  }

FOR_EACH_CPU static void NAMED(activate_pool_part)(void *context, long begin, long end) {
  EACH_ROW_OF_WINDOWS(
      NAMED(activate_pool_row)(w->y + in, w->scale + channel, w->shift + channel, w->out + out, s);)
}

FOR_EACH_CPU static void NAMED(activate_pool_sums_part)(void *context, long begin, long end) {
  for (long k = begin * 2 * BLOCK; k < end * 2 * BLOCK; ++k) ((const activation *)context)->sums[k] = 0;
  EACH_ROW_OF_WINDOWS(NAMED(add_gradient_sums_of_row)(w->y + in, w->scale + channel, w->shift + channel, w->dz + out,
                                                      w->sums + part * 2 * BLOCK, s);)
}

FOR_EACH_CPU static void NAMED(activate_pool_gradient_part)(void *context, long begin, long end) {
  EACH_ROW_OF_WINDOWS(
      NAMED(activate_pool_gradient_row)(w->y + in, w->scale + channel, w->shift + channel, w->dz + out, w->a + channel,
                                        w->b + channel, w->c + channel, w->out + in, s);)
  long covered = window_rows * s->window_rows;
  for (long part = begin; part < end && covered < s->rows; ++part) {
    long place = (part * s->rows + covered) * s->columns * BLOCK, channel = part % s->blocks * BLOCK;
    NAMED(uncovered_gradient)(w->y + place, w->b + channel, w->c + channel, w->out + place,
                              (s->rows - covered) * s->columns);
  }
}

#undef EACH_ROW_OF_WINDOWS
