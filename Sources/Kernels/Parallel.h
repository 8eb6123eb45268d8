#pragma once
#include "Kernels.h"
#include <stdio.h>
#include <stdlib.h>

// One function, compiled for several CPUs, chosen when the program is loaded.
#if defined(__x86_64__) && defined(__linux__)
#define FOR_EACH_CPU __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define FOR_EACH_CPU
#endif

#define INLINE static inline __attribute__((always_inline))

// The least work, in elements of a cheap loop, that is worth waking a thread for.
enum { GRAIN = 16384 };

INLINE long min_long(long a, long b) { return a < b ? a : b; }
INLINE long max_long(long a, long b) { return a > b ? a : b; }

/// Room for so many floats, on a boundary of doubles; ends the program where there is no memory.
static inline float *allocated(long count) {
  float *made = malloc((size_t)max_long(count, 1) * sizeof(float));
  if (!made) {
    fprintf(stderr, "out of memory: %ld floats\n", count);
    abort();
  }
  return made;
}

static inline float *allocated_zeros(long count) {
  float *made = calloc((size_t)max_long(count, 1), sizeof(float));
  if (!made) {
    fprintf(stderr, "out of memory: %ld floats\n", count);
    abort();
  }
  return made;
}
