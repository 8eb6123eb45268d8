#include "Parallel.h"
#include <stdint.h>
#include <string.h>

typedef struct {
  const uint8_t *x;
  float *y;
} widening;

INLINE uint32_t half_at(const uint8_t *x, long i) {
  uint16_t half;
  memcpy(&half, x + 2 * i, 2);
  return half;
}

INLINE float float_of(uint32_t bits) {
  float value;
  memcpy(&value, &bits, 4);
  return value;
}

// The exponent's bias is 15 in float16 and 127 in float32, and the fraction moves up by 13 bits. All three cases are
// computed for each value and one is chosen, so that whole vectors go without a branch.
FOR_EACH_CPU static void float16_part(void *context, long begin, long end) {
  const uint8_t *x = ((const widening *)context)->x;
  float *y = ((const widening *)context)->y;
  for (long i = begin; i < end; ++i) {
    uint32_t half = half_at(x, i), sign = (half & 0x8000) << 16, rest = (half & 0x7fff) << 13;
    uint32_t exponent = rest & 0x0f800000, normal = rest + (112u << 23);
    // A subnormal is fraction · 2^-24: with 2^-14 before it, it is a normal float, from which 2^-14 is taken again. No
    // step is subnormal in float32, so it is right where the processor takes those for zero.
    float subnormal = float_of(rest + (113u << 23)) - float_of(113u << 23);
    uint32_t bits;
    memcpy(&bits, &subnormal, 4);
    bits = exponent == 0 ? bits : (exponent == 0x0f800000 ? normal + (112u << 23) : normal);
    bits |= sign;
    memcpy(y + i, &bits, 4);
  }
}

FOR_EACH_CPU static void bfloat16_part(void *context, long begin, long end) {
  const uint8_t *x = ((const widening *)context)->x;
  float *y = ((const widening *)context)->y;
  for (long i = begin; i < end; ++i) {
    uint32_t bits = half_at(x, i) << 16;
    memcpy(y + i, &bits, 4);
  }
}

void kernel_widen_float16(const void *x, float *y, long count) {
  widening w = {x, y};
  kernel_parallel(count, GRAIN, float16_part, &w);
}

void kernel_widen_bfloat16(const void *x, float *y, long count) {
  widening w = {x, y};
  kernel_parallel(count, GRAIN, bfloat16_part, &w);
}

typedef struct {
  const float *x;
  uint16_t *y;
} narrowing;

FOR_EACH_CPU static void narrow_part(void *context, long begin, long end) {
  const narrowing *w = context;
  for (long i = begin; i < end; ++i) {
    uint32_t bits, small;
    memcpy(&bits, w->x + i, 4);
    uint32_t sign = bits >> 16 & 0x8000, rest = bits & 0x7fffffff;
    // Half of what is dropped is added, less one where the last bit that stays is even.
    uint32_t normal = (rest - (112u << 23) + 0xfff + (rest >> 13 & 1)) >> 13;
    // Beside 0.5 the fraction of a float32 has the step of float16's subnormals, and the processor rounds.
    float sum = float_of(rest < 0x38800000 ? rest : 0) + 0.5f;
    memcpy(&small, &sum, 4);
    uint32_t large = rest > 0x7f800000 ? 0x7e00 : 0x7c00;
    uint32_t half = rest < 0x38800000 ? small - 0x3f000000 : (rest >= 0x477ff000 ? large : normal);
    w->y[i] = (uint16_t)(half | sign);
  }
}

void kernel_narrow_float16(const float *x, uint16_t *y, long count) {
  narrowing w = {x, y};
  kernel_parallel(count, GRAIN, narrow_part, &w);
}

// A NaN keeps its upper bits, and the one that makes it quiet, so that none becomes infinite.
INLINE uint32_t rounded_bfloat16(uint32_t bits) {
  uint32_t rounded = bits + 0x7fff + (bits >> 16 & 1);
  return ((bits & 0x7fffffff) > 0x7f800000 ? bits | 0x400000 : rounded) & 0xffff0000;
}

FOR_EACH_CPU static void narrow_bfloat16_part(void *context, long begin, long end) {
  const narrowing *w = context;
  for (long i = begin; i < end; ++i) {
    uint32_t bits;
    memcpy(&bits, w->x + i, 4);
    w->y[i] = (uint16_t)(rounded_bfloat16(bits) >> 16);
  }
}

void kernel_narrow_bfloat16(const float *x, uint16_t *y, long count) {
  narrowing w = {x, y};
  kernel_parallel(count, GRAIN, narrow_bfloat16_part, &w);
}

typedef struct {
  const float *x;
  float *y;
} rounding;

FOR_EACH_CPU static void round_part(void *context, long begin, long end) {
  const rounding *w = context;
  for (long i = begin; i < end; ++i) {
    uint32_t bits;
    memcpy(&bits, w->x + i, 4);
    bits = rounded_bfloat16(bits);
    memcpy(w->y + i, &bits, 4);
  }
}

void kernel_round_bfloat16(const float *x, float *y, long count) {
  rounding w = {x, y};
  kernel_parallel(count, GRAIN, round_part, &w);
}
