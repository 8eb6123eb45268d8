#pragma once

// Loops over float32 that no library has. All arrays are dense unless strides are given; sizes count elements.
// Functions split their work over the OpenMP threads that oneDNN and OpenBLAS use too, but for kernel_frame,
// kernel_overlap_add and kernel_polyphase, which their callers run on several threads. How the work is split never
// changes a sum's order, so a result depends on neither the number of threads nor the load of the machine. Outputs of
// kernel_unary, kernel_affine, kernel_binary (of its first operand) and kernel_round_bfloat16 may be their inputs.
#include <stdint.h>

// MARK: Threads

typedef void (*kernel_body)(void *context, long begin, long end);

/// Calls `body` on parts of 0..<count, at least `grain` long, one part a thread. Serial inside another such call.
void kernel_parallel(long count, long grain, kernel_body body, void *context);
/// The number of threads that kernel_parallel uses.
int kernel_thread_count(void);
/// Lets the calling thread's loops have just that number of threads: no fewer where others are busy (OMP_DYNAMIC), and no more
/// than may be (OMP_THREAD_LIMIT).
void kernel_expect_all_threads(void);
/// Sets that number, for oneDNN and OpenBLAS too; from the main thread, before anything is computed.
void kernel_set_thread_count(int count);
/// 1 where the address space has a limit (ulimit -v), else 0.
int kernel_is_memory_limited(void);
/// 1 inside a kernel_parallel that has several threads, else 0.
int kernel_is_in_parallel(void);

/// Tells the thread sanitizer an order between threads that it cannot see: what this one did until kernel_precede comes
/// before what follows another one's kernel_follow of the same place. Without the sanitizer nothing.
void kernel_precede(void *place);
void kernel_follow(void *place);

/// 16 where the CPU has AVX-512, 8 elsewhere: how many channels a block of the blocked layout holds.
int kernel_channel_block(void);
/// 1 on a processor of AMD's with AVX-512, else 0.
int kernel_is_amd_with_avx512(void);

// MARK: Diagnostics

/// Lets kernel_begin_quiet have an effect, where the C library can; from the main thread, before others are started.
void kernel_watch_stderr(void);
/// From here on what this thread prints by C's `stderr` is counted, and not printed.
void kernel_begin_quiet(void);
/// Prints again; returns the number of lines since.
long kernel_end_quiet(void);

// MARK: Elementwise

typedef enum {
  kernel_negate, kernel_exponential, kernel_logarithm, kernel_square_root, kernel_tanh, kernel_sigmoid, kernel_relu,
  kernel_absolute, kernel_square, kernel_reciprocal,
  kernel_gelu   // x Φ(x), exact
} kernel_unary_operation;

void kernel_unary(kernel_unary_operation operation, const float *x, float *y, long count);
/// dx = dy · f′(x), given x and y = f(x).
void kernel_unary_gradient(kernel_unary_operation operation, const float *x, const float *y, const float *dy, float *dx,
                           long count);

typedef enum {
  kernel_add, kernel_subtract, kernel_multiply, kernel_divide, kernel_maximum,
  kernel_greater,   // 1 where a > b, else 0
  kernel_equal      // 1 where a = b, else 0
} kernel_binary_operation;

/// out = a ∘ b over `shape`, with a stride (in elements, 0 to repeat) a dimension for each operand. rank ≥ 1.
void kernel_binary(kernel_binary_operation operation, const float *a, const long *a_strides, const float *b,
                   const long *b_strides, float *out, const long *shape, int rank);
/// y = scale · x + shift.
void kernel_affine(const float *x, float scale, float shift, float *y, long count);
/// y += x.
void kernel_accumulate(const float *x, float *y, long count);
/// y = keep/(1 − probability) · x, keep drawn by a hash of seed and position: the same for the same seed.
void kernel_dropout(const float *x, float *y, long count, float probability, uint64_t seed);
/// y = x, each value exactly: IEEE 754's half precision, and the upper halves of floats. `x` needs no alignment; the bits
/// of a NaN are kept.
void kernel_widen_float16(const void *x, float *y, long count);
void kernel_widen_bfloat16(const void *x, float *y, long count);
/// y = x as half precision, the nearest, to even in the middle; what is too large becomes infinite.
void kernel_narrow_float16(const float *x, uint16_t *y, long count);
/// y = x as bfloat16, the nearest, to even in the middle; NaN stays NaN.
void kernel_narrow_bfloat16(const float *x, uint16_t *y, long count);
/// y = x rounded to bfloat16's eight significant bits, the nearest, to even in the middle; NaN stays NaN.
void kernel_round_bfloat16(const float *x, float *y, long count);
/// The number of values that are NaN or infinite.
long kernel_count_not_finite(const float *x, long count);

// MARK: Reductions and copies

typedef enum { kernel_sum, kernel_reduce_maximum } kernel_reduction;

/// y[outer, inner] = reduction of x[outer, axis, inner] over axis; sums in double.
void kernel_reduce(kernel_reduction reduction, const float *x, float *y, long outer, long axis, long inner);
/// y = x[…] read with a stride a dimension: permutes, slices and broadcasts. rank ≥ 1.
void kernel_copy_strided(const float *x, const long *strides, float *y, const long *shape, int rank);
/// y[…] = x written with a stride a dimension: the reverse of kernel_copy_strided.
void kernel_copy_to_strided(const float *x, float *y, const long *strides, const long *shape, int rank);

/// Softmax of each row.
void kernel_softmax(const float *x, float *y, long rows, long columns);
/// dx = y (dy − Σ y dy) of each row.
void kernel_softmax_gradient(const float *y, const float *dy, float *dx, long rows, long columns);
/// Per row: (x − μ)/√(σ² + epsilon); writes the rows' 1/√(σ² + epsilon) too.
void kernel_standardize(const float *x, float *y, float *inverse_deviation, long rows, long columns, float epsilon);
/// dx = (g − mean(g) − y · mean(g y)) · inverse_deviation of each row.
void kernel_standardize_gradient(const float *y, const float *inverse_deviation, const float *g, float *dx, long rows,
                                 long columns);
/// kernel_standardize along the middle of [outer, axis, inner]; inverse_deviation: [outer, inner].
void kernel_standardize_axis(const float *x, float *y, float *inverse_deviation, long outer, long axis, long inner,
                             float epsilon);
/// The gradient of kernel_standardize_axis.
void kernel_standardize_axis_gradient(const float *y, const float *inverse_deviation, const float *g, float *dx, long outer,
                                      long axis, long inner);

// MARK: Blocked layout: [batch, channels/block, rows, columns, block], the last block filled up with zeros

/// Row-major [batch, channels, positions] to blocked.
void kernel_to_blocked(const float *x, float *y, long batch, long channels, long positions, int block);
/// Blocked to row-major [batch, channels, positions].
void kernel_from_blocked(const float *x, float *y, long batch, long channels, long positions, int block);

/// Pooling windows without padding: window (i, j) covers rows i·window_rows…, columns j·window_columns….
typedef struct {
  long batch, blocks, rows, columns;   // of the input; blocks = ⌈channels / block⌉
  int block;                           // 16 or 8
  int window_rows, window_columns;
  int maximum;                         // 1: maximum, 0: average
} kernel_pooling;

/// Mean and biased variance per channel over batch, rows and columns. mean, variance: [blocks × block].
void kernel_channel_statistics(const float *x, float *mean, float *variance, const kernel_pooling *shape);
/// z = pool(relu(scale · y + shift)), scale and shift per channel.
void kernel_activate_pool(const float *y, const float *scale, const float *shift, float *z, const kernel_pooling *shape);
/// g = the gradient of kernel_activate_pool at scale · y + shift. Writes Σ g and Σ g·y per channel.
void kernel_activate_pool_sums(const float *y, const float *scale, const float *shift, const float *dz, float *sum_g,
                               float *sum_gy, const kernel_pooling *shape);
/// dy = a·g + b·y + c, with g as above and a, b, c per channel.
void kernel_activate_pool_gradient(const float *y, const float *scale, const float *shift, const float *dz,
                                   const float *a, const float *b, const float *c, float *dy,
                                   const kernel_pooling *shape);

/// Average or maximum over any windows of a plane: window (i, j) covers row_start[i]..<row_end[i] and
/// column_start[j]..<column_end[j].
typedef struct {
  long planes, rows, columns, out_rows, out_columns;
  const int32_t *row_start, *row_end, *column_start, *column_end;
  int maximum;
} kernel_windows;

void kernel_pool(const float *x, float *y, const kernel_windows *windows);
/// dx of kernel_pool; a maximum's gradient goes to its first place in its window.
void kernel_pool_gradient(const float *x, const float *dy, float *dx, const kernel_windows *windows);

// MARK: Convolution of many channels, 3×3 with a border of one zero, by Winograd's algorithm

/// Input and output are blocked, of the same rows and columns.
typedef struct {
  long batch, channels, filters;   // channels and filters in blocks
  long rows, columns;
  int block;                       // 16 or 8
  int tile;                        // outputs along a tile's side: 2, or 4 without kernel_winograd_block
} kernel_winograd;

/// Floats of the transformed weights.
long kernel_winograd_weight_count(const kernel_winograd *shape);
/// Transforms row-major weights [filters, channels, 3, 3]. With `rotated`, they are for the gradient at the input,
/// whose channels are the filters and whose filters are the channels, in `shape` too.
void kernel_winograd_weights(const float *weights, long filters, long channels, int rotated, float *transformed,
                             const kernel_winograd *shape);
/// y = w ∗ x + bias; bias: [filters × block] or null. With tiles of 2, equal receptive fields that are constant along a
/// line give bit-equal outputs.
void kernel_winograd_forward(const float *x, const float *transformed, const float *bias, float *y,
                             const kernel_winograd *shape);
/// y = w ∗ x and z = pool(relu(y + shift)) in one pass, for windows of one or two rows and columns; y may be null.
void kernel_winograd_block(const float *x, const float *transformed, const float *shift, float *y, float *z,
                           const kernel_winograd *shape, const kernel_pooling *pooling);
/// The gradient at row-major weights [filters, channels, 3, 3], from the input and the output's gradient.
void kernel_winograd_weight_gradient(const float *x, const float *dy, long filters, long channels, float *dweights,
                                     const kernel_winograd *shape);

// MARK: Convolution of each channel by itself

/// Convolutions (cross-correlations) of each channel with its own side × side weights, side odd, of images
/// [batch, rows, columns, channels] with side / 2 zeros around them; outputs are of the same shape.
typedef struct {
  long batch, rows, columns, channels, side;
} kernel_depthwise;

/// y = w ∗ x + bias with row-major weights [channels, side, side]; bias: [channels] or null. With `rotated`, the weights
/// are read from the last to the first, which is the gradient at the input from that at the output.
void kernel_depthwise_forward(const float *x, const float *weights, int rotated, const float *bias, float *y,
                              const kernel_depthwise *shape);
/// The gradient at the weights, from the input and the output's gradient.
void kernel_depthwise_weight_gradient(const float *x, const float *dy, float *dweights, const kernel_depthwise *shape);

// MARK: Convolution of one channel

/// Convolutions (cross-correlations) of a one-channel image that share their output: each block of output channels has
/// its own list of taps. Input [batch, rows, columns], zero outside; output blocked [batch, blocks, out_rows, out_columns].
typedef struct {
  long batch, rows, columns, out_rows, out_columns, blocks;
  int block;
  int top, left, bottom, right;         // zeros added around the input
  const int32_t *tap_start;             // [blocks + 1] into the lists below
  const int32_t *tap_row, *tap_column;  // offsets from the padded input's corner
} kernel_taps;

/// weights: [taps, block]; bias: [blocks × block] or null.
void kernel_taps_forward(const float *x, const float *weights, const float *bias, float *y, const kernel_taps *taps);
void kernel_taps_input_gradient(const float *dy, const float *weights, float *dx, const kernel_taps *taps);
/// dweights: [taps, block].
void kernel_taps_weight_gradient(const float *x, const float *dy, float *dweights, const kernel_taps *taps);

// The whole block pool(relu(scale · w ∗ x + shift)) of a one-channel image, in one pass: the convolution's result, the
// largest array of a network, is never stored, but recomputed wherever it is needed. The pooling's shape is that of the
// convolution's result; scale and shift are per channel.

/// Mean and biased variance per channel of w ∗ x. mean, variance: [blocks × block].
void kernel_block_statistics(const float *x, const float *weights, float *mean, float *variance,
                             const kernel_taps *taps);
void kernel_block_forward(const float *x, const float *weights, const float *scale, const float *shift, float *z,
                          const kernel_taps *taps, const kernel_pooling *pooling);
/// Σ g and Σ g·y per channel with y = w ∗ x, like kernel_activate_pool_sums.
void kernel_block_sums(const float *x, const float *weights, const float *scale, const float *shift, const float *dz,
                       float *sum_g, float *sum_gy, const kernel_taps *taps, const kernel_pooling *pooling);
/// The result of kernel_taps_weight_gradient for dy = a·g + b·y + c.
void kernel_block_weight_gradient(const float *x, const float *weights, const float *scale, const float *shift,
                                  const float *dz, const float *a, const float *b, const float *c, float *dweights,
                                  const kernel_taps *taps, const kernel_pooling *pooling);
/// The result of kernel_taps_input_gradient for dy = a·g + b·y + c.
void kernel_block_input_gradient(const float *x, const float *weights, const float *scale, const float *shift,
                                 const float *dz, const float *a, const float *b, const float *c, float *dx,
                                 const kernel_taps *taps, const kernel_pooling *pooling);

// MARK: Recurrence

/// Columns of a panel of packed weights.
enum { KERNEL_PANEL = 16 };
/// Weights W[i, j] = w[i · row_stride + j · column_stride] of [rows, columns] as panels of KERNEL_PANEL columns, the last
/// filled up with zeros: [⌈columns / KERNEL_PANEL⌉, rows, KERNEL_PANEL].
void kernel_pack_panels(const float *w, long row_stride, long column_stride, float *panels, long rows, long columns);
/// y[m, columns] += x[m, rows] · W of packed weights, each sum in the order of the rows: for many products of few rows
/// with the same weights, which a library would pack again for each.
void kernel_add_product(const float *x, long x_stride, const float *panels, float *y, long y_stride, long m, long rows,
                        long columns);
/// One step of an LSTM. gates [batch, 4·hidden] in the order i, f, g, o: on entry the sums, on exit the activations.
void kernel_lstm_step(float *gates, const float *cell_before, float *cell, float *hidden, long hidden_stride, long batch,
                      long size);
/// The gradient of one step: d_hidden [batch, size] and d_cell (in and out) to d_gates, the gradient of the sums.
void kernel_lstm_step_gradient(const float *gates, const float *cell_before, const float *cell, const float *d_hidden,
                               float *d_cell, float *d_gates, long batch, long size);

// MARK: Factorization

/// A step of the factor W [rows, count] of a nonnegative factorization V ≈ W Hᵀ of V [rows, columns], H [columns, count] being
/// held: w[i, k] is multiplied by Σⱼ v[i, j] x[i, j]^(beta − 2) h[j, k] / Σⱼ x[i, j]^(beta − 1) h[j, k], x being W Hᵀ, beta 0, 1 or 2;
/// where it is 0 by the root of that. x, where it is divided by, and divisors are at least `least`. One pass over V; what stands
/// between is not stored.
void kernel_factor_step(const float *v, float *w, const float *h, long rows, long columns, long count, int beta,
                        float least);

// MARK: Resampling

/// y[k] = Σₜ x[⌊m·step/phases⌋ − origin + t] · weights[m·step mod phases, t] for the outputs m = first + k, k in 0..<count:
/// a rational resampler. taps is a multiple of 32; x has all that the sums read.
void kernel_polyphase(const float *x, long origin, const float *weights, long taps, long phases, long step, long first,
                      long count, float *y);
/// y[k] = x at the place start + k · step, between samples: Σₜ x[⌊place⌋ + t] · weights, the weights being those of the place's
/// fraction f: rows ⌊f · phases⌋ and the next of [phases + 1, taps], mixed linearly. taps is a multiple of 32; x has all that
/// the sums read.
void kernel_read_between(const float *x, double start, double step, const float *weights, long taps, long phases,
                         long count, float *y);

// MARK: Spectra

/// frames[f, i] = window[i] · x[reflect((first + f)·hop + i − length/2)] of one signal, for f in 0..<count: the frames
/// from `first` on of all that the signal has.
void kernel_frame(const float *x, long samples, const float *window, long length, long hop, float *frames, long first,
                  long count);
/// The adjoint of kernel_frame: adds window · frames, those from `first` on, back onto dx [samples].
void kernel_overlap_add(const float *frames, const float *window, long length, long hop, float *dx, long samples,
                        long first, long count);
/// The frames of a phase vocoder: y[t] has the magnitude of x [frames, bins, 2] at the place t · rate, mixed linearly from its
/// neighbours, and a phase that grows by what it grows from one of them to the next. Beyond the last frame is silence.
void kernel_phase_vocoder(const float *x, long frames, long bins, double rate, float *y, long count);
/// power[i] = re² + im² of interleaved spectra.
void kernel_power(const float *spectrum, float *power, long count);
/// d_spectrum[i] = 2 · spectrum[i] · d_power[i].
void kernel_power_gradient(const float *spectrum, const float *d_power, float *d_spectrum, long count);

/// A matrix [rows, columns] of which each row has one run of values that are not 0: row r has weights[start[r]] to
/// weights[start[r + 1] − 1], from column[r] on.
typedef struct {
  long batch, frames, rows, columns;
  const int32_t *start, *column;
  const float *weights;
} kernel_bands;

/// y[n, r, f] = Σ matrix[r, c] x[n, f, c].
void kernel_bands_forward(const float *x, float *y, const kernel_bands *bands);
/// dx[n, f, c] = Σ matrix[r, c] dy[n, r, f].
void kernel_bands_gradient(const float *dy, float *dx, const kernel_bands *bands);

// MARK: Optimisation

/// One step of Adam (Kingma and Ba 2015) or, where `decoupled`, AdamW (Loshchilov and Hutter 2019).
void kernel_adam(float *weights, const float *gradient, float *first, float *second, long count, float rate, float beta1,
                 float beta2, float epsilon, float decay, int decoupled, long step);
