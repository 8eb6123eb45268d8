#pragma once
#include <math.h>
#include <stdint.h>
#include <string.h>

// exp and log as branch-free polynomials, so that a loop over them becomes vector code.
// Coefficients: Cephes' expf, logf and tanhf (Moshier); errors below 2 units in the last place.

static inline __attribute__((always_inline)) float bits_to_float(int32_t bits) {
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

static inline __attribute__((always_inline)) int32_t float_to_bits(float value) {
  int32_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}

static inline __attribute__((always_inline)) float fast_exp(float x) {
  // The ends keep 2ⁿ within the exponent's range: exp underflows to 0 below, overflows to infinity above.
  // NaN compares as false and takes the lower end here, where its integer would be undefined.
  float bounded = x > -87.3f ? (x > 88.72284f ? 88.72284f : x) : -87.3f;
  float n = __builtin_floorf(bounded * 1.44269504088896341f + 0.5f);
  float r = bounded - n * 0.693359375f;
  r = r - n * -2.12194440e-4f;
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  float value = p * r * r + r + 1.0f;
  // Two factors, because 2¹²⁸ alone is out of range.
  int32_t half = (int32_t)n / 2, rest = (int32_t)n - half;
  value = value * bits_to_float((half + 127) << 23) * bits_to_float((rest + 127) << 23);
  value = x < -87.3f ? 0.0f : value;
  value = x > 88.72283f ? INFINITY : value;   // log of the largest float
  return x != x ? x : value;
}

static inline __attribute__((always_inline)) float fast_log(float x) {
  // Subnormals are scaled up first.
  float scaled = x < 1.17549435e-38f ? x * 8388608.0f : x;
  float offset = x < 1.17549435e-38f ? -23.0f : 0.0f;
  int32_t bits = float_to_bits(scaled);
  float exponent = (float)((bits >> 23) - 126) + offset;
  float m = bits_to_float((bits & 0x007fffff) | 0x3f000000);   // in [0.5, 1)
  float small = m < 0.707106781186547524f ? 1.0f : 0.0f;
  exponent -= small;
  m = m + small * m - 1.0f;
  float z = m * m;
  float p = 7.0376836292e-2f;
  p = p * m - 1.1514610310e-1f;
  p = p * m + 1.1676998740e-1f;
  p = p * m - 1.2420140846e-1f;
  p = p * m + 1.4249322787e-1f;
  p = p * m - 1.6668057665e-1f;
  p = p * m + 2.0000714765e-1f;
  p = p * m - 2.4999993993e-1f;
  p = p * m + 3.3333331174e-1f;
  float y = m * z * p + exponent * -2.12194440e-4f - 0.5f * z;
  float value = m + y + exponent * 0.693359375f;
  value = x > 0 ? value : (x == 0 ? -INFINITY : NAN);
  return x == INFINITY ? INFINITY : value;
}

static inline __attribute__((always_inline)) float fast_sigmoid(float x) { return 1.0f / (1.0f + fast_exp(-x)); }

static inline __attribute__((always_inline)) float fast_tanh(float x) {
  // Near zero 1 − 2/(e²ˣ + 1) cancels; up to 0.625, Cephes' polynomial is used instead.
  float x2 = x * x;
  float p = -5.70498872745e-3f;
  p = p * x2 + 2.06390887954e-2f;
  p = p * x2 - 5.37397155531e-2f;
  p = p * x2 + 1.33314422036e-1f;
  p = p * x2 - 3.33332819422e-1f;
  float quotient = 1.0f - 2.0f / (fast_exp(2.0f * x) + 1.0f);
  return x2 < 0.390625f ? p * x2 * x + x : quotient;
}

/// The normal distribution's Φ(x), by Press et al.'s Chebyshev fit of erfc (Numerical Recipes, §6.2), whose relative error
/// is below 1.2e-7 everywhere.
static inline __attribute__((always_inline)) float fast_normal_share(float x) {
  float z = __builtin_fabsf(x) * 0.70710678118654752f;
  float t = 1.0f / (1.0f + 0.5f * z);
  float p = 0.17087277f;
  p = p * t - 0.82215223f;
  p = p * t + 1.48851587f;
  p = p * t - 1.13520398f;
  p = p * t + 0.27886807f;
  p = p * t - 0.18628806f;
  p = p * t + 0.09678418f;
  p = p * t + 0.37409196f;
  p = p * t + 1.00002368f;
  p = p * t - 1.26551223f;
  float tail = 0.5f * t * fast_exp(p - z * z);
  return x > 0 ? 1.0f - tail : (x == x ? tail : x);
}

/// The normal distribution's density.
static inline __attribute__((always_inline)) float fast_normal_density(float x) {
  return 0.39894228040143268f * fast_exp(-0.5f * x * x);
}
