#include "base/clock.h"

#include <time.h>

static int64_t read_ms(clockid_t id)
{
    struct timespec ts;
    clock_gettime(id, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static int64_t system_monotonic(const struct clock *clock)
{
    (void)clock;
    return read_ms(CLOCK_BOOTTIME);
}

static int64_t system_wall(const struct clock *clock)
{
    (void)clock;
    return read_ms(CLOCK_REALTIME);
}

static int64_t manual_read(const struct clock *clock)
{
    return clock->manual_ms;
}

const struct clock clock_system = {.monotonic_ms = system_monotonic, .wall_ms = system_wall};

struct clock clock_manual(int64_t start_ms)
{
    return (struct clock){
        .monotonic_ms = manual_read, .wall_ms = manual_read, .manual_ms = start_ms};
}
