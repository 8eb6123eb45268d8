#include "Parallel.h"
#include "VectorMath.h"

typedef struct {
  const float *weights;
  float *panels;
  long row_stride, column_stride, rows, columns;
} packing;

typedef struct {
  const float *x, *panels;
  float *y;
  long x_stride, y_stride, m, rows, columns;
} product;

FOR_EACH_CPU static void pack_part(void *context, long begin, long end) {
  const packing *w = context;
  for (long panel = begin; panel < end; ++panel) {
    long first = panel * KERNEL_PANEL, n = min_long(KERNEL_PANEL, w->columns - first);
    float *out = w->panels + first * w->rows;
    const float *x = w->weights + first * w->column_stride;
    for (long i = 0; i < w->rows; ++i)
      for (long j = 0; j < KERNEL_PANEL; ++j)
        out[i * KERNEL_PANEL + j] = j < n ? x[i * w->row_stride + j * w->column_stride] : 0;
  }
}

void kernel_pack_panels(const float *w, long row_stride, long column_stride, float *panels, long rows, long columns) {
  packing own = {w, panels, row_stride, column_stride, rows, columns};
  long count = (columns + KERNEL_PANEL - 1) / KERNEL_PANEL;
  kernel_parallel(count, max_long(1, GRAIN / KERNEL_PANEL / max_long(1, rows)), pack_part, &own);
}

// Rows whose sums stay in registers, a panel wide.
enum { TILE_ROWS = 6 };

// `m`, at most TILE_ROWS, is known to the compiler at each call.
INLINE void add_tile(int m, const float *x, long x_stride, const float *panel, float *y, long y_stride, long rows, long n) {
  panel_row sums[TILE_ROWS] = {0};
  for (long i = 0; i < rows; ++i) {
    panel_row weights = *(const panel_row *)(panel + i * KERNEL_PANEL);
    for (int r = 0; r < m; ++r) sums[r] += x[r * x_stride + i] * weights;
  }
  for (int r = 0; r < m; ++r) {
    if (n == KERNEL_PANEL) *(panel_row *)(y + r * y_stride) += sums[r];
    else for (long j = 0; j < n; ++j) y[r * y_stride + j] += sums[r][j];
  }
}

FOR_EACH_CPU static void product_part(void *context, long begin, long end) {
  const product *w = context;
  for (long first = begin * KERNEL_PANEL; first < end * KERNEL_PANEL; first += KERNEL_PANEL) {
    const float *panel = w->panels + first * w->rows;
    long n = min_long(KERNEL_PANEL, w->columns - first);
    for (long row = 0; row < w->m; row += TILE_ROWS) {
      const float *x = w->x + row * w->x_stride;
      float *y = w->y + row * w->y_stride + first;
      switch (min_long(TILE_ROWS, w->m - row)) {
        case 6: add_tile(6, x, w->x_stride, panel, y, w->y_stride, w->rows, n); break;
        case 5: add_tile(5, x, w->x_stride, panel, y, w->y_stride, w->rows, n); break;
        case 4: add_tile(4, x, w->x_stride, panel, y, w->y_stride, w->rows, n); break;
        case 3: add_tile(3, x, w->x_stride, panel, y, w->y_stride, w->rows, n); break;
        case 2: add_tile(2, x, w->x_stride, panel, y, w->y_stride, w->rows, n); break;
        case 1: add_tile(1, x, w->x_stride, panel, y, w->y_stride, w->rows, n); break;
      }
    }
  }
}

void kernel_add_product(const float *x, long x_stride, const float *panels, float *y, long y_stride, long m, long rows,
                        long columns) {
  product own = {.x = x, .panels = panels, .y = y, .x_stride = x_stride, .y_stride = y_stride, .m = m, .rows = rows,
                 .columns = columns};
  long count = (columns + KERNEL_PANEL - 1) / KERNEL_PANEL;
  kernel_parallel(count, max_long(1, 8 * GRAIN / max_long(1, m * rows * KERNEL_PANEL)), product_part, &own);
}

typedef struct {
  float *gates, *cell, *hidden, *d_cell, *d_gates;
  const float *cell_before, *d_hidden;
  long stride, size;
} step;

FOR_EACH_CPU static void step_rows(void *context, long begin, long end) {
  const step *w = context;
  long size = w->size;
  for (long row = begin; row < end; ++row) {
    float *gates = w->gates + row * 4 * size, *cell = w->cell + row * size, *hidden = w->hidden + row * w->stride;
    const float *before = w->cell_before + row * size;
    for (long i = 0; i < size; ++i) {
      float input = fast_sigmoid(gates[i]), forget = fast_sigmoid(gates[size + i]);
      float candidate = fast_tanh(gates[2 * size + i]), output = fast_sigmoid(gates[3 * size + i]);
      float c = forget * before[i] + input * candidate;
      gates[i] = input;
      gates[size + i] = forget;
      gates[2 * size + i] = candidate;
      gates[3 * size + i] = output;
      cell[i] = c;
      hidden[i] = output * fast_tanh(c);
    }
  }
}

void kernel_lstm_step(float *gates, const float *cell_before, float *cell, float *hidden, long hidden_stride, long batch,
                      long size) {
  step w = {.gates = gates, .cell_before = cell_before, .cell = cell, .hidden = hidden, .stride = hidden_stride,
            .size = size};
  kernel_parallel(batch, max_long(1, GRAIN / 16 / max_long(1, size)), step_rows, &w);
}

FOR_EACH_CPU static void step_gradient_rows(void *context, long begin, long end) {
  const step *w = context;
  long size = w->size;
  for (long row = begin; row < end; ++row) {
    const float *gates = w->gates + row * 4 * size, *cell = w->cell + row * size;
    const float *before = w->cell_before + row * size, *d_hidden = w->d_hidden + row * size;
    float *d_cell = w->d_cell + row * size, *d_gates = w->d_gates + row * 4 * size;
    for (long i = 0; i < size; ++i) {
      float input = gates[i], forget = gates[size + i], candidate = gates[2 * size + i], output = gates[3 * size + i];
      float squashed = fast_tanh(cell[i]);
      float dc = d_cell[i] + d_hidden[i] * output * (1 - squashed * squashed);
      d_gates[i] = dc * candidate * input * (1 - input);
      d_gates[size + i] = dc * before[i] * forget * (1 - forget);
      d_gates[2 * size + i] = dc * input * (1 - candidate * candidate);
      d_gates[3 * size + i] = d_hidden[i] * squashed * output * (1 - output);
      d_cell[i] = dc * forget;
    }
  }
}

void kernel_lstm_step_gradient(const float *gates, const float *cell_before, const float *cell, const float *d_hidden,
                               float *d_cell, float *d_gates, long batch, long size) {
  step w = {.gates = (float *)gates, .cell_before = cell_before, .cell = (float *)cell, .d_hidden = d_hidden,
            .d_cell = d_cell, .d_gates = d_gates, .size = size};
  kernel_parallel(batch, max_long(1, GRAIN / 16 / max_long(1, size)), step_gradient_rows, &w);
}
