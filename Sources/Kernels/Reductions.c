#include "Parallel.h"
#include "VectorMath.h"

typedef struct {
  const float *x, *y, *g;
  float *out, *deviation;
  const long *strides, *shape;
  long axis, inner, columns;
  int rank, maximum, scatter;
  float epsilon;
} reduction;

// Sums side by side, in a fixed order, so that loops are vector code and results always the same.
enum { LANES = 8 };

INLINE double sum_of_lanes(const double *sums) {
  return ((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7]));
}

// Adds `term`, a function of i, for all of 0..<n to the lanes of `sums`.
#define SUM_LANES(sums, n, term)                                                            \
  {                                                                                         \
    long whole = (n) - (n) % LANES;                                                         \
    for (long from = 0; from < whole; from += LANES)                                        \
      for (int lane = 0; lane < LANES; ++lane) { long i = from + lane; sums[lane] += (term); } \
    for (long i = whole; i < (n); ++i) sums[i - whole] += (term);                           \
  }

FOR_EACH_CPU static void reduce_rows(void *context, long begin, long end) {
  const reduction *w = context;
  for (long row = begin; row < end; ++row) {
    const float *x = w->x + row * w->axis * w->inner;
    float *out = w->out + row * w->inner;
    if (w->inner == 1) {
      if (w->maximum) {
        float best = -INFINITY;
        for (long i = 0; i < w->axis; ++i) best = x[i] > best || x[i] != x[i] ? x[i] : best;
        out[0] = best;
      } else {
        double sums[LANES] = {0};
        SUM_LANES(sums, w->axis, x[i])
        out[0] = (float)sum_of_lanes(sums);
      }
      continue;
    }
    for (long start = 0; start < w->inner; start += 64) {
      long n = min_long(64, w->inner - start);
      double sums[64] = {0};
      float best[64];
      if (w->maximum) {
        for (long j = 0; j < n; ++j) best[j] = -INFINITY;
        for (long i = 0; i < w->axis; ++i)
          for (long j = 0; j < n; ++j) {
            float value = x[i * w->inner + start + j];
            best[j] = value > best[j] || value != value ? value : best[j];
          }
        for (long j = 0; j < n; ++j) out[start + j] = best[j];
      } else {
        for (long i = 0; i < w->axis; ++i)
          for (long j = 0; j < n; ++j) sums[j] += x[i * w->inner + start + j];
        for (long j = 0; j < n; ++j) out[start + j] = (float)sums[j];
      }
    }
  }
}

void kernel_reduce(kernel_reduction kind, const float *x, float *y, long outer, long axis, long inner) {
  reduction w = {.x = x, .out = y, .axis = axis, .inner = inner, .maximum = kind == kernel_reduce_maximum};
  kernel_parallel(outer, max_long(1, GRAIN / max_long(1, axis * inner)), reduce_rows, &w);
}

FOR_EACH_CPU static void copy_rows(void *context, long begin, long end) {
  const reduction *w = context;
  int last = w->rank - 1;
  long n = w->shape[last], stride = w->strides[last];
  for (long row = begin; row < end; ++row) {
    long offset = 0, rest = row;
    for (int d = last - 1; d >= 0; --d) {
      offset += rest % w->shape[d] * w->strides[d];
      rest /= w->shape[d];
    }
    if (w->scatter) {
      const float *x = w->x + row * n;
      float *y = w->out + offset;
      for (long i = 0; i < n; ++i) y[i * stride] = x[i];
    } else {
      const float *x = w->x + offset;
      float *y = w->out + row * n;
      if (stride == 1) memcpy(y, x, (size_t)n * sizeof(float));
      else for (long i = 0; i < n; ++i) y[i] = x[i * stride];
    }
  }
}

static void copy(const float *x, float *y, const long *strides, const long *shape, int rank, int scatter) {
  reduction w = {.x = x, .out = y, .strides = strides, .shape = shape, .rank = rank, .scatter = scatter};
  long rows = 1;
  for (int d = 0; d < rank - 1; ++d) rows *= shape[d];
  kernel_parallel(rows, max_long(1, GRAIN / max_long(1, shape[rank - 1])), copy_rows, &w);
}

void kernel_copy_strided(const float *x, const long *strides, float *y, const long *shape, int rank) {
  copy(x, y, strides, shape, rank, 0);
}

void kernel_copy_to_strided(const float *x, float *y, const long *strides, const long *shape, int rank) {
  copy(x, y, strides, shape, rank, 1);
}

FOR_EACH_CPU static void softmax_rows(void *context, long begin, long end) {
  const reduction *w = context;
  for (long row = begin; row < end; ++row) {
    const float *x = w->x + row * w->columns;
    float *y = w->out + row * w->columns;
    float top = -INFINITY;
    double sums[LANES] = {0};
    for (long i = 0; i < w->columns; ++i) top = x[i] > top ? x[i] : top;
    for (long i = 0; i < w->columns; ++i) y[i] = fast_exp(x[i] - top);
    SUM_LANES(sums, w->columns, y[i])
    float scale = (float)(1 / sum_of_lanes(sums));
    for (long i = 0; i < w->columns; ++i) y[i] *= scale;
  }
}

void kernel_softmax(const float *x, float *y, long rows, long columns) {
  reduction w = {.x = x, .out = y, .columns = columns};
  kernel_parallel(rows, max_long(1, GRAIN / 4 / max_long(1, columns)), softmax_rows, &w);
}

FOR_EACH_CPU static void softmax_gradient_rows(void *context, long begin, long end) {
  const reduction *w = context;
  for (long row = begin; row < end; ++row) {
    const float *y = w->y + row * w->columns, *g = w->g + row * w->columns;
    float *out = w->out + row * w->columns;
    double sums[LANES] = {0};
    SUM_LANES(sums, w->columns, (double)y[i] * g[i])
    float dot = (float)sum_of_lanes(sums);
    for (long i = 0; i < w->columns; ++i) out[i] = y[i] * (g[i] - dot);
  }
}

void kernel_softmax_gradient(const float *y, const float *dy, float *dx, long rows, long columns) {
  reduction w = {.y = y, .g = dy, .out = dx, .columns = columns};
  kernel_parallel(rows, max_long(1, GRAIN / 2 / max_long(1, columns)), softmax_gradient_rows, &w);
}

FOR_EACH_CPU static void standardize_rows(void *context, long begin, long end) {
  const reduction *w = context;
  for (long row = begin; row < end; ++row) {
    const float *x = w->x + row * w->columns;
    float *y = w->out + row * w->columns;
    double sums[LANES] = {0}, squares[LANES] = {0};
    SUM_LANES(sums, w->columns, x[i])
    double mean = sum_of_lanes(sums) / w->columns;
    SUM_LANES(squares, w->columns, (x[i] - mean) * (x[i] - mean))
    float scale = (float)(1 / sqrt(sum_of_lanes(squares) / w->columns + w->epsilon));
    for (long i = 0; i < w->columns; ++i) y[i] = (float)(x[i] - mean) * scale;
    w->deviation[row] = scale;
  }
}

void kernel_standardize(const float *x, float *y, float *inverse_deviation, long rows, long columns, float epsilon) {
  reduction w = {.x = x, .out = y, .deviation = inverse_deviation, .columns = columns, .epsilon = epsilon};
  kernel_parallel(rows, max_long(1, GRAIN / 2 / max_long(1, columns)), standardize_rows, &w);
}

FOR_EACH_CPU static void standardize_gradient_rows(void *context, long begin, long end) {
  const reduction *w = context;
  for (long row = begin; row < end; ++row) {
    const float *y = w->y + row * w->columns, *g = w->g + row * w->columns;
    float *out = w->out + row * w->columns;
    double sums[LANES] = {0}, products[LANES] = {0};
    SUM_LANES(sums, w->columns, g[i])
    SUM_LANES(products, w->columns, (double)g[i] * y[i])
    float mean = (float)(sum_of_lanes(sums) / w->columns), slope = (float)(sum_of_lanes(products) / w->columns);
    float scale = w->deviation[row];
    for (long i = 0; i < w->columns; ++i) out[i] = (g[i] - mean - y[i] * slope) * scale;
  }
}

void kernel_standardize_gradient(const float *y, const float *inverse_deviation, const float *g, float *dx, long rows,
                                 long columns) {
  reduction w = {.y = y, .deviation = (float *)inverse_deviation, .g = g, .out = dx, .columns = columns};
  kernel_parallel(rows, max_long(1, GRAIN / 2 / max_long(1, columns)), standardize_gradient_rows, &w);
}

// Columns that are standardised side by side: a line of the cache in floats, or four.
enum { SIDE = 64 };

FOR_EACH_CPU static void standardize_axis_part(void *context, long begin, long end) {
  const reduction *w = context;
  long blocks = (w->inner + SIDE - 1) / SIDE;
  for (long part = begin; part < end; ++part) {
    long outer = part / blocks, start = part % blocks * SIDE, n = min_long(SIDE, w->inner - start);
    const float *x = w->x + outer * w->axis * w->inner + start;
    float *y = w->out + outer * w->axis * w->inner + start;
    double means[SIDE] = {0}, squares[SIDE] = {0};
    float scales[SIDE];
    for (long i = 0; i < w->axis; ++i)
      for (long j = 0; j < n; ++j) means[j] += x[i * w->inner + j];
    for (long j = 0; j < n; ++j) means[j] /= w->axis;
    for (long i = 0; i < w->axis; ++i)
      for (long j = 0; j < n; ++j) {
        double deviation = x[i * w->inner + j] - means[j];
        squares[j] += deviation * deviation;
      }
    for (long j = 0; j < n; ++j) scales[j] = (float)(1 / sqrt(squares[j] / w->axis + w->epsilon));
    for (long i = 0; i < w->axis; ++i)
      for (long j = 0; j < n; ++j) y[i * w->inner + j] = (float)(x[i * w->inner + j] - means[j]) * scales[j];
    for (long j = 0; j < n; ++j) w->deviation[outer * w->inner + start + j] = scales[j];
  }
}

void kernel_standardize_axis(const float *x, float *y, float *inverse_deviation, long outer, long axis, long inner,
                             float epsilon) {
  reduction w = {.x = x, .out = y, .deviation = inverse_deviation, .axis = axis, .inner = inner, .epsilon = epsilon};
  kernel_parallel(outer * ((inner + SIDE - 1) / SIDE), max_long(1, GRAIN / 2 / SIDE / max_long(1, axis)),
                  standardize_axis_part, &w);
}

FOR_EACH_CPU static void standardize_axis_gradient_part(void *context, long begin, long end) {
  const reduction *w = context;
  long blocks = (w->inner + SIDE - 1) / SIDE;
  for (long part = begin; part < end; ++part) {
    long outer = part / blocks, start = part % blocks * SIDE, n = min_long(SIDE, w->inner - start);
    long first = outer * w->axis * w->inner + start;
    const float *y = w->y + first, *g = w->g + first, *scales = w->deviation + outer * w->inner + start;
    float *out = w->out + first;
    double sums[SIDE] = {0}, products[SIDE] = {0};
    float means[SIDE], slopes[SIDE];
    for (long i = 0; i < w->axis; ++i)
      for (long j = 0; j < n; ++j) {
        sums[j] += g[i * w->inner + j];
        products[j] += (double)g[i * w->inner + j] * y[i * w->inner + j];
      }
    for (long j = 0; j < n; ++j) means[j] = (float)(sums[j] / w->axis), slopes[j] = (float)(products[j] / w->axis);
    for (long i = 0; i < w->axis; ++i)
      for (long j = 0; j < n; ++j) {
        long at = i * w->inner + j;
        out[at] = (g[at] - means[j] - y[at] * slopes[j]) * scales[j];
      }
  }
}

void kernel_standardize_axis_gradient(const float *y, const float *inverse_deviation, const float *g, float *dx, long outer,
                                      long axis, long inner) {
  reduction w = {.y = y, .deviation = (float *)inverse_deviation, .g = g, .out = dx, .axis = axis, .inner = inner};
  kernel_parallel(outer * ((inner + SIDE - 1) / SIDE), max_long(1, GRAIN / 2 / SIDE / max_long(1, axis)),
                  standardize_axis_gradient_part, &w);
}
