#include "Parallel.h"
#include "VectorMath.h"

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
