#include "tests/bench/histogram.h"

static unsigned cell_of(uint64_t ns)
{
    if (ns < 128)
        return (unsigned)ns;
    unsigned shift = 56 - (unsigned)__builtin_clzll(ns);
    return (shift << 7) + (unsigned)(ns >> shift);
}

static uint64_t value_of(unsigned cell)
{
    if (cell < 256)
        return cell;
    unsigned shift = (cell >> 7) - 1;
    return (uint64_t)(cell - (shift << 7)) << shift;
}

void histogram_add(struct histogram *h, uint64_t ns)
{
    h->count++;
    if (ns > h->max)
        h->max = ns;
    h->cells[cell_of(ns)]++;
}

uint64_t histogram_quantile(const struct histogram *h, double share)
{
    uint64_t want = (uint64_t)(share * (double)h->count);
    if ((double)want < share * (double)h->count)
        want++;
    uint64_t seen = 0;
    for (unsigned i = 0; i < HISTOGRAM_CELLS; i++) {
        seen += h->cells[i];
        if (seen && seen >= want)
            return value_of(i);
    }
    return 0;
}
