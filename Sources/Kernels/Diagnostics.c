#if defined(__linux__)
#define _GNU_SOURCE
#include <features.h>
#endif
#include <stdio.h>
#include <unistd.h>

#include "Kernels.h"

// libmpg123, by which libsndfile decodes MP3, prints what it thinks of a file on `stderr`, without the file's name, and no
// setting that libsndfile passes on stops it. On glibc `stderr` is a variable: it becomes a stream that goes where it went,
// but for what a thread prints between kernel_begin_quiet and kernel_end_quiet, which is counted and not printed. What other
// threads print meanwhile, and what is written to the descriptor, as by Swift, is not touched.

static _Thread_local int is_quiet;
static _Thread_local long lines;

#if defined(__GLIBC__)
static ssize_t pass_on(void *cookie, const char *text, size_t size) {
  (void)cookie;
  if (!is_quiet) return write(STDERR_FILENO, text, size);
  for (size_t i = 0; i < size; i++) lines += text[i] == '\n';
  return (ssize_t)size;
}
#endif

void kernel_watch_stderr(void) {
#if defined(__GLIBC__)
  FILE *watched = fopencookie(NULL, "w", (cookie_io_functions_t){.write = pass_on});
  if (!watched) return;
  // Unbuffered, as the original: each line is passed on by the thread that prints it.
  setvbuf(watched, NULL, _IONBF, 0);
  stderr = watched;
#endif
}

void kernel_begin_quiet(void) {
  is_quiet = 1;
  lines = 0;
}

long kernel_end_quiet(void) {
  is_quiet = 0;
  return lines;
}
