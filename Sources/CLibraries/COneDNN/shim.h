#pragma once

// oneDNN's 2-D convolution over the blocked layout and its product of matrices, for versions 2 (Debian 12) and 3 (Ubuntu
// 24.04, Debian 13), whose C interfaces differ: version 3 made descriptors opaque. A primitive holds no buffers: every call
// brings its own, scratchpad included, so that any thread may run it.
#include <string.h>
#include <dnnl.h>
#include <stdlib.h>

#if DNNL_VERSION_MAJOR >= 3
typedef const_dnnl_memory_desc_t onednn_layout;
#else
typedef const dnnl_memory_desc_t *onednn_layout;
#endif

typedef dnnl_memory_desc_t onednn_made_layout;

typedef enum { onednn_forward, onednn_input_gradient, onednn_weight_gradient } onednn_direction;

typedef struct {
  onednn_direction direction;
  int64_t batch, channels, rows, columns, filters, kernel_rows, kernel_columns;
  int64_t top, left, bottom, right;   // zeros added around the input
  int block;                          // channels in a block of the activations' layout: 16 or 8
  int bias;                           // of the forward direction: add a bias
} onednn_convolution_shape;

typedef struct {
  dnnl_engine_t engine;
  dnnl_primitive_desc_t descriptor, reorder_descriptor;
  dnnl_primitive_t primitive, reorder;   // reorder: row-major weights to the primitive's, or back for the weight gradient
  onednn_layout input, weights, bias, output, scratchpad;
  onednn_made_layout plain_weights;
  onednn_convolution_shape shape;
  size_t weights_bytes, scratchpad_bytes;
} onednn_convolution;

#if DNNL_VERSION_MAJOR >= 3
static inline dnnl_status_t onednn_layout_make(onednn_made_layout *made, int rank, const int64_t *sizes, dnnl_format_tag_t tag) {
  return dnnl_memory_desc_create_with_tag(made, rank, sizes, dnnl_f32, tag);
}
static inline onednn_layout onednn_layout_of(const onednn_made_layout *made) { return *made; }
static inline void onednn_layout_free(onednn_made_layout *made) { if (*made) dnnl_memory_desc_destroy(*made); }
#else
static inline dnnl_status_t onednn_layout_make(onednn_made_layout *made, int rank, const int64_t *sizes, dnnl_format_tag_t tag) {
  return dnnl_memory_desc_init_by_tag(made, rank, sizes, dnnl_f32, tag);
}
static inline onednn_layout onednn_layout_of(const onednn_made_layout *made) { return made; }
static inline void onednn_layout_free(onednn_made_layout *made) { (void)made; }
#endif

static inline dnnl_status_t onednn_describe(dnnl_primitive_desc_t *made, onednn_direction direction, int training,
                                            onednn_layout input, onednn_layout weights, onednn_layout bias,
                                            onednn_layout output, const onednn_convolution_shape *s,
                                            const_dnnl_primitive_attr_t attributes, dnnl_engine_t engine,
                                            const_dnnl_primitive_desc_t hint) {
  const int64_t ones[2] = {1, 1}, zeros[2] = {0, 0}, before[2] = {s->top, s->left}, after[2] = {s->bottom, s->right};
  const dnnl_alg_kind_t algorithm = dnnl_convolution_direct;
  dnnl_prop_kind_t kind = training ? dnnl_forward_training : dnnl_forward_inference;
#if DNNL_VERSION_MAJOR >= 3
  switch (direction) {
    case onednn_forward:
      return dnnl_convolution_forward_primitive_desc_create(made, engine, kind, algorithm, input, weights,
                                                            bias, output, ones, zeros, before, after, attributes);
    case onednn_input_gradient:
      return dnnl_convolution_backward_data_primitive_desc_create(made, engine, algorithm, input, weights,
                                                                  output, ones, zeros, before, after, hint, attributes);
    default:
      return dnnl_convolution_backward_weights_primitive_desc_create(made, engine, algorithm, input, weights,
                                                                     NULL, output, ones, zeros, before, after, hint,
                                                                     attributes);
  }
#else
  (void)zeros;
  dnnl_convolution_desc_t operation;
  dnnl_status_t status;
  switch (direction) {
    case onednn_forward:
      status = dnnl_convolution_forward_desc_init(&operation, kind, algorithm, input, weights, bias, output,
                                                  ones, before, after);
      break;
    case onednn_input_gradient:
      status = dnnl_convolution_backward_data_desc_init(&operation, algorithm, input, weights, output, ones,
                                                        before, after);
      break;
    default:
      status = dnnl_convolution_backward_weights_desc_init(&operation, algorithm, input, weights, NULL,
                                                           output, ones, before, after);
  }
  if (status != dnnl_success) return status;
  return dnnl_primitive_desc_create(made, &operation, attributes, engine, hint);
#endif
}

/// Makes the primitive; returns oneDNN's status. Freed by onednn_convolution_free, whatever the status.
static inline dnnl_status_t onednn_convolution_make(onednn_convolution *c, const onednn_convolution_shape *s,
                                                    dnnl_engine_t engine) {
  *c = (onednn_convolution){.engine = engine, .shape = *s};
  int64_t out_rows = s->rows + s->top + s->bottom - s->kernel_rows + 1;
  int64_t out_columns = s->columns + s->left + s->right - s->kernel_columns + 1;
  const int64_t input_sizes[4] = {s->batch, s->channels, s->rows, s->columns};
  const int64_t weight_sizes[4] = {s->filters, s->channels, s->kernel_rows, s->kernel_columns};
  const int64_t output_sizes[4] = {s->batch, s->filters, out_rows, out_columns};
  const int64_t bias_sizes[1] = {s->filters};
  dnnl_format_tag_t blocked = s->block == 16 ? dnnl_nChw16c : dnnl_nChw8c;

  onednn_made_layout input, weights, bias, output;
  dnnl_status_t status = onednn_layout_make(&input, 4, input_sizes, blocked);
  if (status == dnnl_success) status = onednn_layout_make(&weights, 4, weight_sizes, dnnl_format_tag_any);
  if (status == dnnl_success) status = onednn_layout_make(&bias, 1, bias_sizes, dnnl_x);
  if (status == dnnl_success) status = onednn_layout_make(&output, 4, output_sizes, blocked);
  if (status == dnnl_success) status = onednn_layout_make(&c->plain_weights, 4, weight_sizes, dnnl_oihw);
  if (status != dnnl_success) return status;

  dnnl_primitive_attr_t attributes;
  status = dnnl_primitive_attr_create(&attributes);
  if (status != dnnl_success) return status;
  dnnl_primitive_attr_set_scratchpad_mode(attributes, dnnl_scratchpad_mode_user);

  onednn_layout in = onednn_layout_of(&input), w = onednn_layout_of(&weights), out = onednn_layout_of(&output);
  onednn_layout b = s->bias ? onednn_layout_of(&bias) : NULL;
  if (s->direction == onednn_forward) {
    status = onednn_describe(&c->descriptor, onednn_forward, 0, in, w, b, out, s, attributes, engine, NULL);
  } else {
    dnnl_primitive_desc_t hint = NULL;
    status = onednn_describe(&hint, onednn_forward, 1, in, w, NULL, out, s, attributes, engine, NULL);
    if (status == dnnl_success)
      status = onednn_describe(&c->descriptor, s->direction, 1, in, w, NULL, out, s, attributes, engine, hint);
    if (hint) dnnl_primitive_desc_destroy(hint);
  }
  onednn_layout_free(&input);
  onednn_layout_free(&weights);
  onednn_layout_free(&bias);
  onednn_layout_free(&output);
  if (status == dnnl_success) status = dnnl_primitive_create(&c->primitive, c->descriptor);
  if (status != dnnl_success) {
    dnnl_primitive_attr_destroy(attributes);
    return status;
  }

  switch (s->direction) {
    case onednn_forward:
      c->input = dnnl_primitive_desc_query_md(c->descriptor, dnnl_query_src_md, 0);
      c->weights = dnnl_primitive_desc_query_md(c->descriptor, dnnl_query_weights_md, 0);
      c->bias = s->bias ? dnnl_primitive_desc_query_md(c->descriptor, dnnl_query_weights_md, 1) : NULL;
      c->output = dnnl_primitive_desc_query_md(c->descriptor, dnnl_query_dst_md, 0);
      break;
    case onednn_input_gradient:
      c->input = dnnl_primitive_desc_query_md(c->descriptor, dnnl_query_diff_src_md, 0);
      c->weights = dnnl_primitive_desc_query_md(c->descriptor, dnnl_query_weights_md, 0);
      c->output = dnnl_primitive_desc_query_md(c->descriptor, dnnl_query_diff_dst_md, 0);
      break;
    case onednn_weight_gradient:
      c->input = dnnl_primitive_desc_query_md(c->descriptor, dnnl_query_src_md, 0);
      c->weights = dnnl_primitive_desc_query_md(c->descriptor, dnnl_query_diff_weights_md, 0);
      c->output = dnnl_primitive_desc_query_md(c->descriptor, dnnl_query_diff_dst_md, 0);
      break;
  }
  c->scratchpad = dnnl_primitive_desc_query_md(c->descriptor, dnnl_query_scratchpad_md, 0);
  c->scratchpad_bytes = c->scratchpad ? dnnl_memory_desc_get_size(c->scratchpad) : 0;
  c->weights_bytes = dnnl_memory_desc_get_size(c->weights);

  onednn_layout plain = onednn_layout_of(&c->plain_weights);
  int out_of = s->direction == onednn_weight_gradient;
  status = dnnl_reorder_primitive_desc_create(&c->reorder_descriptor, out_of ? c->weights : plain, engine,
                                              out_of ? plain : c->weights, engine, attributes);
  dnnl_primitive_attr_destroy(attributes);
  if (status != dnnl_success) return status;
  return dnnl_primitive_create(&c->reorder, c->reorder_descriptor);
}

/// Whether oneDNN has no fast code for the shape on this processor, and computes it in plain loops, hundreds of times slower.
static inline int onednn_convolution_is_reference(const onednn_convolution *c) {
  const char *name = NULL;
  return dnnl_primitive_desc_query(c->descriptor, dnnl_query_impl_info_str, 0, &name) == dnnl_success && name &&
         strncmp(name, "ref", 3) == 0;
}

static inline void onednn_convolution_free(onednn_convolution *c) {
  if (c->primitive) dnnl_primitive_destroy(c->primitive);
  if (c->reorder) dnnl_primitive_destroy(c->reorder);
  if (c->descriptor) dnnl_primitive_desc_destroy(c->descriptor);
  if (c->reorder_descriptor) dnnl_primitive_desc_destroy(c->reorder_descriptor);
  onednn_layout_free(&c->plain_weights);
}

// Runs a primitive over buffers; the memory objects live only as long as the call, the buffers longer.
static inline dnnl_status_t onednn_run(dnnl_primitive_t primitive, dnnl_engine_t engine, dnnl_stream_t stream, int count,
                                       const int *roles, const onednn_layout *layouts, void *const *buffers) {
  dnnl_exec_arg_t arguments[8];
  dnnl_status_t status = dnnl_success;
  int made = 0;
  for (; made < count; ++made) {
    arguments[made].arg = roles[made];
    status = dnnl_memory_create(&arguments[made].memory, layouts[made], engine, buffers[made]);
    if (status != dnnl_success) break;
  }
  if (status == dnnl_success) status = dnnl_primitive_execute(primitive, stream, count, arguments);
  if (status == dnnl_success) status = dnnl_stream_wait(stream);
  for (int i = 0; i < made; ++i) dnnl_memory_destroy(arguments[i].memory);
  return status;
}

/// Between row-major weights [filters, channels, kernel rows, kernel columns] and the primitive's own layout.
static inline dnnl_status_t onednn_convolution_reorder(const onednn_convolution *c, dnnl_stream_t stream, const float *from,
                                                       float *to) {
  onednn_layout plain = onednn_layout_of(&c->plain_weights);
  int out = c->shape.direction == onednn_weight_gradient;
  const int roles[2] = {DNNL_ARG_FROM, DNNL_ARG_TO};
  const onednn_layout layouts[2] = {out ? c->weights : plain, out ? plain : c->weights};
  void *const buffers[2] = {(void *)from, to};
  return onednn_run(c->reorder, c->engine, stream, 2, roles, layouts, buffers);
}

/// Reads two of input, weights (in the primitive's layout) and output, and writes the third.
static inline dnnl_status_t onednn_convolution_run(const onednn_convolution *c, dnnl_stream_t stream, float *input,
                                                   float *weights, const float *bias, float *output, void *scratchpad) {
  int roles[5], count = 0;
  onednn_layout layouts[5];
  void *buffers[5];
  onednn_direction d = c->shape.direction;
#define ONEDNN_ARGUMENT(role, layout, buffer) \
  (roles[count] = (role), layouts[count] = (layout), buffers[count] = (void *)(buffer), ++count)
  ONEDNN_ARGUMENT(d == onednn_input_gradient ? DNNL_ARG_DIFF_SRC : DNNL_ARG_SRC, c->input, input);
  ONEDNN_ARGUMENT(d == onednn_weight_gradient ? DNNL_ARG_DIFF_WEIGHTS : DNNL_ARG_WEIGHTS, c->weights, weights);
  ONEDNN_ARGUMENT(d == onednn_forward ? DNNL_ARG_DST : DNNL_ARG_DIFF_DST, c->output, output);
  if (c->bias) ONEDNN_ARGUMENT(DNNL_ARG_BIAS, c->bias, bias);
  if (c->scratchpad_bytes) ONEDNN_ARGUMENT(DNNL_ARG_SCRATCHPAD, c->scratchpad, scratchpad);
#undef ONEDNN_ARGUMENT
  return onednn_run(c->primitive, c->engine, stream, count, roles, layouts, buffers);
}

// MARK: Products of matrices

/// C = A B, or C += A B, of `batch` matrices [rows, inner] × [inner, columns], whose strides are in numbers.
typedef struct {
  int64_t batch, rows, columns, inner;
  int64_t a_strides[3], b_strides[3], c_strides[3];
  int bfloat16;      // of the numbers of A and B; those of C are float32
  int accumulates;
} onednn_product_shape;

typedef struct {
  dnnl_engine_t engine;
  dnnl_primitive_desc_t descriptor;
  dnnl_primitive_t primitive;
  onednn_made_layout a, b, c;
  onednn_layout scratchpad;
  size_t scratchpad_bytes;
} onednn_product;

static inline dnnl_status_t onednn_strided_layout_make(onednn_made_layout *made, const int64_t *sizes, const int64_t *strides,
                                                       dnnl_data_type_t type) {
#if DNNL_VERSION_MAJOR >= 3
  return dnnl_memory_desc_create_with_strides(made, 3, sizes, type, strides);
#else
  return dnnl_memory_desc_init_by_strides(made, 3, sizes, type, strides);
#endif
}

/// Makes the primitive; returns oneDNN's status. Freed by onednn_product_free, whatever the status.
static inline dnnl_status_t onednn_product_make(onednn_product *p, const onednn_product_shape *s, dnnl_engine_t engine) {
  memset(p, 0, sizeof *p);
  p->engine = engine;
  const int64_t a_sizes[3] = {s->batch, s->rows, s->inner}, b_sizes[3] = {s->batch, s->inner, s->columns};
  const int64_t c_sizes[3] = {s->batch, s->rows, s->columns};
  dnnl_data_type_t type = s->bfloat16 ? dnnl_bf16 : dnnl_f32;
  dnnl_status_t status = onednn_strided_layout_make(&p->a, a_sizes, s->a_strides, type);
  if (status == dnnl_success) status = onednn_strided_layout_make(&p->b, b_sizes, s->b_strides, type);
  if (status == dnnl_success) status = onednn_strided_layout_make(&p->c, c_sizes, s->c_strides, dnnl_f32);
  if (status != dnnl_success) return status;

  dnnl_primitive_attr_t attributes;
  status = dnnl_primitive_attr_create(&attributes);
  if (status != dnnl_success) return status;
  dnnl_primitive_attr_set_scratchpad_mode(attributes, dnnl_scratchpad_mode_user);
  if (s->accumulates) {
    dnnl_post_ops_t after = NULL;
    status = dnnl_post_ops_create(&after);
#if DNNL_VERSION_MAJOR >= 3
    if (status == dnnl_success) status = dnnl_post_ops_append_sum(after, 1, 0, dnnl_data_type_undef);
#else
    if (status == dnnl_success) status = dnnl_post_ops_append_sum(after, 1);
#endif
    if (status == dnnl_success) status = dnnl_primitive_attr_set_post_ops(attributes, after);
    if (after) dnnl_post_ops_destroy(after);
  }
  onednn_layout a = onednn_layout_of(&p->a), b = onednn_layout_of(&p->b), c = onednn_layout_of(&p->c);
  if (status == dnnl_success) {
#if DNNL_VERSION_MAJOR >= 3
    status = dnnl_matmul_primitive_desc_create(&p->descriptor, engine, a, b, NULL, c, attributes);
#else
    dnnl_matmul_desc_t operation;
    status = dnnl_matmul_desc_init(&operation, a, b, NULL, c);
    if (status == dnnl_success) status = dnnl_primitive_desc_create(&p->descriptor, &operation, attributes, engine, NULL);
#endif
  }
  dnnl_primitive_attr_destroy(attributes);
  if (status == dnnl_success) status = dnnl_primitive_create(&p->primitive, p->descriptor);
  if (status != dnnl_success) return status;
  p->scratchpad = dnnl_primitive_desc_query_md(p->descriptor, dnnl_query_scratchpad_md, 0);
  p->scratchpad_bytes = p->scratchpad ? dnnl_memory_desc_get_size(p->scratchpad) : 0;
  return dnnl_success;
}

/// Whether oneDNN has code for the product in vectors of 512 bits made for its sizes ("brg:avx512_core",
/// "brg:avx512_core_bf16", "brg:avx10_1_512" …), not its general one.
static inline int onednn_product_is_fast(const onednn_product *p) {
  const char *name = NULL;
  return dnnl_primitive_desc_query(p->descriptor, dnnl_query_impl_info_str, 0, &name) == dnnl_success && name &&
         strncmp(name, "brg", 3) == 0 && strstr(name, "512") != NULL;
}

static inline void onednn_product_free(onednn_product *p) {
  if (p->primitive) dnnl_primitive_destroy(p->primitive);
  if (p->descriptor) dnnl_primitive_desc_destroy(p->descriptor);
  onednn_layout_free(&p->a);
  onednn_layout_free(&p->b);
  onednn_layout_free(&p->c);
}

static inline dnnl_status_t onednn_product_run(const onednn_product *p, dnnl_stream_t stream, const void *a, const void *b,
                                               float *c, void *scratchpad) {
  const int roles[4] = {DNNL_ARG_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_DST, DNNL_ARG_SCRATCHPAD};
  const onednn_layout layouts[4] = {onednn_layout_of(&p->a), onednn_layout_of(&p->b), onednn_layout_of(&p->c), p->scratchpad};
  void *const buffers[4] = {(void *)a, (void *)b, c, scratchpad};
  return onednn_run(p->primitive, p->engine, stream, p->scratchpad_bytes ? 4 : 3, roles, layouts, buffers);
}
