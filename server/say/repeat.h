#ifndef SERVER_SAY_REPEAT_H
#define SERVER_SAY_REPEAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Keeps bots from starting each other: the same text is not said to the same target more than
 * REPEAT_MOST times in a row. Another text to that target, or REPEAT_FORGET_MS since it went out
 * last, begins anew. Remembers the targets that were spoken to last, by hash; a forgotten one
 * begins anew as well.
 */
#define REPEAT_MOST      5
#define REPEAT_FORGET_MS 60000
#define REPEAT_TARGETS   16

struct repeat_guard {
    struct {
        uint64_t target;
        uint64_t text;
        unsigned count;
        int64_t last_ms;
    } slots[REPEAT_TARGETS];
};

/* Counts the text and says whether it may go out. The target is folded by the caller. */
bool repeat_allow(struct repeat_guard *guard, const char *target, const char *text, size_t len,
                  int64_t now_ms);

#endif
