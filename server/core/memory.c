#include "server/core/memory.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/xmalloc.h"
#include "net/proto/casemap.h"
#include "net/state/state.h"
#include "server/core/core.h"

#define MAX_ASKED 32
#define ASKED_MS  30000

struct asked {
    char *channel;
    char *about;
    struct core_later *later; /* NULL: the slot is free */
    int64_t when_ms;
};

struct core_memory {
    struct asked asked[MAX_ASKED];
    size_t next_asked;
};

static struct core_memory *memory_of(struct network *n)
{
    if (!n->core)
        n->core = xcalloc(1, sizeof *n->core);
    return n->core;
}

static void forget_asked(struct asked *asked)
{
    core_later_free(asked->later);
    free(asked->channel);
    free(asked->about);
    *asked = (struct asked){0};
}

void core_memory_free(struct core_memory *memory)
{
    if (!memory)
        return;
    for (size_t i = 0; i < MAX_ASKED; i++)
        forget_asked(&memory->asked[i]);
    free(memory);
}

void core_memory_ask(struct network *n, const char *channel, const char *about,
                     struct core_later *later)
{
    struct core_memory *memory = memory_of(n);
    struct asked *asked = &memory->asked[memory->next_asked];
    memory->next_asked = (memory->next_asked + 1) % MAX_ASKED;
    forget_asked(asked);
    *asked = (struct asked){xstrdup(channel), xstrdup(about), later, clock_now(n->server->clock)};
}

/* Numerics of RFC 2812 and later servers that refuse what the commands ask for: no such nick or
 * channel, not there, not allowed, full, already there, nick in use. */
static bool refuses(int numeric)
{
    static const int numerics[] = {401, 403, 404, 405, 407, 432, 433, 435, 437, 438, 441,
                                   442, 443, 447, 461, 471, 472, 473, 474, 475, 476, 477,
                                   478, 479, 480, 481, 482, 484, 485, 489, 492, 494, 495,
                                   500, 518, 520, 543, 690, 696, 697, 972, 974};
    for (size_t i = 0; i < sizeof numerics / sizeof *numerics; i++)
        if (numerics[i] == numeric)
            return true;
    return false;
}

static bool concerns(const struct network *n, const struct asked *asked, const struct irc_msg *msg)
{
    enum casemapping map = irc_state_isupport(n->state)->casemapping;
    for (int i = 1; i + 1 < msg->nparams; i++)
        if ((*asked->channel && irc_equal(map, msg->params[i], asked->channel)) ||
            (*asked->about && irc_equal(map, msg->params[i], asked->about)))
            return true;
    return false;
}

void core_memory_numeric(struct network *n, const struct irc_msg *msg)
{
    if (!n->core || msg->nparams < 2 || !refuses(msg->numeric))
        return;
    int64_t now = clock_now(n->server->clock);
    for (size_t i = 0; i < MAX_ASKED; i++) {
        /* From the oldest on: a server answers in order. */
        struct asked *asked = &n->core->asked[(n->core->next_asked + i) % MAX_ASKED];
        if (!asked->later || now - asked->when_ms > ASKED_MS || !concerns(n, asked, msg))
            continue;
        struct core_later *later = asked->later;
        asked->later = NULL;
        core_later_end(later, "The server says no: %s%s%.300s", *asked->about ? asked->about : "",
                       *asked->about ? ": " : "", irc_param(msg, msg->nparams - 1));
        forget_asked(asked);
        return;
    }
}
