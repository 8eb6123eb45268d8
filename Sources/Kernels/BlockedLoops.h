// Included by Blocked.c once for each size of block, as a template: BLOCK is 16 or 8.

#define JOIN_(a, b) a##_##b
#define JOIN(a, b) JOIN_(a, b)
#define NAMED(name) JOIN(name, BLOCK)
#define vector NAMED(vector)
#define integers NAMED(integers)

typedef float vector __attribute__((vector_size(4 * BLOCK), aligned(4)));
typedef int32_t integers __attribute__((vector_size(4 * BLOCK), aligned(4)));

// Macros, because a function may not return a vector wider than the baseline CPU's.
#define load(p) (*(const vector *)(p))
#define store(p, v) (*(vector *)(p) = (v))
// value where the condition holds, else 0.
#define where(condition, value) ((vector)((integers)(value) & (condition)))
// The larger; NaN where one is NaN, so that it is not lost.
#define larger(a, b) ({ vector a_ = (a), b_ = (b); integers g_ = (a_ > b_) | (a_ != a_); \
  (vector)(((integers)a_ & g_) | ((integers)b_ & ~g_)); })
// max(v, 0), NaN where v is.
#define rectified(v) where(~((v) <= (vector){0}), (v))
// relu(scale · y + shift).
#define activated(y, scale, shift) ({ vector v_ = load(y) * (scale) + (shift); rectified(v_); })

FOR_EACH_CPU static void NAMED(statistics_part)(void *context, long begin, long end) {
  const activation *w = context;
  const kernel_pooling *s = w->shape;
  long plane = s->rows * s->columns;
  for (long part = begin; part < end; ++part) {
    const float *x = w->y + part * plane * BLOCK;
    vector pivot = load(w->y + part % s->blocks * plane * BLOCK);
    double *sums = w->sums + part * 2 * BLOCK;
    for (int k = 0; k < 2 * BLOCK; ++k) sums[k] = 0;
    for (long row = 0; row < s->rows; ++row) {
      // Four sums side by side hide the latency of the additions.
      vector sum[4] = {{0}}, squares[4] = {{0}};
      const float *p = x + row * s->columns * BLOCK;
      long i = 0;
      for (; i + 4 <= s->columns; i += 4)
        for (int k = 0; k < 4; ++k) {
          vector d = load(p + (i + k) * BLOCK) - pivot;
          sum[k] += d;
          squares[k] += d * d;
        }
      for (; i < s->columns; ++i) {
        vector d = load(p + i * BLOCK) - pivot;
        sum[0] += d;
        squares[0] += d * d;
      }
      vector total = (sum[0] + sum[1]) + (sum[2] + sum[3]);
      vector total_squares = (squares[0] + squares[1]) + (squares[2] + squares[3]);
      for (int lane = 0; lane < BLOCK; ++lane) {
        sums[lane] += total[lane];
        sums[BLOCK + lane] += total_squares[lane];
      }
    }
  }
}

FOR_EACH_CPU static void NAMED(activate_pool_part)(void *context, long begin, long end) {
  const activation *w = context;
  const kernel_pooling *s = w->shape;
  long out_rows = s->rows / s->window_rows, out_columns = s->columns / s->window_columns;
  float share = 1.0f / ((float)s->window_rows * s->window_columns);
  for (long part = begin; part < end; ++part) {
    long channel = part % s->blocks * BLOCK;
    vector scale = load(w->scale + channel), shift = load(w->shift + channel);
    const float *y = w->y + part * s->rows * s->columns * BLOCK;
    float *z = w->out + part * out_rows * out_columns * BLOCK;
    for (long i = 0; i < out_rows; ++i)
      for (long j = 0; j < out_columns; ++j) {
        vector result = {0};   // relu's least value, so it starts a maximum too
        for (int r = 0; r < s->window_rows; ++r) {
          const float *p = y + ((i * s->window_rows + r) * s->columns + j * s->window_columns) * BLOCK;
          for (int c = 0; c < s->window_columns; ++c) {
            vector v = activated(p + c * BLOCK, scale, shift);
            result = s->maximum ? larger(v, result) : result + v;
          }
        }
        store(z + (i * out_columns + j) * BLOCK, s->maximum ? result : result * share);
      }
  }
}

// Walks the places of one row of windows (row i of the output) with the gradient g at each: the last argument sees
// `place`, its offset, and `g`.
#define EACH_GRADIENT_OF_ROW(i, ...)                                                                          \
  for (long j = 0; j < out_columns; ++j) {                                                                    \
    vector dz = load(w->dz + (part * out_rows * out_columns + i * out_columns + j) * BLOCK);                  \
    long corner = (i * s->window_rows * s->columns + j * s->window_columns) * BLOCK;                          \
    if (s->maximum) {                                                                                         \
      vector top = {0};                                                                                       \
      for (int r = 0; r < s->window_rows; ++r)                                                                \
        for (int c = 0; c < s->window_columns; ++c)                                                           \
          top = larger(activated(y + corner + (r * s->columns + c) * BLOCK, scale, shift), top);              \
      integers open = top > (vector){0};                                                                      \
      for (int r = 0; r < s->window_rows; ++r)                                                                \
        for (int c = 0; c < s->window_columns; ++c) {                                                         \
          long place = corner + (r * s->columns + c) * BLOCK;                                                 \
          integers first = (activated(y + place, scale, shift) == top) & open;                                \
          open = open & ~first;                                                                               \
          vector g = where(first, dz);                                                                        \
          __VA_ARGS__                                                                                         \
        }                                                                                                     \
    } else {                                                                                                  \
      vector spread = dz * share;                                                                             \
      for (int r = 0; r < s->window_rows; ++r)                                                                \
        for (int c = 0; c < s->window_columns; ++c) {                                                         \
          long place = corner + (r * s->columns + c) * BLOCK;                                                 \
          vector g = where(load(y + place) * scale + shift > (vector){0}, spread);                            \
          __VA_ARGS__                                                                                         \
        }                                                                                                     \
    }                                                                                                         \
  }

#define PLANE                                                                                                 \
  const activation *w = context;                                                                              \
  const kernel_pooling *s = w->shape;                                                                         \
  long out_rows = s->rows / s->window_rows, out_columns = s->columns / s->window_columns;                     \
  float share = 1.0f / ((float)s->window_rows * s->window_columns);

FOR_EACH_CPU static void NAMED(activate_pool_sums_part)(void *context, long begin, long end) {
  PLANE
  for (long part = begin; part < end; ++part) {
    long channel = part % s->blocks * BLOCK;
    vector scale = load(w->scale + channel), shift = load(w->shift + channel);
    const float *y = w->y + part * s->rows * s->columns * BLOCK;
    double *sums = w->sums + part * 2 * BLOCK;
    for (int k = 0; k < 2 * BLOCK; ++k) sums[k] = 0;
    for (long i = 0; i < out_rows; ++i) {
      vector sum = {0}, product = {0};
      EACH_GRADIENT_OF_ROW(i, sum += g; product += g * load(y + place);)
      for (int lane = 0; lane < BLOCK; ++lane) {
        sums[lane] += sum[lane];
        sums[BLOCK + lane] += product[lane];
      }
    }
  }
}

FOR_EACH_CPU static void NAMED(activate_pool_gradient_part)(void *context, long begin, long end) {
  PLANE
  long covered_rows = out_rows * s->window_rows, covered_columns = out_columns * s->window_columns;
  for (long part = begin; part < end; ++part) {
    long channel = part % s->blocks * BLOCK;
    vector scale = load(w->scale + channel), shift = load(w->shift + channel);
    vector a = load(w->a + channel), b = load(w->b + channel), constant = load(w->c + channel);
    const float *y = w->y + part * s->rows * s->columns * BLOCK;
    float *dy = w->out + part * s->rows * s->columns * BLOCK;
    for (long i = 0; i < out_rows; ++i)
      EACH_GRADIENT_OF_ROW(i, store(dy + place, a * g + (b * load(y + place) + constant));)
    // Places that no window covers.
    for (long row = 0; row < s->rows; ++row)
      for (long column = row < covered_rows ? covered_columns : 0; column < s->columns; ++column) {
        long place = (row * s->columns + column) * BLOCK;
        store(dy + place, b * load(y + place) + constant);
      }
  }
}

// MARK: Convolution of one channel

enum { NAMED(TILE) = 12 };   // sums held in registers: 12 + weights fit AVX2's sixteen

FOR_EACH_CPU static void NAMED(taps_forward_part)(void *context, long begin, long end) {
  const taps_work *w = context;
  const kernel_taps *t = w->taps;
  enum { tile = NAMED(TILE) };
  long width = padded_columns(t);
  for (long line = begin; line < end; ++line) {
    long row = line % t->out_rows, k = line / t->out_rows % t->blocks, n = line / t->out_rows / t->blocks;
    const float *x = w->x + n * padded_size(t) + row * width;
    float *y = w->out + line * t->out_columns * BLOCK;
    vector bias = {0};
    if (w->bias) bias = load(w->bias + k * BLOCK);
    for (long column = 0; column < t->out_columns; column += tile) {
      vector sum[tile];
      for (int i = 0; i < tile; ++i) sum[i] = bias;
      for (int tap = t->tap_start[k]; tap < t->tap_start[k + 1]; ++tap) {
        const float *p = x + t->tap_row[tap] * width + t->tap_column[tap] + column;
        vector weight = load(w->weights + (long)tap * BLOCK);
        for (int i = 0; i < tile; ++i) sum[i] += p[i] * weight;
      }
      long n_columns = min_long(tile, t->out_columns - column);
      for (int i = 0; i < tile; ++i)
        if (i < n_columns) store(y + (column + i) * BLOCK, w->relu ? rectified(sum[i]) : sum[i]);
    }
  }
}

FOR_EACH_CPU static void NAMED(taps_input_gradient_part)(void *context, long begin, long end) {
  const taps_work *w = context;
  const kernel_taps *t = w->taps;
  enum { tile = NAMED(TILE) };
  for (long line = begin; line < end; ++line) {
    long row = line % t->rows, n = line / t->rows;
    for (long column = 0; column < t->columns; column += tile) {
      vector sum[tile];
      for (int i = 0; i < tile; ++i) sum[i] = (vector){0};
      long held = min_long(tile, t->columns - column);
      for (long k = 0; k < t->blocks; ++k) {
        const float *dy = w->dy + (n * t->blocks + k) * t->out_rows * t->out_columns * BLOCK;
        for (int tap = t->tap_start[k]; tap < t->tap_start[k + 1]; ++tap) {
          long from = row + t->top - t->tap_row[tap], first = column + t->left - t->tap_column[tap];
          if (from < 0 || from >= t->out_rows) continue;
          const float *p = dy + (from * t->out_columns + first) * BLOCK;
          vector weight = load(w->weights + (long)tap * BLOCK);
          if (held == tile && first >= 0 && first + tile <= t->out_columns) {
            for (int i = 0; i < tile; ++i) sum[i] += load(p + i * BLOCK) * weight;
          } else {
            for (int i = 0; i < tile; ++i)
              if (i < held && first + i >= 0 && first + i < t->out_columns) sum[i] += load(p + i * BLOCK) * weight;
          }
        }
      }
      for (int i = 0; i < tile; ++i) {
        if (i >= held) break;
        float total = 0;
        for (int lane = 0; lane < BLOCK; ++lane) total += sum[i][lane];
        w->out[line * t->columns + column + i] = total;
      }
    }
  }
}

FOR_EACH_CPU static void NAMED(taps_weight_gradient_part)(void *context, long begin, long end) {
  const taps_work *w = context;
  const kernel_taps *t = w->taps;
  enum { group = NAMED(TILE) };
  long width = padded_columns(t), size = (long)t->tap_start[t->blocks] * BLOCK;
  for (long part = begin; part < end; ++part) {
    long n = part / t->blocks, k = part % t->blocks;
    const float *x = w->x + n * padded_size(t), *dy = w->dy + part * t->out_rows * t->out_columns * BLOCK;
    for (int start = t->tap_start[k]; start < t->tap_start[k + 1]; start += group) {
      int count = (int)min_long(group, t->tap_start[k + 1] - start);
      long offset[group];
      for (int i = 0; i < group; ++i) {
        int tap = start + (i < count ? i : 0);
        offset[i] = t->tap_row[tap] * width + t->tap_column[tap];
      }
      float *out = w->out + n * size + (long)start * BLOCK;
      for (long row = 0; row < t->out_rows; ++row) {
        vector sum[group];
        for (int i = 0; i < group; ++i) sum[i] = (vector){0};
        for (long column = 0; column < t->out_columns; ++column) {
          vector g = load(dy + (row * t->out_columns + column) * BLOCK);
          const float *p = x + row * width + column;
          for (int i = 0; i < group; ++i) sum[i] += p[offset[i]] * g;
        }
        for (int i = 0; i < group; ++i)
          if (i < count) store(out + (long)i * BLOCK, load(out + (long)i * BLOCK) + sum[i]);
      }
    }
  }
}

#undef JOIN_
#undef JOIN
#undef NAMED
#undef vector
#undef integers
#undef load
#undef store
#undef activated
#undef where
#undef rectified
#undef larger
#undef EACH_GRADIENT_OF_ROW
#undef PLANE
