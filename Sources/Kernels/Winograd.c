#include "Parallel.h"
#include <stdlib.h>

// Winograd's minimal filtering F(2×2, 3×3) and F(4×4, 3×3) (Lavin and Gray 2016): Y = Aᵀ[(G g Gᵀ) ⊙ (Bᵀ d B)]A for each
// tile of 2×2 or 4×4 outputs, summed over channels, so that the ⊙ of all tiles is 16 or 36 matrix products. Of the
// direct algorithm's 36 multiplications for four outputs, 16 and 9 are left.
//
// A convolution that may be pooled afterwards uses the small tile. An output of 2×2 depends on its own nine inputs
// only, also in the order of its sums, and where these are constant along a line all products but one are zero. So
// equal receptive fields that are constant along a line give bit-equal outputs, as max pooling needs, which sends its
// gradient to the first of tied maxima; F(4×4, 3×3) rounds them differently, and is for gradients.

typedef struct {
  const float *x, *weights, *bias, *shift, *dy;
  float *out, *pooled;
  long held;     // tiles at a time
  long splits;   // parts that the filters are divided into for the threads
  const kernel_winograd *shape;
  const kernel_pooling *pooling;
} winograd;

enum { PAD = 16 };   // floats between the matrices, which would share a set of the cache

INLINE long tiles_along(long count, const kernel_winograd *s) { return (count + s->tile - 1) / s->tile; }
INLINE long tile_count(const kernel_winograd *s) {
  return s->batch * tiles_along(s->rows, s) * tiles_along(s->columns, s);
}
// The matrices: as many as a tile has inputs.
INLINE long places(const kernel_winograd *s) { return (s->tile + 2) * (s->tile + 2); }
// The number of sums that the gradient of the weights is divided into; it does not depend on the number of threads.
INLINE long share_count(const kernel_winograd *s) { return max_long(1, min_long(4, tile_count(s) / 128)); }
// Filters go two blocks at a time.
INLINE long filter_groups(const kernel_winograd *s) { return (s->filters + 1) / 2; }
INLINE long weight_count(const kernel_winograd *s) { return places(s) * s->channels * s->filters * s->block * s->block; }

#define BLOCK 16
#include "WinogradLoops.h"
#undef BLOCK
#define BLOCK 8
#include "WinogradLoops.h"
#undef BLOCK

#define CHOOSE(block, function) ((block) == 16 ? function##_16 : function##_8)

// MARK: Weights

typedef struct {
  const float *from;
  float *to;
  long filters, channels;   // of the row-major weights
  int rotated;
  const kernel_winograd *shape;
} weights_change;

// The place of the first transformed weight from a channel to a filter; the next ones follow channels × lanes apart.
INLINE long weight_place(const kernel_winograd *s, long channel, long filter, long *lanes) {
  long group = filter / (2 * s->block);
  *lanes = min_long(2, s->filters - 2 * group) * s->block;
  return group * places(s) * s->channels * 2 * s->block * s->block + channel * *lanes + filter % (2 * s->block);
}

// G: three weights of a line to four, or to six.
INLINE void weight_line(int tile, float a, float b, float c, float *to, long step) {
  if (tile == 4) {
    to[0] = a / 4;
    to[step] = -(a + b + c) / 6;
    to[2 * step] = -(a - b + c) / 6;
    to[3 * step] = a / 24 + b / 12 + c / 6;
    to[4 * step] = a / 24 - b / 12 + c / 6;
    to[5 * step] = c;
    return;
  }
  to[0] = a;
  to[step] = 0.5f * (a + b + c);
  to[2 * step] = 0.5f * (a - b + c);
  to[3 * step] = c;
}

FOR_EACH_CPU static void weights_part(void *context, long begin, long end) {
  const weights_change *w = context;
  const kernel_winograd *s = w->shape;
  for (long channel = begin; channel < end; ++channel)
    for (long filter = 0; filter < s->filters * s->block; ++filter) {
      float weight[9] = {0}, lines[18], all[36];
      int edge = s->tile + 2;
      long inputs = w->rotated ? w->filters : w->channels, outputs = w->rotated ? w->channels : w->filters;
      if (channel < inputs && filter < outputs)
        for (int i = 0; i < 9; ++i)
          weight[i] = w->rotated ? w->from[(channel * w->channels + filter) * 9 + 8 - i]
                                 : w->from[(filter * w->channels + channel) * 9 + i];
      for (int j = 0; j < 3; ++j) weight_line(s->tile, weight[j], weight[3 + j], weight[6 + j], lines + j, 3);
      for (int i = 0; i < edge; ++i)
        weight_line(s->tile, lines[3 * i], lines[3 * i + 1], lines[3 * i + 2], all + edge * i, 1);
      long lanes, place = weight_place(s, channel, filter, &lanes), step = s->channels * s->block * lanes;
      for (int e = 0; e < edge * edge; ++e) w->to[place + e * step] = all[e];
    }
}

// Gᵀ: the gradient of a line's three weights from that of its four, or of its six.
INLINE void gradient_line(int tile, const float *from, long step, float *to, long to_step) {
  if (tile == 4) {
    float near = from[step] + from[2 * step], far = from[3 * step] + from[4 * step];
    to[0] = from[0] / 4 - near / 6 + far / 24;
    to[to_step] = (from[2 * step] - from[step]) / 6 + (from[3 * step] - from[4 * step]) / 12;
    to[2 * to_step] = (far - near) / 6 + from[5 * step];
    return;
  }
  float sum = from[step] + from[2 * step], difference = from[step] - from[2 * step];
  to[0] = from[0] + 0.5f * sum;
  to[to_step] = 0.5f * difference;
  to[2 * to_step] = 0.5f * sum + from[3 * step];
}

FOR_EACH_CPU static void weights_gradient_part(void *context, long begin, long end) {
  const weights_change *w = context;
  const kernel_winograd *s = w->shape;
  for (long channel = begin; channel < end; ++channel)
    for (long filter = 0; filter < w->filters; ++filter) {
      float all[36], lines[18];
      int edge = s->tile + 2;
      long lanes, place = weight_place(s, channel, filter, &lanes), step = s->channels * s->block * lanes;
      for (int e = 0; e < edge * edge; ++e) {
        all[e] = 0;
        for (long share = 0; share < share_count(s); ++share)
          all[e] += w->from[share * weight_count(s) + place + e * step];
      }
      for (int j = 0; j < edge; ++j) gradient_line(s->tile, all + j, edge, lines + j, edge);
      for (int i = 0; i < 3; ++i)
        gradient_line(s->tile, lines + edge * i, 1, w->to + (filter * w->channels + channel) * 9 + 3 * i, 1);
    }
}

long kernel_winograd_weight_count(const kernel_winograd *s) { return weight_count(s); }

void kernel_winograd_weights(const float *weights, long filters, long channels, int rotated, float *transformed,
                             const kernel_winograd *s) {
  weights_change w = {weights, transformed, filters, channels, rotated, s};
  kernel_parallel(s->channels * s->block, 4, weights_part, &w);
}

// MARK: Convolution

// The number of tiles at a time: as many as leave room in a core's cache, but not so many that a core has nothing to
// do. A tile's values do not depend on it.
static long tiles_at_once(const kernel_winograd *s, long blocks, long tile) {
  long cached = 32768 / (places(s) * blocks * s->block), shared = tile_count(s) / (2 * kernel_thread_count());
  return max_long(1, min_long(4, min_long(cached, shared) / tile)) * tile;
}

static void forward(winograd *w) {
  const kernel_winograd *s = w->shape;
  w->held = tiles_at_once(s, s->channels, s->block == 16 ? TILES_16 : TILES_8);
  long chunks = (tile_count(s) + w->held - 1) / w->held, threads = kernel_thread_count();
  w->splits = min_long(filter_groups(s), chunks >= 2 * threads ? 1 : threads);
  kernel_parallel(chunks * w->splits, 1, CHOOSE(s->block, forward_part), w);
}

void kernel_winograd_forward(const float *x, const float *transformed, const float *bias, float *y,
                             const kernel_winograd *s) {
  winograd w = {.x = x, .weights = transformed, .bias = bias, .out = y, .shape = s};
  forward(&w);
}

void kernel_winograd_block(const float *x, const float *transformed, const float *shift, float *y, float *z,
                           const kernel_winograd *s, const kernel_pooling *pooling) {
  winograd w = {
    .x = x, .weights = transformed, .shift = shift, .out = y, .pooled = z, .shape = s, .pooling = pooling};
  forward(&w);
}

void kernel_winograd_weight_gradient(const float *x, const float *dy, long filters, long channels, float *dweights,
                                     const kernel_winograd *s) {
  float *shares = kernel_zeros(share_count(s) * weight_count(s), sizeof(float));
  winograd w = {.x = x, .dy = dy, .out = shares, .shape = s};
  w.held = s->tile == 4 ? 16 : 32;
  w.splits = min_long(filter_groups(s), (kernel_thread_count() + share_count(s) - 1) / share_count(s));
  kernel_parallel(share_count(s) * w.splits, 1, CHOOSE(s->block, gradient_part), &w);
  weights_change change = {shares, dweights, filters, channels, 0, s};
  kernel_parallel(channels, 4, weights_gradient_part, &change);
  kernel_free(shares);
}
