#include "Parallel.h"
#include "VectorMath.h"

typedef struct {
  int operation;
  const float *x, *y, *dy;
  float *out;
  float scale, shift;
  uint64_t seed;
  long *count;
} elementwise;

// An output may be its input: each element depends on those of its own place only.
#define IN_PLACE _Pragma("clang loop vectorize(assume_safety)")

#define EACH(expression)                        \
  IN_PLACE for (long i = begin; i < end; ++i) { \
    float x = w->x[i];                          \
    w->out[i] = (expression);                   \
  }                                             \
  break;

FOR_EACH_CPU static void unary_part(void *context, long begin, long end) {
  const elementwise *w = context;
  switch ((kernel_unary_operation)w->operation) {
    case kernel_negate: EACH(-x)
    case kernel_exponential: EACH(fast_exp(x))
    case kernel_logarithm: EACH(fast_log(x))
    case kernel_square_root: EACH(__builtin_elementwise_sqrt(x))
    case kernel_tanh: EACH(fast_tanh(x))
    case kernel_sigmoid: EACH(fast_sigmoid(x))
    case kernel_relu: EACH(x <= 0 ? 0 : x)   // NaN stays NaN
    case kernel_absolute: EACH(__builtin_fabsf(x))
    case kernel_square: EACH(x * x)
    case kernel_reciprocal: EACH(1 / x)
    case kernel_gelu: EACH(x * fast_normal_share(x))
  }
}

void kernel_unary(kernel_unary_operation operation, const float *x, float *y, long count) {
  elementwise w = {.operation = operation, .x = x, .out = y};
  kernel_parallel(count, GRAIN, unary_part, &w);
}

#define EACH_GRADIENT(derivative)        \
  for (long i = begin; i < end; ++i) {   \
    float x = w->x[i], y = w->y[i];      \
    (void)x, (void)y;                    \
    w->out[i] = w->dy[i] * (derivative); \
  }                                      \
  break;

FOR_EACH_CPU static void unary_gradient_part(void *context, long begin, long end) {
  const elementwise *w = context;
  switch ((kernel_unary_operation)w->operation) {
    case kernel_negate: EACH_GRADIENT(-1.0f)
    case kernel_exponential: EACH_GRADIENT(y)
    case kernel_logarithm: EACH_GRADIENT(1 / x)
    case kernel_square_root: EACH_GRADIENT(0.5f / y)
    case kernel_tanh: EACH_GRADIENT(1 - y * y)
    case kernel_sigmoid: EACH_GRADIENT(y * (1 - y))
    case kernel_relu: EACH_GRADIENT(x > 0 ? 1.0f : 0.0f)
    case kernel_absolute: EACH_GRADIENT(x > 0 ? 1.0f : (x < 0 ? -1.0f : 0.0f))
    case kernel_square: EACH_GRADIENT(2 * x)
    case kernel_reciprocal: EACH_GRADIENT(-y * y)
    case kernel_gelu: EACH_GRADIENT(fast_normal_share(x) + x * fast_normal_density(x))
  }
}

void kernel_unary_gradient(kernel_unary_operation operation, const float *x, const float *y, const float *dy, float *dx,
                           long count) {
  elementwise w = {.operation = operation, .x = x, .y = y, .dy = dy, .out = dx};
  kernel_parallel(count, GRAIN, unary_gradient_part, &w);
}

FOR_EACH_CPU static void affine_part(void *context, long begin, long end) {
  const elementwise *w = context;
  IN_PLACE for (long i = begin; i < end; ++i) w->out[i] = w->scale * w->x[i] + w->shift;
}

void kernel_affine(const float *x, float scale, float shift, float *y, long count) {
  elementwise w = {.x = x, .scale = scale, .shift = shift, .out = y};
  kernel_parallel(count, GRAIN, affine_part, &w);
}

FOR_EACH_CPU static void accumulate_part(void *context, long begin, long end) {
  const elementwise *w = context;
  for (long i = begin; i < end; ++i) w->out[i] += w->x[i];
}

void kernel_accumulate(const float *x, float *y, long count) {
  elementwise w = {.x = x, .out = y};
  kernel_parallel(count, GRAIN, accumulate_part, &w);
}

// SplitMix64's output function (Steele, Lea and Flood 2014) of seed + position.
INLINE uint64_t mix(uint64_t z) {
  z *= 0x9e3779b97f4a7c15ull;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
  return z ^ (z >> 31);
}

FOR_EACH_CPU static void dropout_part(void *context, long begin, long end) {
  const elementwise *w = context;
  uint32_t threshold = (uint32_t)(w->scale * 4294967295.0);
  float kept = 1 / (1 - w->scale);
  for (long i = begin; i < end; ++i) {
    uint32_t draw = (uint32_t)(mix(w->seed + (uint64_t)i) >> 32);
    w->out[i] = draw >= threshold ? w->x[i] * kept : 0;
  }
}

void kernel_dropout(const float *x, float *y, long count, float probability, uint64_t seed) {
  elementwise w = {.x = x, .out = y, .scale = probability, .seed = seed};
  kernel_parallel(count, GRAIN, dropout_part, &w);
}

FOR_EACH_CPU static void count_not_finite_part(void *context, long begin, long end) {
  const elementwise *w = context;
  long found = 0;
  for (long i = begin; i < end; ++i) found += (float_to_bits(w->x[i]) & 0x7f800000) == 0x7f800000;
  if (found) __atomic_fetch_add(w->count, found, __ATOMIC_RELAXED);
}

long kernel_count_not_finite(const float *x, long count) {
  long found = 0;
  elementwise w = {.x = x, .count = &found};
  kernel_parallel(count, GRAIN, count_not_finite_part, &w);
  return found;
}

// MARK: Two operands

typedef struct {
  int operation, rank;
  const float *a, *b;
  const long *a_strides, *b_strides, *shape;
  float *out;
} broadcast;

#define EACH_PAIR(expression)                                                                            \
  if (sa == 1 && sb == 1) {                                                                              \
    IN_PLACE for (long i = 0; i < n; ++i) { float l = a[i], r = b[i]; out[i] = (expression); }           \
  } else if (sb == 0 && sa == 1) {                                                                       \
    float r = b[0];                                                                                      \
    IN_PLACE for (long i = 0; i < n; ++i) { float l = a[i]; out[i] = (expression); }                     \
  } else {                                                                                               \
    IN_PLACE for (long i = 0; i < n; ++i) { float l = a[i * sa], r = b[i * sb]; out[i] = (expression); } \
  }                                                                                                      \
  break;

// Elements begin..<end of the result, row by row; the first and last row may be parts.
FOR_EACH_CPU static void binary_part(void *context, long begin, long end) {
  const broadcast *w = context;
  int last = w->rank - 1;
  long columns = w->shape[last], sa = w->a_strides[last], sb = w->b_strides[last];
  for (long at = begin, n; at < end; at += n) {
    long rest = at / columns, column = at % columns;
    n = min_long(columns - column, end - at);
    const float *a = w->a + column * sa, *b = w->b + column * sb;
    for (int d = last - 1; d >= 0; --d) {
      long index = rest % w->shape[d];
      rest /= w->shape[d];
      a += index * w->a_strides[d];
      b += index * w->b_strides[d];
    }
    float *out = w->out + at;
    switch ((kernel_binary_operation)w->operation) {
      case kernel_add: EACH_PAIR(l + r)
      case kernel_subtract: EACH_PAIR(l - r)
      case kernel_multiply: EACH_PAIR(l * r)
      case kernel_divide: EACH_PAIR(l / r)
      case kernel_maximum: EACH_PAIR(l > r || l != l ? l : r)
      case kernel_greater: EACH_PAIR(l > r ? 1.0f : 0.0f)
      case kernel_equal: EACH_PAIR(l == r ? 1.0f : 0.0f)
    }
  }
}

void kernel_binary(kernel_binary_operation operation, const float *a, const long *a_strides, const float *b,
                   const long *b_strides, float *out, const long *shape, int rank) {
  broadcast w = {operation, rank, a, b, a_strides, b_strides, shape, out};
  long count = 1;
  for (int d = 0; d < rank; ++d) count *= shape[d];
  kernel_parallel(count, GRAIN, binary_part, &w);
}
