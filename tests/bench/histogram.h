#ifndef BENCH_HISTOGRAM_H
#define BENCH_HISTOGRAM_H

#include <stdint.h>

/*
 * Counts of durations in nanoseconds. A value below 128 has its own cell; above, each power of two
 * has 128 cells, so that what is read back is at most 0.8 % off. Zero-initialized is empty.
 */
#define HISTOGRAM_CELLS (58 * 128)

struct histogram {
    uint64_t count;
    uint64_t max;
    uint64_t cells[HISTOGRAM_CELLS];
};

void histogram_add(struct histogram *h, uint64_t ns);

/* The smallest value that at least `share` (0 to 1) of all are not above; 0 when empty. */
uint64_t histogram_quantile(const struct histogram *h, double share);

#endif
