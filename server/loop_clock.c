#include "server/loop_clock.h"

#include <stddef.h>

/* A struct clock is const for those who read it; what it remembers is no part of what they see. */
static struct loop_clock *refresh(const struct clock *clock)
{
    struct loop_clock *c =
        (struct loop_clock *)((char *)clock - offsetof(struct loop_clock, clock));
    if (!c->fresh) {
        c->monotonic_ms = clock_now(&clock_system);
        c->wall_ms = clock_wall(&clock_system);
        c->fresh = true;
    }
    return c;
}

static int64_t read_monotonic(const struct clock *clock)
{
    return refresh(clock)->monotonic_ms;
}

static int64_t read_wall(const struct clock *clock)
{
    return refresh(clock)->wall_ms;
}

void loop_clock_init(struct loop_clock *c)
{
    *c = (struct loop_clock){.clock = {.monotonic_ms = read_monotonic, .wall_ms = read_wall}};
}

void loop_clock_turn(struct loop_clock *c)
{
    c->fresh = false;
}
