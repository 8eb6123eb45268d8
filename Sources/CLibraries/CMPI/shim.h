#pragma once

// MPI's communicators and types are macros with casts, which Swift does not import. All errors end the run: that is MPI's own
// way, and a rank that went on alone would wait for ever.
#include <mpi.h>
#include <unistd.h>

/// Begins MPI on the calling thread, which alone may call it from then on. Returns whether MPI allows other threads beside it.
static inline int undertone_mpi_start(int *rank, int *count) {
  int provided;
  MPI_Init_thread(NULL, NULL, MPI_THREAD_FUNNELED, &provided);
  MPI_Comm_rank(MPI_COMM_WORLD, rank);
  MPI_Comm_size(MPI_COMM_WORLD, count);
  return provided >= MPI_THREAD_FUNNELED;
}

static inline void undertone_mpi_sum_floats(float *numbers, int count) {
  MPI_Allreduce(MPI_IN_PLACE, numbers, count, MPI_FLOAT, MPI_SUM, MPI_COMM_WORLD);
}

static inline void undertone_mpi_sum_doubles(double *numbers, int count) {
  MPI_Allreduce(MPI_IN_PLACE, numbers, count, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
}

static inline void undertone_mpi_broadcast(float *numbers, int count) {
  MPI_Bcast(numbers, count, MPI_FLOAT, 0, MPI_COMM_WORLD);
}

/// Waits for all ranks, asleep but for a look every 10 ms: MPI's own barrier takes a whole core, which others may need.
static inline void undertone_mpi_wait(void) {
  MPI_Request request;
  MPI_Ibarrier(MPI_COMM_WORLD, &request);
  int done = 0;
  while (MPI_Test(&request, &done, MPI_STATUS_IGNORE), !done) usleep(10000);
}

/// Sends a message; its bytes may change afterwards.
static inline void undertone_mpi_send(const void *bytes, int count, int rank) {
  MPI_Send(bytes, count, MPI_BYTE, rank, 0, MPI_COMM_WORLD);
}

/// The rank that the next message is from, and its size; -1 where none has arrived.
static inline int undertone_mpi_arrived(int *count) {
  int arrived;
  MPI_Status status;
  MPI_Iprobe(MPI_ANY_SOURCE, 0, MPI_COMM_WORLD, &arrived, &status);
  if (!arrived) return -1;
  MPI_Get_count(&status, MPI_BYTE, count);
  return status.MPI_SOURCE;
}

/// Takes the next message of a rank.
static inline void undertone_mpi_receive(void *bytes, int count, int rank) {
  MPI_Recv(bytes, count, MPI_BYTE, rank, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
}

static inline int undertone_mpi_has_ended(void) {
  int ended;
  MPI_Finalized(&ended);
  return ended;
}

static inline void undertone_mpi_end(void) { MPI_Finalize(); }

static inline void undertone_mpi_abort(int status) { MPI_Abort(MPI_COMM_WORLD, status); }
