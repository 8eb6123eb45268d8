#include "Parallel.h"
#include <math.h>
#include <string.h>

typedef struct {
  const float *v, *panels, *shared;
  float *w;
  long columns, count;
  float least;
  int beta;
} factorization;

// Rows that read a panel together, and so each of its vectors once.
enum { TILE_ROWS = 4 };

typedef int32_t panel_mask __attribute__((vector_size(KERNEL_PANEL * sizeof(int32_t)), aligned(sizeof(int32_t))));

// 1 / max(x, least), lane by lane.
INLINE void invert(panel_row *x, float least) {
  panel_row bound = least - (panel_row){0};
  panel_mask is_larger = *x > bound;
  *x = 1 / (panel_row)(((panel_mask)*x & is_larger) | ((panel_mask)bound & ~is_larger));
}

INLINE float sum_of_lanes(const panel_row *x) {
  float sums[KERNEL_PANEL];
  memcpy(sums, x, sizeof sums);
  for (int width = KERNEL_PANEL / 2; width > 0; width /= 2)
    for (int i = 0; i < width; ++i) sums[i] += sums[i + width];
  return sums[0];
}

// sums[r, k] = Σ over panels of q[r] · H[k]. `m` is known to the compiler at each call.
INLINE void sum_panels(const factorization *f, int m, long panels, const panel_row *q, float *sums) {
  const panel_row *h = (const panel_row *)f->panels;
  for (long k = 0; k < f->count; ++k) {
    panel_row total[TILE_ROWS] = {0};
    for (long panel = 0; panel < panels; ++panel)
      for (int r = 0; r < m; ++r) total[r] += q[panel * TILE_ROWS + r] * h[panel * f->count + k];
    for (int r = 0; r < m; ++r) sums[r * f->count + k] = sum_of_lanes(&total[r]);
  }
}

// `m`, at most TILE_ROWS, and `beta` are known to the compiler at each call.
INLINE void step_tile(const factorization *f, int m, int beta, long row, panel_row *q, float *sums) {
  long columns = f->columns, count = f->count, panels = (columns + KERNEL_PANEL - 1) / KERNEL_PANEL;
  const float *v = f->v + row * columns;
  float *w = f->w + row * count, *divisors = sums + TILE_ROWS * count;
  panel_row *inverses = q + panels * TILE_ROWS;
  for (long panel = 0; panel < panels; ++panel) {
    const panel_row *h = (const panel_row *)f->panels + panel * count;
    long first = panel * KERNEL_PANEL, n = min_long(KERNEL_PANEL, columns - first);
    panel_row x[TILE_ROWS] = {0};
    if (beta < 2)
      for (long k = 0; k < count; ++k)
        for (int r = 0; r < m; ++r) x[r] += w[r * count + k] * h[k];
    for (int r = 0; r < m; ++r) {
      panel_row own = {0};
      if (n == KERNEL_PANEL) own = *(const panel_row *)(v + r * columns + first);
      else memcpy(&own, v + r * columns + first, (size_t)n * sizeof(float));
      if (beta < 2) {
        invert(&x[r], f->least);
        own *= beta == 0 ? x[r] * x[r] : x[r];
        if (beta == 0) inverses[panel * TILE_ROWS + r] = x[r];
      }
      q[panel * TILE_ROWS + r] = own;
    }
  }
  sum_panels(f, m, panels, q, sums);
  if (beta == 0) sum_panels(f, m, panels, inverses, divisors);
  for (int r = 0; r < m; ++r) {
    for (long k = 0; k < count && beta > 0; ++k) {
      divisors[r * count + k] = beta == 1 ? f->shared[k] : 0;
      for (long l = 0; l < count && beta == 2; ++l)
        divisors[r * count + k] += w[r * count + l] * f->shared[l * count + k];
    }
    for (long k = 0; k < count; ++k) {
      float divisor = divisors[r * count + k];
      float ratio = sums[r * count + k] / (divisor > f->least ? divisor : f->least);
      w[r * count + k] *= beta == 0 ? sqrtf(ratio) : ratio;
    }
  }
}

INLINE void step_rows(const factorization *f, int beta, long begin, long end) {
  long panels = (f->columns + KERNEL_PANEL - 1) / KERNEL_PANEL;
  panel_row *q = kernel_memory(2 * panels * TILE_ROWS, sizeof(panel_row));
  float *sums = kernel_memory(2 * TILE_ROWS * f->count, sizeof(float));
  long row = begin;
  for (; row + TILE_ROWS <= end; row += TILE_ROWS) step_tile(f, TILE_ROWS, beta, row, q, sums);
  for (; row < end; ++row) step_tile(f, 1, beta, row, q, sums);
  kernel_free(sums);
  kernel_free(q);
}

FOR_EACH_CPU static void step_part(void *context, long begin, long end) {
  const factorization *f = context;
  switch (f->beta) {
    case 0: step_rows(f, 0, begin, end); break;
    case 1: step_rows(f, 1, begin, end); break;
    case 2: step_rows(f, 2, begin, end); break;
  }
}

// What the divisors of all rows have in common: Σ H of Kullback and Leibler, HᵀH of Euclid.
FOR_EACH_CPU static void add_shared(const float *h, long columns, long count, int beta, float *shared) {
  for (long j = 0; j < columns; ++j, h += count)
    for (long k = 0; k < count; ++k) {
      if (beta == 1) shared[k] += h[k];
      else for (long l = 0; l < count; ++l) shared[k * count + l] += h[k] * h[l];
    }
}

void kernel_factor_step(const float *v, float *w, const float *h, long rows, long columns, long count, int beta,
                        float least) {
  float *panels = kernel_memory((columns + KERNEL_PANEL - 1) / KERNEL_PANEL * KERNEL_PANEL * count, sizeof(float));
  kernel_pack_panels(h, 1, count, panels, count, columns);
  float *shared = kernel_zeros(count * count, sizeof(float));
  if (beta > 0) add_shared(h, columns, count, beta, shared);
  factorization f = {.v = v, .w = w, .panels = panels, .shared = shared, .columns = columns, .count = count,
                     .least = least, .beta = beta};
  kernel_parallel(rows, max_long(1, GRAIN / max_long(1, columns * count)), step_part, &f);
  kernel_free(shared);
  kernel_free(panels);
}
