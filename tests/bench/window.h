#ifndef BENCH_WINDOW_H
#define BENCH_WINDOW_H

#include <stdbool.h>
#include <stdint.h>

/*
 * The commands of one network that are in flight: numbered from 0, each answered once, in order.
 * A number that is not answered keeps its place, so that a bot which loses commands runs dry
 * instead of looking fast.
 */
struct window {
    uint64_t base; /* every number below it has been answered */
    uint64_t next; /* the next number to send */
    uint32_t room; /* a power of two */
    uint32_t answered_beyond_base;
    struct window_slot *slots;
};

enum window_verdict {
    WINDOW_IN_ORDER,
    WINDOW_OUT_OF_ORDER, /* the first answer to this number, but an earlier one is still missing */
    WINDOW_DOUBLED,
    WINDOW_NEVER_SENT,
};

/* Makes room for `in_flight` commands. Nothing may be in flight. */
void window_init(struct window *w, uint32_t in_flight);
void window_free(struct window *w);

/* Takes the next number. The caller sends no more than the room holds; see window_has_room. */
uint64_t window_send(struct window *w, uint64_t now_ns);

/* Sets *sent_ns for the first two verdicts. */
enum window_verdict window_answer(struct window *w, uint64_t number, uint64_t *sent_ns);

/* Numbers sent and not answered. */
static inline uint64_t window_in_flight(const struct window *w)
{
    return w->next - w->base - w->answered_beyond_base;
}

static inline bool window_has_room(const struct window *w, uint32_t in_flight)
{
    return w->next - w->base < in_flight;
}

#endif
