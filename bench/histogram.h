/* A latency histogram: 128 buckets per power of two, as HdrHistogram lays them out, so at most 0.8 % error. */
#ifndef OUTRIDER_BENCH_HISTOGRAM_H
#define OUTRIDER_BENCH_HISTOGRAM_H

#include <stdint.h>

enum { SUB_BITS = 7, SUB = 1 << SUB_BITS, BUCKETS = (64 - SUB_BITS + 1) * SUB };

struct histogram {
    uint64_t counts[BUCKETS];
    uint64_t total;
};

static inline void record_value(struct histogram *histogram, uint64_t nanoseconds)
{
    unsigned shift = 0;
    if (nanoseconds >= SUB)
        shift = 63u - (unsigned)__builtin_clzll(nanoseconds) - SUB_BITS;
    /* Behind the first octave the leading bit is always set, which leaves room for the octave's number. */
    uint64_t index = nanoseconds < SUB ? nanoseconds : (uint64_t)(shift + 1) * SUB + ((nanoseconds >> shift) - SUB);
    histogram->counts[index]++;
    histogram->total++;
}

/* The middle of the bucket that holds the share's value, in nanoseconds. */
static double percentile(const struct histogram *histogram, double share)
{
    uint64_t seen = 0;
    double wanted = share * (double)histogram->total;
    for (uint64_t i = 0; i < BUCKETS; i++) {
        seen += histogram->counts[i];
        if (histogram->counts[i] == 0 || (double)seen < wanted)
            continue;
        if (i < SUB)
            return (double)i;
        unsigned shift = (unsigned)(i / SUB) - 1;
        return ((double)(i % SUB + SUB) + 0.5) * (double)(1ull << shift);
    }
    return 0.0;
}

#endif
