#include <cblas.h>

// LAPACK's solver of symmetric positive definite equations, which OpenBLAS holds and its header leaves out.
extern void dposv_(const char *triangle, const int *order, const int *right_sides, double *matrix,
                   const int *matrix_stride, double *right, const int *right_stride, int *status);
