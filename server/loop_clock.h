#ifndef SERVER_LOOP_CLOCK_H
#define SERVER_LOOP_CLOCK_H

#include <stdbool.h>

#include "base/clock.h"

/*
 * The system's clocks, read at most once in a turn of the event loop: a turn can carry thousands of
 * lines, and each asks several times what time it is. Give `clock` to whoever needs one.
 */
struct loop_clock {
    struct clock clock;
    bool fresh; /* the readings are of this turn */
    int64_t monotonic_ms;
    int64_t wall_ms;
};

void loop_clock_init(struct loop_clock *c);
/* At the end of each turn. */
void loop_clock_turn(struct loop_clock *c);

#endif
