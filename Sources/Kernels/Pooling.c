#include "Parallel.h"
#include <math.h>
#include <string.h>

typedef struct {
  const float *x, *dy;
  float *out;
  const kernel_windows *windows;
} pooling;

static void pool_part(void *context, long begin, long end) {
  const pooling *w = context;
  const kernel_windows *s = w->windows;
  for (long plane = begin; plane < end; ++plane) {
    const float *x = w->x + plane * s->rows * s->columns;
    float *y = w->out + plane * s->out_rows * s->out_columns;
    for (long i = 0; i < s->out_rows; ++i)
      for (long j = 0; j < s->out_columns; ++j) {
        float best = -INFINITY;
        double sum = 0;
        for (long r = s->row_start[i]; r < s->row_end[i]; ++r)
          for (long c = s->column_start[j]; c < s->column_end[j]; ++c) {
            float value = x[r * s->columns + c];
            sum += value;
            if (value > best || value != value) best = value;
          }
        long size = (s->row_end[i] - s->row_start[i]) * (s->column_end[j] - s->column_start[j]);
        y[i * s->out_columns + j] = s->maximum ? best : (float)(sum / size);
      }
  }
}

void kernel_pool(const float *x, float *y, const kernel_windows *windows) {
  pooling w = {.x = x, .out = y, .windows = windows};
  kernel_parallel(windows->planes, max_long(1, GRAIN / max_long(1, windows->rows * windows->columns)), pool_part, &w);
}

static void pool_gradient_part(void *context, long begin, long end) {
  const pooling *w = context;
  const kernel_windows *s = w->windows;
  for (long plane = begin; plane < end; ++plane) {
    const float *x = w->x + plane * s->rows * s->columns, *dy = w->dy + plane * s->out_rows * s->out_columns;
    float *dx = w->out + plane * s->rows * s->columns;
    memset(dx, 0, (size_t)(s->rows * s->columns) * sizeof(float));
    for (long i = 0; i < s->out_rows; ++i)
      for (long j = 0; j < s->out_columns; ++j) {
        float g = dy[i * s->out_columns + j];
        long size = (s->row_end[i] - s->row_start[i]) * (s->column_end[j] - s->column_start[j]);
        long place = s->row_start[i] * s->columns + s->column_start[j];
        for (long r = s->row_start[i]; r < s->row_end[i]; ++r)
          for (long c = s->column_start[j]; c < s->column_end[j]; ++c) {
            if (s->maximum) {
              if (x[r * s->columns + c] > x[place]) place = r * s->columns + c;
            } else {
              dx[r * s->columns + c] += g / size;
            }
          }
        if (s->maximum) dx[place] += g;
      }
  }
}

void kernel_pool_gradient(const float *x, const float *dy, float *dx, const kernel_windows *windows) {
  pooling w = {.x = x, .dy = dy, .out = dx, .windows = windows};
  kernel_parallel(windows->planes, max_long(1, GRAIN / max_long(1, windows->rows * windows->columns)),
                  pool_gradient_part, &w);
}
