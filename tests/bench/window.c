#include "tests/bench/window.h"

#include <assert.h>
#include <stdlib.h>

#include "base/xmalloc.h"

struct window_slot {
    uint64_t sent_ns;
    bool answered;
};

void window_init(struct window *w, uint32_t in_flight)
{
    assert(w->base == w->next);
    uint32_t room = 1;
    while (room < in_flight)
        room *= 2;
    free(w->slots);
    w->slots = xcalloc(room, sizeof(*w->slots));
    w->room = room;
}

void window_free(struct window *w)
{
    free(w->slots);
    w->slots = NULL;
}

static struct window_slot *slot_of(struct window *w, uint64_t number)
{
    return &w->slots[number & (w->room - 1)];
}

uint64_t window_send(struct window *w, uint64_t now_ns)
{
    assert(w->next - w->base < w->room);
    *slot_of(w, w->next) = (struct window_slot){.sent_ns = now_ns};
    return w->next++;
}

enum window_verdict window_answer(struct window *w, uint64_t number, uint64_t *sent_ns)
{
    if (number >= w->next)
        return WINDOW_NEVER_SENT;
    if (number < w->base)
        return WINDOW_DOUBLED;
    struct window_slot *slot = slot_of(w, number);
    if (slot->answered)
        return WINDOW_DOUBLED;
    *sent_ns = slot->sent_ns;
    if (number != w->base) {
        slot->answered = true;
        w->answered_beyond_base++;
        return WINDOW_OUT_OF_ORDER;
    }
    w->base++;
    while (w->answered_beyond_base && slot_of(w, w->base)->answered) {
        w->base++;
        w->answered_beyond_base--;
    }
    return WINDOW_IN_ORDER;
}
