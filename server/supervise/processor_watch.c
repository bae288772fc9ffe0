#include "server/supervise/processor_watch.h"

#include <time.h>

enum { STRIKES = 2 };

/* What its threads have used so far, of all cores; not what it has started. */
static int64_t used_ms(pid_t pid)
{
    clockid_t clock;
    struct timespec used = {0};
    if (clock_getcpuclockid(pid, &clock) || clock_gettime(clock, &used))
        return 0;
    return (int64_t)used.tv_sec * 1000 + used.tv_nsec / 1000000;
}

void processor_watch(struct generation *g)
{
    struct processor_use *use = &g->processor;
    struct processor_use before = *use;
    use->at_ms = clock_now(g->shared->clock);
    use->used_ms = used_ms(g->child.pid);
    use->handled = g->handled;
    if (!before.at_ms || g->state != GENERATION_READY || !generation_listens(g))
        return;
    int64_t passed = use->at_ms - before.at_ms;
    int64_t used = use->used_ms - before.used_ms;
    bool idle = !g->out.events && use->handled == before.handled;
    bool much = used > passed + passed / 2 || (idle && used > passed / 4);
    use->strikes = much ? before.strikes + 1 : 0;
    if (use->strikes < STRIKES)
        return;
    generation_kill(
        g, FAULT_DEADLINE,
        "it goes on using the processor besides its events, and the process was killed");
}
