#pragma once
#include "Kernels.h"
#include <stddef.h>

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define IS_THREAD_SANITIZED 1
#endif
#endif

// One function, compiled for several CPUs, chosen when the program is loaded: before the thread sanitizer is ready for it.
#if defined(__x86_64__) && defined(__linux__) && !IS_THREAD_SANITIZED
#define FOR_EACH_CPU __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define FOR_EACH_CPU
#endif

#define INLINE static inline __attribute__((always_inline))

// The least work, in elements of a cheap loop, that is worth waking a thread for.
enum { GRAIN = 16384 };

// Memory from the start of a line of the cache, so that no vector lies across two; freed by kernel_free(). If no memory is
// left, the program ends with a message on standard error.
void *kernel_memory(long count, size_t size);
void kernel_free(void *memory);
void *kernel_zeros(long count, size_t size);

// A row of a panel: whole vectors on any processor.
typedef float panel_row __attribute__((vector_size(KERNEL_PANEL * sizeof(float)), aligned(sizeof(float))));

INLINE long min_long(long a, long b) { return a < b ? a : b; }
INLINE long max_long(long a, long b) { return a > b ? a : b; }
