#include "Parallel.h"
#include <stdint.h>
#include <string.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

// libgomp's own entry points, declared here because the compiler's OpenMP would need a flag that a package may not set.
#if defined(__linux__)
extern void GOMP_parallel(void (*body)(void *), void *data, unsigned threads, unsigned flags);
extern int omp_get_max_threads(void);
extern void omp_set_num_threads(int count);
extern int omp_get_thread_num(void);
extern int omp_get_num_threads(void);
extern int omp_in_parallel(void);
extern int omp_get_thread_limit(void);
extern void omp_set_dynamic(int is_dynamic);
#else
static int omp_get_max_threads(void) { return 1; }
static void omp_set_num_threads(int count) {}
static int omp_get_thread_num(void) { return 0; }
static int omp_get_num_threads(void) { return 1; }
static int omp_in_parallel(void) { return 0; }
static int omp_get_thread_limit(void) { return 1; }
static void omp_set_dynamic(int is_dynamic) {}
static void GOMP_parallel(void (*body)(void *), void *data, unsigned threads, unsigned flags) { body(data); }
#endif

#if IS_THREAD_SANITIZED
extern void __tsan_acquire(void *place);
extern void __tsan_release(void *place);
void kernel_precede(void *place) { __tsan_release(place); }
void kernel_follow(void *place) { __tsan_acquire(place); }
#else
void kernel_precede(void *place) {}
void kernel_follow(void *place) {}
#endif

typedef struct {
  kernel_body body;
  void *context;
  long count;
} job;

static void run_part(void *data) {
  kernel_follow(data);
  const job *work = data;
  long thread = omp_get_thread_num(), threads = omp_get_num_threads();
  long begin = work->count * thread / threads, end = work->count * (thread + 1) / threads;
  if (begin < end) work->body(work->context, begin, end);
  kernel_precede(data);
}

int kernel_is_in_parallel(void) { return omp_in_parallel(); }

int kernel_thread_count(void) { return omp_in_parallel() ? 1 : omp_get_max_threads(); }

void kernel_expect_all_threads(void) {
  omp_set_dynamic(0);
  if (omp_get_max_threads() > omp_get_thread_limit()) omp_set_num_threads(omp_get_thread_limit());
}

void kernel_set_thread_count(int count) { omp_set_num_threads(count); }

void kernel_parallel(long count, long grain, kernel_body body, void *context) {
  if (count <= 0) return;
  long parts = grain > 0 ? (count + grain - 1) / grain : count;
  long threads = kernel_thread_count();
  if (parts < threads) threads = parts;
  if (threads <= 1) {
    body(context, 0, count);
    return;
  }
  job work = {body, context, count};
  kernel_precede(&work);
  GOMP_parallel(run_part, &work, (unsigned)threads, 0);
  kernel_follow(&work);
}

int kernel_channel_block(void) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") ? 16 : 8;
#else
  return 8;
#endif
}

int kernel_is_amd_with_avx512(void) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  return __builtin_cpu_is("amd") && kernel_channel_block() == 16;
#else
  return 0;
#endif
}

// Bytes of a line of the cache.
enum { LINE_BYTES = 64 };

void *kernel_memory(long count, size_t size) {
  // Not by posix_memalign: before glibc 2.38 what it gave and got back was too small for the same request again, and a run
  // through thousands of clips could grow by a buffer a clip (bug 14581 there).
  char *made = malloc((size_t)max_long(1, count) * size + LINE_BYTES);
  if (!made) {
    fprintf(stderr, "undertone: out of memory: %ld values of %zu bytes\n", count, size);
    _exit(70);
  }
  // malloc's memory is on 16 bytes: there is room for the address before the line.
  void **line = (void **)(((uintptr_t)made + LINE_BYTES) & ~(uintptr_t)(LINE_BYTES - 1));
  line[-1] = made;
  return line;
}

void kernel_free(void *memory) {
  if (memory) free(((void **)memory)[-1]);
}

void *kernel_zeros(long count, size_t size) {
  return memset(kernel_memory(count, size), 0, (size_t)max_long(1, count) * size);
}
