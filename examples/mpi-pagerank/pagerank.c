/*
 * PageRank of a random graph that every rank makes for itself from the seed: rank r owns the pages [first, last) and the
 * links that lead to them. One all-gather of the scores a round.
 *
 *   pagerank PAGES EDGES SEED ITERATIONS
 *
 * Rank 0 writes the ten best pages as JSON to $FLOW_OUTPUT.
 */
#include <mpi.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define DAMPING 0.85
#define TOP 10

/* splitmix32: the same few lines in sequential.ts. */
static uint32_t draw(uint32_t state) {
  uint32_t z = state + 0x9e3779b9u;
  z = (z ^ (z >> 16)) * 0x21f0aaadu;
  z = (z ^ (z >> 15)) * 0x735a2d97u;
  return z ^ (z >> 15);
}

static uint32_t source(uint32_t seed, uint32_t edge, uint32_t pages) { return draw(seed + 2 * edge) % pages; }

static uint32_t target(uint32_t seed, uint32_t edge, uint32_t pages) {
  uint32_t d = draw(seed + 2 * edge + 1);
  return (uint32_t)((double)(d >> 16) * (double)(d & 0xffff) / 4294967296.0 * pages);
}

static void write_answer(const double *scores, uint32_t pages, int size, int iterations) {
  uint32_t best[TOP];
  int count = 0;
  double sum = 0;
  for (uint32_t page = 0; page < pages; page++) {
    sum += scores[page];
    int place = count < TOP ? count++ : TOP;
    while (place > 0 && scores[best[place - 1]] < scores[page]) {
      if (place < TOP) best[place] = best[place - 1];
      place--;
    }
    if (place < TOP) best[place] = page;
  }
  printf("%d ranks, %d rounds: the scores sum up to %.12f\n", size, iterations, sum);
  const char *path = getenv("FLOW_OUTPUT");
  FILE *file = path ? fopen(path, "w") : NULL;
  if (!file) {
    fprintf(stderr, "FLOW_OUTPUT cannot be written\n");
    MPI_Abort(MPI_COMM_WORLD, 1);
    return;
  }
  fprintf(file, "{\"ranks\":%d,\"iterations\":%d,\"sum\":%.17g,\"top\":[", size, iterations, sum);
  for (int i = 0; i < count; i++)
    fprintf(file, "%s{\"page\":%u,\"score\":%.17g}", i ? "," : "", best[i], scores[best[i]]);
  fprintf(file, "]}\n");
  fclose(file);
}

int main(int argc, char **argv) {
  MPI_Init(&argc, &argv);
  int rank, size;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  if (argc != 5) {
    if (rank == 0) fprintf(stderr, "usage: pagerank PAGES EDGES SEED ITERATIONS\n");
    MPI_Abort(MPI_COMM_WORLD, 2);
  }
  uint32_t pages = (uint32_t)strtoul(argv[1], NULL, 10), edges = (uint32_t)strtoul(argv[2], NULL, 10);
  uint32_t seed = (uint32_t)strtoul(argv[3], NULL, 10);
  int iterations = atoi(argv[4]);

  int *counts = malloc(sizeof *counts * size), *starts = malloc(sizeof *starts * size);
  for (int r = 0; r < size; r++) {
    starts[r] = (int)((uint64_t)pages * r / size);
    counts[r] = (int)((uint64_t)pages * (r + 1) / size) - starts[r];
  }
  uint32_t first = starts[rank], last = first + counts[rank];

  uint32_t *degree = calloc(pages, sizeof *degree), own = 0;
  for (uint32_t e = 0; e < edges; e++) {
    uint32_t t = target(seed, e, pages);
    degree[source(seed, e, pages)]++;
    own += t >= first && t < last;
  }
  uint32_t *from = malloc(sizeof *from * (own + 1)), *to = malloc(sizeof *to * (own + 1)), at = 0;
  for (uint32_t e = 0; e < edges; e++) {
    uint32_t t = target(seed, e, pages);
    if (t < first || t >= last) continue;
    from[at] = source(seed, e, pages);
    to[at++] = t - first;
  }

  double *scores = malloc(sizeof *scores * pages), *next = malloc(sizeof *next * (counts[rank] + 1));
  for (uint32_t page = 0; page < pages; page++) scores[page] = 1.0 / pages;
  for (int round = 0; round < iterations; round++) {
    double mine = 0, loose = 0;
    for (uint32_t page = first; page < last; page++)
      if (degree[page] == 0) mine += scores[page];
    MPI_Allreduce(&mine, &loose, 1, MPI_DOUBLE, MPI_SUM, MPI_COMM_WORLD);
    for (int i = 0; i < counts[rank]; i++) next[i] = 0;
    for (uint32_t e = 0; e < own; e++) next[to[e]] += scores[from[e]] / degree[from[e]];
    for (int i = 0; i < counts[rank]; i++) next[i] = (1 - DAMPING) / pages + DAMPING * (next[i] + loose / pages);
    MPI_Allgatherv(next, counts[rank], MPI_DOUBLE, scores, counts, starts, MPI_DOUBLE, MPI_COMM_WORLD);
  }

  if (rank == 0) write_answer(scores, pages, size, iterations);
  MPI_Finalize();
  return 0;
}
