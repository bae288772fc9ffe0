#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

/*
 * Time, so that tests can hold it in their hands. Whoever measures time is given a clock and never
 * asks the system. All values are milliseconds.
 */
struct clock {
    int64_t (*monotonic_ms)(const struct clock *clock); /* goes on during suspend; CLOCK_BOOTTIME */
    int64_t (*wall_ms)(const struct clock *clock);      /* since 1970, UTC */
    int64_t manual_ms;                                  /* what a manual clock shows */
};

/* The system's clocks. */
extern const struct clock clock_system;

/* A clock that stands still until manual_ms is changed; both readings show it. */
struct clock clock_manual(int64_t start_ms);

static inline int64_t clock_now(const struct clock *clock)
{
    return clock->monotonic_ms(clock);
}

static inline int64_t clock_wall(const struct clock *clock)
{
    return clock->wall_ms(clock);
}

#endif
