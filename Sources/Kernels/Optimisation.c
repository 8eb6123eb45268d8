#include "Parallel.h"
#include <math.h>

typedef struct {
  float *weights, *first, *second;
  const float *gradient;
  float beta1, beta2, epsilon, decay, step_size, second_scale, shrink;
} adam;

FOR_EACH_CPU static void adam_part(void *context, long begin, long end) {
  const adam *w = context;
  for (long i = begin; i < end; ++i) {
    float g = w->gradient[i] + w->decay * w->weights[i];
    float m = w->beta1 * w->first[i] + (1 - w->beta1) * g;
    float v = w->beta2 * w->second[i] + (1 - w->beta2) * g * g;
    w->first[i] = m;
    w->second[i] = v;
    w->weights[i] = w->shrink * w->weights[i] - w->step_size * m / (__builtin_sqrtf(v) * w->second_scale + w->epsilon);
  }
}

void kernel_adam(float *weights, const float *gradient, float *first, float *second, long count, float rate, float beta1,
                 float beta2, float epsilon, float decay, int decoupled, long step) {
  adam w = {weights, first, second, gradient, beta1, beta2, epsilon,
            .decay = decoupled ? 0 : decay,
            .step_size = (float)(rate / (1 - pow(beta1, (double)step))),
            .second_scale = (float)(1 / sqrt(1 - pow(beta2, (double)step))),
            .shrink = decoupled ? 1 - rate * decay : 1};
  kernel_parallel(count, GRAIN, adam_part, &w);
}
