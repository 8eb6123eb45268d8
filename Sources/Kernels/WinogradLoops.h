// Included by Winograd.c once for each size of block, as a template: BLOCK is 16 or 8.
#include "BlockedRows.h"

enum {
  NAMED(TILES) = BLOCK == 16 ? 14 : 6,   // with a group's two vectors each: sums that fit the registers
  NAMED(LANES) = BLOCK == 16 ? 8 : 4     // channels at a time in the weights' gradient, for the same reason
};

#define UNROLLED _Pragma("unroll")
// Bᵀ: four values of a column to its four of the transform.
#define INPUT_LINE(a, b, c, d, column) \
  (e[0][column] = (a) - (c), e[1][column] = (b) + (c), e[2][column] = (c) - (b), e[3][column] = (b) - (d));

/// Bᵀ d B of the tiles from `first` on, `count` of them, filled up with zeros to `held`; to
/// v [16][blocks, held, BLOCK], each of the sixteen `stride` floats after the one before.
INLINE void NAMED(transform_input)(const float *x, long blocks, long first, long count, long held, float *v, long stride,
                                   const kernel_winograd *s) {
  const long tile_columns = (s->columns + 1) / 2, tile_rows = (s->rows + 1) / 2, row = s->columns * BLOCK;
  for (long block = 0; block < blocks; ++block) {
    vector e[4][4];   // Bᵀ d; a tile's first two columns are its neighbour's last two
    long j = first % tile_columns, i = first / tile_columns % tile_rows, clip = first / tile_columns / tile_rows;
    for (long t = 0; t < count; ++t) {
      long top = 2 * i - 1, left = 2 * j - 1;
      const float *corner = x + ((clip * blocks + block) * s->rows + top) * row + left * BLOCK;
      int fresh = t == 0 || j == 0, inside = top >= 0 && left >= 0 && top + 4 <= s->rows && left + 4 <= s->columns;
      if (!fresh && inside) {
        UNROLLED for (int line = 0; line < 4; ++line)
          UNROLLED for (int c = 0; c < 2; ++c) e[line][c] = e[line][2 + c];
        UNROLLED for (int c = 2; c < 4; ++c) {
          vector a = load(corner + c * BLOCK), b = load(corner + row + c * BLOCK);
          vector d = load(corner + 2 * row + c * BLOCK), f = load(corner + 3 * row + c * BLOCK);
          INPUT_LINE(a, b, d, f, c)
        }
      } else {
        UNROLLED for (int c = 0; c < 4; ++c) {
          vector d[4];
          UNROLLED for (int line = 0; line < 4; ++line) {
            int within = top + line >= 0 && top + line < s->rows && left + c >= 0 && left + c < s->columns;
            d[line] = (vector){0};
            if (within) d[line] = load(corner + line * row + c * BLOCK);
          }
          INPUT_LINE(d[0], d[1], d[2], d[3], c)
        }
      }
      float *to = v + (block * held + t) * BLOCK;
      UNROLLED for (int line = 0; line < 4; ++line) {
        store(to + (4 * line + 0) * stride, e[line][0] - e[line][2]);
        store(to + (4 * line + 1) * stride, e[line][1] + e[line][2]);
        store(to + (4 * line + 2) * stride, e[line][2] - e[line][1]);
        store(to + (4 * line + 3) * stride, e[line][1] - e[line][3]);
      }
      if (++j == tile_columns) {
        j = 0;
        if (++i == tile_rows) (i = 0, ++clip);
      }
    }
    for (long t = count; t < held; ++t)
      for (int k = 0; k < 16; ++k) store(v + k * stride + (block * held + t) * BLOCK, (vector){0});
  }
}

/// m [held, vectors, BLOCK] = v [blocks, held, BLOCK] · u [blocks × BLOCK, vectors, BLOCK].
#define MULTIPLY(vectors)                                                                                              \
  for (long t = 0; t < held; t += NAMED(TILES)) {                                                                      \
    vector sum[NAMED(TILES)][vectors];                                                                                 \
    UNROLLED for (int i = 0; i < NAMED(TILES); ++i)                                                                    \
      UNROLLED for (int k = 0; k < vectors; ++k) sum[i][k] = (vector){0};                                              \
    for (long block = 0; block < blocks; ++block) {                                                                    \
      const float *values = v + (block * held + t) * BLOCK;                                                            \
      const float *weights = u + block * BLOCK * vectors * BLOCK;                                                      \
      for (int lane = 0; lane < BLOCK; ++lane) {                                                                       \
        vector weight[vectors];                                                                                        \
        UNROLLED for (int k = 0; k < vectors; ++k) weight[k] = load(weights + (lane * vectors + k) * BLOCK);           \
        UNROLLED for (int i = 0; i < NAMED(TILES); ++i)                                                                \
          UNROLLED for (int k = 0; k < vectors; ++k) sum[i][k] += values[i * BLOCK + lane] * weight[k];                \
      }                                                                                                                \
    }                                                                                                                  \
    UNROLLED for (int i = 0; i < NAMED(TILES); ++i)                                                                    \
      UNROLLED for (int k = 0; k < vectors; ++k) store(m + ((t + i) * vectors + k) * BLOCK, sum[i][k]);                \
  }

INLINE void NAMED(multiply)(const float *v, const float *u, float *m, long blocks, long held, long vectors) {
  if (vectors == 2) {
    MULTIPLY(2)
  } else {
    MULTIPLY(1)
  }
}

#define TOGETHER(a, b) (p->maximum ? larger(b, a) : (a) + (b))

/// Aᵀ m A of the tiles from `first` on, `count` of them, for the block `filter` of filters: into y with the bias, or into
/// y and z as kernel_winograd_block. m: [16][held, vectors, BLOCK] at its vector, each of the sixteen `stride` floats
/// after the one before.
INLINE void NAMED(transform_output)(const winograd *w, const float *m, long stride, long vectors, long filter, long first,
                                    long count) {
  const kernel_winograd *s = w->shape;
  const kernel_pooling *p = w->pooling;
  const long tile_columns = (s->columns + 1) / 2, tile_rows = (s->rows + 1) / 2, row = s->columns * BLOCK;
  vector bias = {0}, shift = {0};
  if (w->bias) bias = load(w->bias + filter * BLOCK);
  if (p) shift = load(w->shift + filter * BLOCK);
  const long z_rows = p ? s->rows / p->window_rows : 0, z_columns = p ? s->columns / p->window_columns : 0;
  const float share = p && !p->maximum ? 1.0f / ((float)p->window_rows * p->window_columns) : 1;
  long j = first % tile_columns, i = first / tile_columns % tile_rows, clip = first / tile_columns / tile_rows;
  for (long t = 0; t < count; ++t) {
    const float *from = m + t * vectors * BLOCK;
    vector e[2][4], tile[2][2];
    UNROLLED for (int k = 0; k < 4; ++k) {
      vector a = load(from + k * stride), b = load(from + (4 + k) * stride), c = load(from + (8 + k) * stride),
             d = load(from + (12 + k) * stride);
      e[0][k] = a + b + c;
      e[1][k] = b - c - d;
    }
    UNROLLED for (int r = 0; r < 2; ++r) {
      tile[r][0] = e[r][0] + e[r][1] + e[r][2] + bias;
      tile[r][1] = e[r][1] - e[r][2] - e[r][3] + bias;
    }
    if (w->out) {
      float *to = w->out + ((clip * s->filters + filter) * s->rows + 2 * i) * row + 2 * j * BLOCK;
      for (int r = 0; r < 2 && 2 * i + r < s->rows; ++r) {
        store(to + r * row, tile[r][0]);
        if (2 * j + 1 < s->columns) store(to + r * row + BLOCK, tile[r][1]);
      }
    }
    if (p) {
      UNROLLED for (int r = 0; r < 2; ++r)
        UNROLLED for (int c = 0; c < 2; ++c) tile[r][c] = rectified(tile[r][c] + shift);
      if (p->window_columns == 2)
        UNROLLED for (int r = 0; r < 2; ++r) tile[r][0] = TOGETHER(tile[r][0], tile[r][1]);
      if (p->window_rows == 2)
        UNROLLED for (int c = 0; c < 2; ++c) tile[0][c] = TOGETHER(tile[0][c], tile[1][c]);
      // The tile has one or two windows along each side.
      UNROLLED for (int r = 0; r < 2; ++r)
        UNROLLED for (int c = 0; c < 2; ++c) {
          long z_row = 2 * i / p->window_rows + r, z_column = 2 * j / p->window_columns + c;
          if (r * p->window_rows < 2 && c * p->window_columns < 2 && z_row < z_rows && z_column < z_columns)
            store(w->pooled + (((clip * s->filters + filter) * z_rows + z_row) * z_columns + z_column) * BLOCK,
                  tile[r][c] * share);
        }
    }
    if (++j == tile_columns) {
      j = 0;
      if (++i == tile_rows) (i = 0, ++clip);
    }
  }
}

// Bᵀ of F(4×4, 3×3): six values of a column to its six of the transform.
#define LONG_INPUT_LINE(to, d)                              \
  {                                                         \
    vector p = d[4] - 4 * d[2], q = d[3] - 4 * d[1];        \
    vector r = d[4] - d[2], u = 2 * (d[3] - d[1]);          \
    to[0] = 4 * d[0] - 5 * d[2] + d[4];                     \
    to[1] = p + q;                                          \
    to[2] = p - q;                                          \
    to[3] = r + u;                                          \
    to[4] = r - u;                                          \
    to[5] = 4 * d[1] - 5 * d[3] + d[5];                     \
  }
// Aᵀ of F(4×4, 3×3): six of a column to four.
#define LONG_OUTPUT_LINE(to, m)                                 \
  {                                                             \
    vector p = m[1] + m[2], q = m[1] - m[2];                    \
    vector r = m[3] + m[4], u = m[3] - m[4];                    \
    to[0] = m[0] + p + r;                                       \
    to[1] = q + 2 * u;                                          \
    to[2] = p + 4 * r;                                          \
    to[3] = q + 8 * u + m[5];                                   \
  }

/// The work of transform_input for tiles of 4×4.
INLINE void NAMED(transform_long_input)(const float *x, long blocks, long first, long count, long held, float *v,
                                        long stride, const kernel_winograd *s) {
  const long tile_columns = tiles_along(s->columns, s), tile_rows = tiles_along(s->rows, s), row = s->columns * BLOCK;
  for (long block = 0; block < blocks; ++block)
    for (long t = 0; t < held; ++t) {
      float *to = v + (block * held + t) * BLOCK;
      if (t >= count) {
        for (int k = 0; k < 36; ++k) store(to + k * stride, (vector){0});
        continue;
      }
      long tile = first + t, clip = tile / (tile_rows * tile_columns);
      long top = tile / tile_columns % tile_rows * 4 - 1, left = tile % tile_columns * 4 - 1;
      const float *corner = x + ((clip * blocks + block) * s->rows + top) * row + left * BLOCK;
      int inside = top >= 0 && left >= 0 && top + 6 <= s->rows && left + 6 <= s->columns;
      vector e[6][6];   // [column][line]
      UNROLLED for (int c = 0; c < 6; ++c) {
        vector d[6];
        UNROLLED for (int line = 0; line < 6; ++line) {
          int within =
            inside || (top + line >= 0 && top + line < s->rows && left + c >= 0 && left + c < s->columns);
          d[line] = (vector){0};
          if (within) d[line] = load(corner + line * row + c * BLOCK);
        }
        LONG_INPUT_LINE(e[c], d)
      }
      UNROLLED for (int line = 0; line < 6; ++line) {
        vector d[6] = {e[0][line], e[1][line], e[2][line], e[3][line], e[4][line], e[5][line]}, all[6];
        LONG_INPUT_LINE(all, d)
        UNROLLED for (int c = 0; c < 6; ++c) store(to + (6 * line + c) * stride, all[c]);
      }
    }
}

/// The work of transform_output into y for tiles of 4×4.
INLINE void NAMED(transform_long_output)(const winograd *w, const float *m, long stride, long vectors, long filter,
                                         long first, long count) {
  const kernel_winograd *s = w->shape;
  const long tile_columns = tiles_along(s->columns, s), tile_rows = tiles_along(s->rows, s), row = s->columns * BLOCK;
  vector bias = {0};
  if (w->bias) bias = load(w->bias + filter * BLOCK);
  for (long t = 0; t < count; ++t) {
    long tile = first + t, clip = tile / (tile_rows * tile_columns);
    long top = tile / tile_columns % tile_rows * 4, left = tile % tile_columns * 4;
    const float *from = m + t * vectors * BLOCK;
    vector e[6][4];   // [column][line]
    UNROLLED for (int c = 0; c < 6; ++c) {
      vector d[6];
      UNROLLED for (int line = 0; line < 6; ++line) d[line] = load(from + (6 * line + c) * stride);
      LONG_OUTPUT_LINE(e[c], d)
    }
    float *to = w->out + ((clip * s->filters + filter) * s->rows + top) * row + left * BLOCK;
    long lines = min_long(4, s->rows - top), columns = min_long(4, s->columns - left);
    UNROLLED for (int line = 0; line < 4; ++line) {
      vector d[6] = {e[0][line], e[1][line], e[2][line], e[3][line], e[4][line], e[5][line]}, all[4];
      LONG_OUTPUT_LINE(all, d)
      if (line < lines)
        UNROLLED for (int c = 0; c < 4; ++c)
          if (c < columns) store(to + line * row + c * BLOCK, all[c] + bias);
    }
  }
}

FOR_EACH_CPU static void NAMED(forward_part)(void *context, long begin, long end) {
  const winograd *w = context;
  const kernel_winograd *s = w->shape;
  long tiles = tile_count(s), held = w->held, groups = filter_groups(s);
  long stride = s->channels * held * BLOCK + PAD, product_stride = held * 2 * BLOCK + PAD;
  long all = places(s);
  float *v = kernel_memory(all * (stride + product_stride), sizeof(float)), *m = v + all * stride;
  for (long part = begin, transformed = -1; part < end; ++part) {
    long chunk = part / w->splits, split = part % w->splits;
    long first = chunk * held, count = min_long(held, tiles - first);
    if (chunk != transformed && s->tile == 4) {
      NAMED(transform_long_input)(w->x, s->channels, first, count, held, v, stride, s);
    } else if (chunk != transformed) {
      NAMED(transform_input)(w->x, s->channels, first, count, held, v, stride, s);
    }
    transformed = chunk;
    for (long group = groups * split / w->splits; group < groups * (split + 1) / w->splits; ++group) {
      long vectors = min_long(2, s->filters - 2 * group);
      const float *u = w->weights + group * all * s->channels * 2 * BLOCK * BLOCK;
      for (int e = 0; e < all; ++e)
        NAMED(multiply)(v + e * stride, u + e * s->channels * BLOCK * vectors * BLOCK, m + e * product_stride,
                        s->channels, held, vectors);
      for (long k = 0; k < vectors; ++k)
        if (s->tile == 4) {
          NAMED(transform_long_output)(w, m + k * BLOCK, product_stride, vectors, 2 * group + k, first, count);
        } else {
          NAMED(transform_output)(w, m + k * BLOCK, product_stride, vectors, 2 * group + k, first, count);
        }
    }
  }
  kernel_free(v);
}

/// A dy Aᵀ of the tiles from `first` on, in the layout of transform_input.
INLINE void NAMED(transform_gradient)(const float *dy, long first, long count, long held, float *v, long stride,
                                      const kernel_winograd *s) {
  const long tile_columns = (s->columns + 1) / 2, tile_rows = (s->rows + 1) / 2, row = s->columns * BLOCK;
  for (long t = 0; t < held; ++t) {
    long tile = first + t, clip = tile / (tile_rows * tile_columns);
    long top = tile / tile_columns % tile_rows * 2, left = tile % tile_columns * 2;
    int below = t < count && top + 1 < s->rows, beside = left + 1 < s->columns;
    for (long block = 0; block < s->filters; ++block) {
      const float *p = dy + ((clip * s->filters + block) * s->rows + top) * row + left * BLOCK;
      vector a = {0}, b = {0}, c = {0}, d = {0};
      if (t < count) a = load(p);
      if (t < count && beside) b = load(p + BLOCK);
      if (below) c = load(p + row);
      if (below && beside) d = load(p + row + BLOCK);
      float *to = v + (block * held + t) * BLOCK;
      vector left_line[4] = {a, a + c, a - c, -c}, right_line[4] = {b, b + d, b - d, -d};
      for (int i = 0; i < 4; ++i) {
        store(to + (4 * i + 0) * stride, left_line[i]);
        store(to + (4 * i + 1) * stride, left_line[i] + right_line[i]);
        store(to + (4 * i + 2) * stride, left_line[i] - right_line[i]);
        store(to + (4 * i + 3) * stride, -right_line[i]);
      }
    }
  }
}

// A of F(4×4, 3×3): four of a column to six.
#define LONG_GRADIENT_LINE(to, d)                               \
  {                                                             \
    vector p = d[0] + d[2], q = d[1] + d[3];                    \
    vector r = d[0] + 4 * d[2], u = 2 * d[1] + 8 * d[3];        \
    to[0] = d[0];                                               \
    to[1] = p + q;                                              \
    to[2] = p - q;                                              \
    to[3] = r + u;                                              \
    to[4] = r - u;                                              \
    to[5] = d[3];                                               \
  }

/// The work of transform_gradient for tiles of 4×4.
INLINE void NAMED(transform_long_gradient)(const float *dy, long first, long count, long held, float *v, long stride,
                                           const kernel_winograd *s) {
  const long tile_columns = tiles_along(s->columns, s), tile_rows = tiles_along(s->rows, s), row = s->columns * BLOCK;
  for (long block = 0; block < s->filters; ++block)
    for (long t = 0; t < held; ++t) {
      float *to = v + (block * held + t) * BLOCK;
      if (t >= count) {
        for (int k = 0; k < 36; ++k) store(to + k * stride, (vector){0});
        continue;
      }
      long tile = first + t, clip = tile / (tile_rows * tile_columns);
      long top = tile / tile_columns % tile_rows * 4, left = tile % tile_columns * 4;
      const float *corner = dy + ((clip * s->filters + block) * s->rows + top) * row + left * BLOCK;
      long lines = min_long(4, s->rows - top), columns = min_long(4, s->columns - left);
      vector e[4][6];   // [column][line]
      UNROLLED for (int c = 0; c < 4; ++c) {
        vector d[4];
        UNROLLED for (int line = 0; line < 4; ++line) {
          d[line] = (vector){0};
          if (line < lines && c < columns) d[line] = load(corner + line * row + c * BLOCK);
        }
        LONG_GRADIENT_LINE(e[c], d)
      }
      UNROLLED for (int line = 0; line < 6; ++line) {
        vector d[4] = {e[0][line], e[1][line], e[2][line], e[3][line]}, all[6];
        LONG_GRADIENT_LINE(all, d)
        UNROLLED for (int c = 0; c < 6; ++c) store(to + (6 * line + c) * stride, all[c]);
      }
    }
}

/// du [blocks × BLOCK, vectors, BLOCK] += v [blocks, held, BLOCK] · g [vectors, held, BLOCK], summed over tiles.
#define ACCUMULATE(vectors)                                                                                            \
  for (long block = 0; block < blocks; ++block)                                                                        \
    for (int first = 0; first < BLOCK; first += NAMED(LANES)) {                                                        \
      vector sum[NAMED(LANES)][vectors];                                                                               \
      float *to = du + (block * BLOCK + first) * vectors * BLOCK;                                                      \
      UNROLLED for (int i = 0; i < NAMED(LANES); ++i)                                                                  \
        UNROLLED for (int k = 0; k < vectors; ++k) sum[i][k] = load(to + (i * vectors + k) * BLOCK);                   \
      const float *values = v + block * held * BLOCK + first;                                                          \
      for (long t = 0; t < held; ++t) {                                                                                \
        vector gradient[vectors];                                                                                      \
        UNROLLED for (int k = 0; k < vectors; ++k) gradient[k] = load(g + (k * held + t) * BLOCK);                     \
        UNROLLED for (int i = 0; i < NAMED(LANES); ++i)                                                                \
          UNROLLED for (int k = 0; k < vectors; ++k) sum[i][k] += values[t * BLOCK + i] * gradient[k];                 \
      }                                                                                                                \
      UNROLLED for (int i = 0; i < NAMED(LANES); ++i)                                                                  \
        UNROLLED for (int k = 0; k < vectors; ++k) store(to + (i * vectors + k) * BLOCK, sum[i][k]);                   \
    }

INLINE void NAMED(accumulate)(const float *v, const float *g, float *du, long blocks, long held, long vectors) {
  if (vectors == 2) {
    ACCUMULATE(2)
  } else {
    ACCUMULATE(1)
  }
}

FOR_EACH_CPU static void NAMED(gradient_part)(void *context, long begin, long end) {
  const winograd *w = context;
  const kernel_winograd *s = w->shape;
  long tiles = tile_count(s), shares = share_count(s), held = w->held, groups = filter_groups(s);
  long stride = s->channels * held * BLOCK + PAD, gradient_stride = s->filters * held * BLOCK + PAD;
  long all = places(s);
  float *v = kernel_memory(all * (stride + gradient_stride), sizeof(float)), *g = v + all * stride;
  for (long part = begin; part < end; ++part) {
    long share = part / w->splits, split = part % w->splits;
    float *du = w->out + share * weight_count(s);
    long last = tiles * (share + 1) / shares;
    long first_group = groups * split / w->splits, last_group = groups * (split + 1) / w->splits;
    for (long first = tiles * share / shares; first < last; first += held) {
      long count = min_long(held, last - first);
      if (s->tile == 4) {
        NAMED(transform_long_input)(w->x, s->channels, first, count, held, v, stride, s);
        NAMED(transform_long_gradient)(w->dy, first, count, held, g, gradient_stride, s);
      } else {
        NAMED(transform_input)(w->x, s->channels, first, count, held, v, stride, s);
        NAMED(transform_gradient)(w->dy, first, count, held, g, gradient_stride, s);
      }
      for (long group = first_group; group < last_group; ++group) {
        long vectors = min_long(2, s->filters - 2 * group);
        float *to = du + group * all * s->channels * 2 * BLOCK * BLOCK;
        for (int e = 0; e < all; ++e)
          NAMED(accumulate)(v + e * stride, g + e * gradient_stride + 2 * group * held * BLOCK,
                            to + e * s->channels * BLOCK * vectors * BLOCK, s->channels, held, vectors);
      }
    }
  }
  kernel_free(v);
}

#undef UNROLLED
#undef TOGETHER
#undef INPUT_LINE
#undef LONG_INPUT_LINE
#undef LONG_OUTPUT_LINE
#undef LONG_GRADIENT_LINE
#undef MULTIPLY
#undef ACCUMULATE
