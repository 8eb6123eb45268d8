#include <cblas.h>

// LAPACK's solver of symmetric positive definite equations, and its eigenvectors of symmetric matrices, which OpenBLAS holds
// and its header leaves out.
extern void dposv_(const char *triangle, const int *order, const int *right_sides, double *matrix,
                   const int *matrix_stride, double *right, const int *right_stride, int *status);
extern void dsyev_(const char *job, const char *triangle, const int *order, double *matrix, const int *matrix_stride,
                   double *values, double *work, const int *work_size, int *status);
