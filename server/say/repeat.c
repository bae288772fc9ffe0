#include "server/say/repeat.h"

#include <string.h>

static uint64_t mix(uint64_t h, uint64_t word)
{
    h = (h ^ word) * UINT64_C(0x9e3779b97f4a7c15);
    return h ^ h >> 32;
}

/* Quick, and good enough for what nobody gains by: two texts of one hash count as the same. */
static uint64_t hash(const char *s, size_t len)
{
    uint64_t h = len;
    uint64_t word = 0;
    for (; len > sizeof word; len -= sizeof word, s += sizeof word) {
        memcpy(&word, s, sizeof word);
        h = mix(h, word);
    }
    word = 0;
    memcpy(&word, s, len);
    return mix(h, word);
}

bool repeat_allow(struct repeat_guard *guard, const char *target, const char *text, size_t len,
                  int64_t now_ms)
{
    uint64_t target_hash = hash(target, strlen(target));
    uint64_t text_hash = hash(text, len);
    unsigned slot = 0; /* the target's own, or else the one that was used longest ago */
    bool known = false;
    for (unsigned i = 0; i < REPEAT_TARGETS && !known; i++) {
        known = guard->slots[i].count && guard->slots[i].target == target_hash;
        if (known || guard->slots[i].last_ms < guard->slots[slot].last_ms)
            slot = i;
    }
    bool same = known && guard->slots[slot].text == text_hash &&
                now_ms - guard->slots[slot].last_ms < REPEAT_FORGET_MS;
    guard->slots[slot].target = target_hash;
    guard->slots[slot].text = text_hash;
    guard->slots[slot].count = same ? guard->slots[slot].count + 1 : 1;
    bool allowed = guard->slots[slot].count <= REPEAT_MOST;
    if (allowed) /* the silence is ours: whoever goes on asking does not prolong it */
        guard->slots[slot].last_ms = now_ms;
    return allowed;
}
