/* Passes a token round all ranks, LAPS times; each rank adds 1. Rank 0 checks the sum. */
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  int rank, size, token = 0;
  int laps = argc > 1 ? atoi(argv[1]) : 1;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  int next = (rank + 1) % size, previous = (rank + size - 1) % size;
  for (int lap = 0; lap < laps; lap++) {
    if (rank != 0) MPI_Recv(&token, 1, MPI_INT, previous, lap, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
    token++;
    MPI_Send(&token, 1, MPI_INT, next, lap, MPI_COMM_WORLD);
    if (rank == 0) MPI_Recv(&token, 1, MPI_INT, previous, lap, MPI_COMM_WORLD, MPI_STATUS_IGNORE);
  }
  int ok = rank != 0 || token == laps * size;
  if (rank == 0) printf("The token counted %d hops over %d ranks\n", token, size);
  MPI_Finalize();
  return ok ? 0 : 1;
}
