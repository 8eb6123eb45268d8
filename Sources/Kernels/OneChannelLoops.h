// Included by OneChannel.c once for each size of block, as a template: BLOCK is 16 or 8.
#include "BlockedRows.h"

enum { NAMED(TILE) = 12 };   // sums held in registers: 12 + weights fit AVX2's sixteen

/// One row of block k of the convolution; x: the padded input from that row on; bias: [BLOCK] or null.
INLINE void NAMED(taps_row)(const float *x, const float *weights, const float *bias, long k, float *y,
                            const kernel_taps *t) {
  enum { tile = NAMED(TILE) };
  long width = padded_columns(t);
  vector start = {0};
  if (bias) start = load(bias);
  for (long column = 0; column < t->out_columns; column += tile) {
    vector sum[tile];
    for (int i = 0; i < tile; ++i) sum[i] = start;
    for (int tap = t->tap_start[k]; tap < t->tap_start[k + 1]; ++tap) {
      const float *p = x + t->tap_row[tap] * width + t->tap_column[tap] + column;
      vector weight = load(weights + (long)tap * BLOCK);
      for (int i = 0; i < tile; ++i) sum[i] += p[i] * weight;
    }
    long held = min_long(tile, t->out_columns - column);
    for (int i = 0; i < tile; ++i)
      if (i < held) store(y + (column + i) * BLOCK, sum[i]);
  }
}

/// One row of the input's gradient. dy: [blocks, kept, gradient_columns, BLOCK], of which row r stands at r mod kept, with
/// zeros on both sides, so that no tap needs a bounds check.
INLINE void NAMED(input_gradient_row)(const float *dy, long kept, const float *weights, long row, float *dx,
                                      const kernel_taps *t, const gradient_border *border, tap_read *reads) {
  enum { tile = NAMED(TILE) };
  // The places that the taps with a row here read from, found once per row.
  long count = 0;
  for (long k = 0; k < t->blocks; ++k)
    for (int tap = t->tap_start[k]; tap < t->tap_start[k + 1]; ++tap) {
      long from = row + t->top - t->tap_row[tap];
      if (from < 0 || from >= t->out_rows) continue;
      long column = border->left + t->left - t->tap_column[tap];
      reads[count].dy = dy + ((k * kept + from % kept) * border->columns + column) * BLOCK;
      reads[count++].weights = weights + (long)tap * BLOCK;
    }
  for (long column = 0; column < t->columns; column += tile) {
    vector sum[tile];
    for (int i = 0; i < tile; ++i) sum[i] = (vector){0};
    for (long k = 0; k < count; ++k) {
      const float *p = reads[k].dy + column * BLOCK;
      vector weight = load(reads[k].weights);
      for (int i = 0; i < tile; ++i) sum[i] += load(p + i * BLOCK) * weight;
    }
    long held = min_long(tile, t->columns - column);
    for (int i = 0; i < tile; ++i)
      if (i < held) dx[column + i] = sum_of(sum[i]);
  }
}

/// Adds one row's share to the weights' gradient of block k, [taps, BLOCK]; x: the padded input from that row on.
INLINE void NAMED(add_weight_gradient_of_row)(const float *x, const float *dy, long k, float *out,
                                              const kernel_taps *t) {
  enum { group = 9 };   // the taps of a 3×3 kernel
  long width = padded_columns(t);
  for (int start = t->tap_start[k]; start < t->tap_start[k + 1]; start += group) {
    int count = (int)min_long(group, t->tap_start[k + 1] - start);
    const float *p[group];
    vector sum[group];
    for (int i = 0; i < group; ++i) {
      int tap = start + (i < count ? i : 0);
      p[i] = x + t->tap_row[tap] * width + t->tap_column[tap];
      sum[i] = (vector){0};
    }
    for (long column = 0; column < t->out_columns; ++column) {
      vector g = load(dy + column * BLOCK);
      for (int i = 0; i < group; ++i) sum[i] += p[i][column] * g;
    }
    for (int i = 0; i < group; ++i)
      if (i < count) store(out + (long)(start + i) * BLOCK, load(out + (long)(start + i) * BLOCK) + sum[i]);
  }
}

// MARK: The convolution alone

FOR_EACH_CPU static void NAMED(taps_forward_part)(void *context, long begin, long end) {
  const taps_work *w = context;
  const kernel_taps *t = w->taps;
  for (long line = begin; line < end; ++line) {
    long row = line % t->out_rows, k = line / t->out_rows % t->blocks, n = line / t->out_rows / t->blocks;
    NAMED(taps_row)(padded_row(w, n, row), w->weights, w->bias ? w->bias + k * BLOCK : NULL, k,
                    w->out + line * t->out_columns * BLOCK, t);
  }
}

FOR_EACH_CPU static void NAMED(taps_weight_gradient_part)(void *context, long begin, long end) {
  const taps_work *w = context;
  const kernel_taps *t = w->taps;
  for (long part = begin; part < end; ++part) {
    long n = part / t->blocks, k = part % t->blocks;
    for (long row = 0; row < t->out_rows; ++row)
      NAMED(add_weight_gradient_of_row)(padded_row(w, n, row), w->dy + (part * t->out_rows + row) * t->out_columns * BLOCK,
                                        k, w->out + n * weight_count(t), t);
  }
}

// MARK: The whole block: convolution, norm, ReLU and pooling; the convolution is recomputed where it is needed

/// Recomputes `count` rows of block k of clip n of the convolution.
INLINE void NAMED(rows_again)(const taps_work *w, long n, long k, long row, long count, float *y) {
  for (long r = 0; r < count; ++r)
    NAMED(taps_row)(padded_row(w, n, row + r), w->weights, NULL, k, y + r * w->taps->out_columns * BLOCK, w->taps);
}

FOR_EACH_CPU static void NAMED(block_statistics_part)(void *context, long begin, long end) {
  const taps_work *w = context;
  const kernel_taps *t = w->taps;
  float *y = kernel_zeros(t->out_columns * BLOCK, sizeof(float));
  for (long part = begin; part < end; ++part) {
    long n = part / t->blocks, k = part % t->blocks;
    double *sums = w->sums + part * 2 * BLOCK;
    for (int i = 0; i < 2 * BLOCK; ++i) sums[i] = 0;
    for (long row = 0; row < t->out_rows; ++row) {
      NAMED(rows_again)(w, n, k, row, 1, y);
      NAMED(add_statistics_of_row)(y, t->out_columns, w->pivot + k * BLOCK, sums);
    }
  }
  kernel_free(y);
}

FOR_EACH_CPU static void NAMED(block_forward_part)(void *context, long begin, long end) {
  const taps_work *w = context;
  const kernel_taps *t = w->taps;
  const kernel_pooling *s = w->pooling;
  float *y = kernel_zeros(s->window_rows * t->out_columns * BLOCK, sizeof(float));
  long window_rows = s->rows / s->window_rows, window_columns = s->columns / s->window_columns;
  for (long line = begin; line < end; ++line) {
    long i = line % window_rows, k = line / window_rows % t->blocks, n = line / window_rows / t->blocks;
    NAMED(rows_again)(w, n, k, i * s->window_rows, s->window_rows, y);
    NAMED(activate_pool_row)(y, w->scale + k * BLOCK, w->shift + k * BLOCK, w->out + line * window_columns * BLOCK, s);
  }
  kernel_free(y);
}

FOR_EACH_CPU static void NAMED(block_sums_part)(void *context, long begin, long end) {
  const taps_work *w = context;
  const kernel_taps *t = w->taps;
  const kernel_pooling *s = w->pooling;
  float *y = kernel_zeros(s->window_rows * t->out_columns * BLOCK, sizeof(float));
  long window_rows = s->rows / s->window_rows, window_columns = s->columns / s->window_columns;
  for (long part = begin; part < end; ++part) {
    long n = part / t->blocks, k = part % t->blocks;
    double *sums = w->sums + part * 2 * BLOCK;
    for (int i = 0; i < 2 * BLOCK; ++i) sums[i] = 0;
    for (long i = 0; i < window_rows; ++i) {
      NAMED(rows_again)(w, n, k, i * s->window_rows, s->window_rows, y);
      NAMED(add_gradient_sums_of_row)(y, w->scale + k * BLOCK, w->shift + k * BLOCK,
                                      w->dy + (part * window_rows + i) * window_columns * BLOCK, sums, s);
    }
  }
  kernel_free(y);
}

/// The gradient at the convolution's rows under the row i of windows, or at those that no window covers; y: room for as
/// many rows. Returns how many rows.
INLINE long NAMED(convolution_gradient)(const taps_work *w, long n, long k, long i, float *y, float *dy) {
  const kernel_taps *t = w->taps;
  const kernel_pooling *s = w->pooling;
  long window_rows = s->rows / s->window_rows, window_columns = s->columns / s->window_columns;
  long row = i * s->window_rows, count = min_long(s->window_rows, s->rows - row);
  NAMED(rows_again)(w, n, k, row, count, y);
  if (i < window_rows)
    NAMED(activate_pool_gradient_row)(y, w->scale + k * BLOCK, w->shift + k * BLOCK,
                                      w->dy + ((n * t->blocks + k) * window_rows + i) * window_columns * BLOCK,
                                      w->a + k * BLOCK, w->b + k * BLOCK, w->c + k * BLOCK, dy, s);
  else
    NAMED(uncovered_gradient)(y, w->b + k * BLOCK, w->c + k * BLOCK, dy, count * t->out_columns);
  return count;
}

FOR_EACH_CPU static void NAMED(block_weight_gradient_part)(void *context, long begin, long end) {
  const taps_work *w = context;
  const kernel_taps *t = w->taps;
  const kernel_pooling *s = w->pooling;
  long size = s->window_rows * t->out_columns * BLOCK;
  float *y = kernel_zeros(2 * size, sizeof(float)), *dy = y + size;
  for (long part = begin; part < end; ++part) {
    long n = part / t->blocks, k = part % t->blocks;
    for (long row = 0; row < s->rows;) {
      long count = NAMED(convolution_gradient)(w, n, k, row / s->window_rows, y, dy);
      for (long r = 0; r < count; ++r, ++row)
        NAMED(add_weight_gradient_of_row)(padded_row(w, n, row), dy + r * t->out_columns * BLOCK, k,
                                          w->out + n * weight_count(t), t);
    }
  }
  kernel_free(y);
}

/// The input's gradient of the convolution alone, whose own gradient is given, or of the whole block.
FOR_EACH_CPU static void NAMED(input_gradient_part)(void *context, long begin, long end) {
  const taps_work *w = context;
  const kernel_taps *t = w->taps;
  gradient_border border = border_of(t, NAMED(TILE));
  // Keeps as many rows of the convolution's gradient as a row of the input depends on, and those computed at once.
  long at_once = w->pooling ? w->pooling->window_rows : 1;
  long kept = (border.last_row + 2 * at_once) / at_once * at_once, line = t->out_columns * BLOCK;
  float *rows = kernel_zeros(t->blocks * kept * border.columns * BLOCK + 2 * at_once * line, sizeof(float));
  float *y = rows + t->blocks * kept * border.columns * BLOCK, *dy = y + at_once * line;
  tap_read *reads = kernel_zeros(t->tap_start[t->blocks], sizeof(tap_read));
  for (long part = begin; part < end; ++part) {
    long n = part / w->strips, strip = part % w->strips;
    long row = t->rows * strip / w->strips, last = t->rows * (strip + 1) / w->strips;
    long made = max_long(0, row + t->top - border.last_row) / at_once * at_once;
    for (; row < last; ++row) {
      for (; made <= min_long(row + t->top, t->out_rows - 1); made += at_once)
        for (long k = 0; k < t->blocks; ++k) {
          const float *found = w->dy + ((n * t->blocks + k) * t->out_rows + made) * line;
          long count = 1;
          if (w->pooling) {
            count = NAMED(convolution_gradient)(w, n, k, made / at_once, y, dy);
            found = dy;
          }
          for (long r = 0; r < count; ++r)
            memcpy(rows + ((k * kept + (made + r) % kept) * border.columns + border.left) * BLOCK, found + r * line,
                   (size_t)line * sizeof(float));
        }
      NAMED(input_gradient_row)(rows, kept, w->weights, row, w->out + (n * t->rows + row) * t->columns, t, &border,
                                reads);
    }
  }
  kernel_free(reads);
  kernel_free(rows);
}
