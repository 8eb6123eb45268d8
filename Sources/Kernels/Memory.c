#if defined(__linux__)
#define _GNU_SOURCE
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

// OpenBLAS allocates a buffer a thread before `main`, and another when a thread first multiplies matrices. Where the system
// refuses one, it asks again for ever (blas_memory_alloc). So the room is tried before any library starts, and a program
// that cannot have it ends with a line.

// OpenBLAS's BUFFER_SIZE on x86-64 and arm64, and its page.
#define BUFFER_BYTES ((128UL << 20) + 8192)
// A thread's stack and heap, as glibc reserves them.
#define THREAD_BYTES (72UL << 20)
// OpenBLAS's limit in Debian's build.
#define MOST_THREADS 128

static int thread_count(char **environment) {
  cpu_set_t processors;
  int count = sched_getaffinity(0, sizeof processors, &processors) == 0 ? CPU_COUNT(&processors) : 1;
  for (char **entry = environment; *entry; entry++) {
    if (strncmp(*entry, "OMP_NUM_THREADS=", 16) == 0) {
      int wanted = atoi(*entry + 16);
      if (wanted > 0 && wanted < count) count = wanted;
    }
  }
  return count < MOST_THREADS ? count : MOST_THREADS;
}

static void try_memory(int count, char **arguments, char **environment) {
  (void)count, (void)arguments;
  int threads = thread_count(environment), parts = 0;
  static void *reserved[3 * MOST_THREADS + 2];
  static size_t bytes[3 * MOST_THREADS + 2];
  size_t needed = 0;
  int is_enough = 1;
  // One by one, as they will be asked for: the system may refuse in one piece what it gives in parts.
  for (; is_enough && parts < 3 * threads + 2; parts++) {
    bytes[parts] = parts <= 2 * threads ? BUFFER_BYTES : THREAD_BYTES;
    reserved[parts] = mmap(NULL, bytes[parts], PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    is_enough = reserved[parts] != MAP_FAILED;
  }
  for (int part = 0; part < parts; part++) {
    if (reserved[part] != MAP_FAILED) munmap(reserved[part], bytes[part]);
  }
  if (is_enough) return;
  needed = (2UL * threads + 1) * BUFFER_BYTES + (threads + 1UL) * THREAD_BYTES;
  char line[200];
  int length = snprintf(
    line, sizeof line,
    "undertone: out of memory: %zu MB more of address space are needed with %d threads (ulimit -v; OMP_NUM_THREADS)\n",
    needed >> 20, threads);
  if (write(STDERR_FILENO, line, length) < 0) {}
  _exit(70);
}

// Called by the loader before the libraries' own beginnings.
__attribute__((section(".preinit_array"), used, retain)) static void (*const first)(int, char **, char **) = try_memory;

int kernel_is_memory_limited(void) {
  struct rlimit limit;
  return getrlimit(RLIMIT_AS, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY;
}
#else
int kernel_is_memory_limited(void) { return 0; }
#endif
