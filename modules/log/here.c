#include "modules/log/here.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

enum { NAME_SIZE = 256, CHANNELS_MAX = 500, NICKS_MAX = 100000 };

struct nick {
    UT_hash_handle hh;
    char name[];
};

struct channel {
    struct nick *nicks;
    bool is_new; /* perhaps not all are known */
    UT_hash_handle hh;
    char name[];
};

static struct channel *channels;
static size_t nick_count; /* over all channels */

static struct channel *find(seshet_ctx *ctx, const char *channel)
{
    char name[NAME_SIZE];
    struct channel *c = NULL;
    if (seshet_fold(ctx, name, sizeof name, channel) >= 0)
        HASH_FIND_STR(channels, name, c);
    return c;
}

static void add_nick(struct channel *c, const char *folded)
{
    struct nick *n;
    HASH_FIND_STR(c->nicks, folded, n);
    if (n || nick_count >= NICKS_MAX)
        return;
    size_t len = strlen(folded);
    n = calloc(1, sizeof *n + len + 1);
    if (!n)
        abort();
    memcpy(n->name, folded, len + 1);
    HASH_ADD_KEYPTR(hh, c->nicks, n->name, len, n);
    nick_count++;
}

/* Whether it was there. */
static bool drop_nick(struct channel *c, const char *folded)
{
    struct nick *n;
    HASH_FIND_STR(c->nicks, folded, n);
    if (!n)
        return false;
    HASH_DEL(c->nicks, n);
    free(n);
    nick_count--;
    return true;
}

static void drop_channel(struct channel *c)
{
    struct nick *n;
    struct nick *next;
    HASH_ITER(hh, c->nicks, n, next)
    {
        HASH_DEL(c->nicks, n);
        free(n);
        nick_count--;
    }
    HASH_DEL(channels, c);
    free(c);
}

static int on_member(seshet_ctx *ctx, const seshet_member *m, void *arg)
{
    char name[NAME_SIZE];
    if (seshet_fold(ctx, name, sizeof name, m->nick) >= 0)
        add_nick(arg, name);
    return 0;
}

static struct channel *find_or_add(seshet_ctx *ctx, const char *channel, bool *added)
{
    char name[NAME_SIZE];
    struct channel *c = find(ctx, channel);
    *added = false;
    if (c || HASH_COUNT(channels) >= CHANNELS_MAX ||
        seshet_fold(ctx, name, sizeof name, channel) < 0)
        return c;
    size_t len = strlen(name);
    c = calloc(1, sizeof *c + len + 1);
    if (!c)
        abort();
    memcpy(c->name, name, len + 1);
    HASH_ADD_KEYPTR(hh, channels, c->name, len, c);
    *added = true;
    return c;
}

void here_know(seshet_ctx *ctx, const char *channel)
{
    bool added;
    struct channel *c = find_or_add(ctx, channel, &added);
    if (added)
        seshet_members(ctx, channel, on_member, c);
}

void here_begin(seshet_ctx *ctx, const char *channel)
{
    bool added;
    struct channel *c = find_or_add(ctx, channel, &added);
    if (c)
        c->is_new = true;
}

void here_learn(seshet_ctx *ctx)
{
    for (struct channel *c = channels; c; c = c->hh.next) {
        if (c->is_new)
            seshet_members(ctx, c->name, on_member, c);
        c->is_new = false;
    }
}

void here_join(seshet_ctx *ctx, const char *channel, const char *nick)
{
    char name[NAME_SIZE];
    struct channel *c = find(ctx, channel);
    if (c && seshet_fold(ctx, name, sizeof name, nick) >= 0)
        add_nick(c, name);
}

void here_leave(seshet_ctx *ctx, const char *channel, const char *nick)
{
    char name[NAME_SIZE];
    struct channel *c = find(ctx, channel);
    if (c && seshet_fold(ctx, name, sizeof name, nick) >= 0)
        (void)drop_nick(c, name);
}

void here_rename(seshet_ctx *ctx, const char *nick, const char *new_nick)
{
    char from[NAME_SIZE];
    char to[NAME_SIZE];
    if (seshet_fold(ctx, from, sizeof from, nick) < 0 ||
        seshet_fold(ctx, to, sizeof to, new_nick) < 0)
        return;
    for (struct channel *c = channels; c; c = c->hh.next)
        if (drop_nick(c, from))
            add_nick(c, to);
}

void here_each(seshet_ctx *ctx, const char *nick, bool quits, here_fn each, void *arg)
{
    char name[NAME_SIZE];
    if (seshet_fold(ctx, name, sizeof name, nick) < 0)
        return;
    for (struct channel *c = channels; c; c = c->hh.next) {
        struct nick *n;
        HASH_FIND_STR(c->nicks, name, n);
        if (!n)
            continue;
        each(ctx, c->name, arg);
        if (quits)
            (void)drop_nick(c, name);
    }
}

void here_forget(seshet_ctx *ctx, const char *channel)
{
    struct channel *c = find(ctx, channel);
    if (c)
        drop_channel(c);
}

void here_forget_all(void)
{
    struct channel *c;
    struct channel *next;
    HASH_ITER(hh, channels, c, next)
    {
        drop_channel(c);
    }
}
