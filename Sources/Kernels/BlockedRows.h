// Rows of the blocked layout, for the loops in BlockedLoops.h and OneChannelLoops.h. Included once for each size of
// block, as a template: BLOCK is 16 or 8.

#undef NAMED
#undef vector
#undef integers
#undef sum_of
#define JOIN_(a, b) a##_##b
#define JOIN(a, b) JOIN_(a, b)
#define NAMED(name) JOIN(name, BLOCK)
#define vector NAMED(vector)
#define integers NAMED(integers)

typedef float vector __attribute__((vector_size(4 * BLOCK), aligned(4)));
typedef int32_t integers __attribute__((vector_size(4 * BLOCK), aligned(4)));

#ifndef load
// Macros, because a function may not return a vector wider than the baseline CPU's.
#define load(p) (*(const vector *)(p))
#define store(p, v) (*(vector *)(p) = (v))
// `value` where the condition holds, else 0.
#define where(condition, value) ((vector)((integers)(value) & (condition)))
// The larger of a and b; NaN where one is NaN, so that it is not lost.
#define larger(a, b) ({ vector a_ = (a), b_ = (b); integers g_ = (a_ > b_) | (a_ != a_); \
  (vector)(((integers)a_ & g_) | ((integers)b_ & ~g_)); })
// max(v, 0), NaN where v is.
#define rectified(v) where(~((v) <= (vector){0}), (v))
// relu(scale · y + shift).
#define activated(y, scale, shift) ({ vector v_ = load(y) * (scale) + (shift); rectified(v_); })

// The sum of a vector's lanes, by halves.
typedef float pair __attribute__((vector_size(8)));
typedef float quad __attribute__((vector_size(16)));
typedef float octet __attribute__((vector_size(32)));
#define sum_of_8(v) ({ quad q_ = __builtin_shufflevector(v, v, 0, 1, 2, 3) + __builtin_shufflevector(v, v, 4, 5, 6, 7); \
  pair p_ = __builtin_shufflevector(q_, q_, 0, 1) + __builtin_shufflevector(q_, q_, 2, 3); p_[0] + p_[1]; })
#define sum_of_16(v) ({ octet o_ = __builtin_shufflevector(v, v, 0, 1, 2, 3, 4, 5, 6, 7) + \
  __builtin_shufflevector(v, v, 8, 9, 10, 11, 12, 13, 14, 15); sum_of_8(o_); })
#endif
#define sum_of NAMED(sum_of)

/// Adds a row's Σ (y − pivot) and Σ (y − pivot)² to sums [2][BLOCK].
INLINE void NAMED(add_statistics_of_row)(const float *y, long columns, const float *pivot, double *sums) {
  // Four sums side by side hide the latency of the additions.
  vector sum[4] = {{0}}, squares[4] = {{0}}, center = load(pivot);
  long i = 0;
  for (; i + 4 <= columns; i += 4)
    for (int k = 0; k < 4; ++k) {
      vector d = load(y + (i + k) * BLOCK) - center;
      sum[k] += d;
      squares[k] += d * d;
    }
  for (; i < columns; ++i) {
    vector d = load(y + i * BLOCK) - center;
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

/// One row of windows: z = pool(relu(scale · y + shift)) of the windows' rows of y.
INLINE void NAMED(activate_pool_row)(const float *y, const float *scales, const float *shifts, float *z,
                                     const kernel_pooling *s) {
  vector scale = load(scales), shift = load(shifts);
  float share = 1.0f / ((float)s->window_rows * s->window_columns);
  for (long j = 0; j < s->columns / s->window_columns; ++j) {
    vector result = {0};   // relu's least value, so it starts a maximum too
    for (int r = 0; r < s->window_rows; ++r) {
      const float *p = y + (r * s->columns + j * s->window_columns) * BLOCK;
      for (int c = 0; c < s->window_columns; ++c) {
        vector v = activated(p + c * BLOCK, scale, shift);
        result = s->maximum ? larger(v, result) : result + v;
      }
    }
    store(z + j * BLOCK, s->maximum ? result : result * share);
  }
}

// Walks the places of one row of windows over the rows at `y`, with the gradient g at scale · y + shift of each: the
// last argument uses `place`, its offset from y, and `g`.
#define EACH_GRADIENT_OF_ROW(y, dz_row, ...)                                                                  \
  for (long j = 0; j < s->columns / s->window_columns; ++j) {                                                 \
    vector dz = load((dz_row) + j * BLOCK);                                                                   \
    long corner = j * s->window_columns * BLOCK;                                                              \
    if (s->maximum) {                                                                                         \
      vector top = {0};                                                                                       \
      for (int r = 0; r < s->window_rows; ++r)                                                                \
        for (int c = 0; c < s->window_columns; ++c)                                                           \
          top = larger(activated((y) + corner + (r * s->columns + c) * BLOCK, scale, shift), top);            \
      integers open = top > (vector){0};                                                                      \
      for (int r = 0; r < s->window_rows; ++r)                                                                \
        for (int c = 0; c < s->window_columns; ++c) {                                                         \
          long place = corner + (r * s->columns + c) * BLOCK;                                                 \
          integers first = (activated((y) + place, scale, shift) == top) & open;                              \
          open = open & ~first;                                                                               \
          vector g = where(first, dz);                                                                        \
          __VA_ARGS__                                                                                         \
        }                                                                                                     \
    } else {                                                                                                  \
      vector spread = dz * share;                                                                             \
      for (int r = 0; r < s->window_rows; ++r)                                                                \
        for (int c = 0; c < s->window_columns; ++c) {                                                         \
          long place = corner + (r * s->columns + c) * BLOCK;                                                 \
          vector g = where(load((y) + place) * scale + shift > (vector){0}, spread);                          \
          __VA_ARGS__                                                                                         \
        }                                                                                                     \
    }                                                                                                         \
  }

/// Adds Σ g and Σ g·y of one row of windows to sums [2][BLOCK].
INLINE void NAMED(add_gradient_sums_of_row)(const float *y, const float *scales, const float *shifts,
                                            const float *dz_row, double *sums, const kernel_pooling *s) {
  vector scale = load(scales), shift = load(shifts), sum = {0}, product = {0};
  float share = 1.0f / ((float)s->window_rows * s->window_columns);
  EACH_GRADIENT_OF_ROW(y, dz_row, sum += g; product += g * load(y + place);)
  for (int lane = 0; lane < BLOCK; ++lane) {
    sums[lane] += sum[lane];
    sums[BLOCK + lane] += product[lane];
  }
}

/// dy = b·y + c where no window is: `columns` places from y and dy on.
INLINE void NAMED(uncovered_gradient)(const float *y, const float *b, const float *c, float *dy, long columns) {
  vector factor = load(b), constant = load(c);
  for (long i = 0; i < columns * BLOCK; i += BLOCK) store(dy + i, factor * load(y + i) + constant);
}

/// dy = a·g + b·y + c of one row of windows, and b·y + c in the columns that no window covers.
INLINE void NAMED(activate_pool_gradient_row)(const float *y, const float *scales, const float *shifts,
                                              const float *dz_row, const float *as, const float *bs, const float *cs,
                                              float *dy, const kernel_pooling *s) {
  vector scale = load(scales), shift = load(shifts), a = load(as), b = load(bs), constant = load(cs);
  float share = 1.0f / ((float)s->window_rows * s->window_columns);
  EACH_GRADIENT_OF_ROW(y, dz_row, store(dy + place, a * g + (b * load(y + place) + constant));)
  long covered = s->columns / s->window_columns * s->window_columns;
  for (int r = 0; r < s->window_rows && covered < s->columns; ++r) {
    long place = (r * s->columns + covered) * BLOCK;
    NAMED(uncovered_gradient)(y + place, bs, cs, dy + place, s->columns - covered);
  }
}
