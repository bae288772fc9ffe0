#include "server/say/more.h"

#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "base/xmalloc.h"

struct rest {
    uint64_t number; /* rises; 0: the slot is free */
    int64_t when_ms;
    char *nick;
    char *address; /* user@host */
    char *place;
    char *text;
    size_t len;
};

struct more {
    struct rest rests[MORE_RESTS_MAX];
    uint64_t last_number;
};

struct more *more_new(void)
{
    return xcalloc(1, sizeof(struct more));
}

static void drop(struct rest *r)
{
    free(r->nick);
    free(r->address);
    free(r->place);
    free(r->text);
    *r = (struct rest){0};
}

void more_free(struct more *more)
{
    for (size_t i = 0; more && i < MORE_RESTS_MAX; i++)
        drop(&more->rests[i]);
    free(more);
}

static void drop_old(struct more *more, int64_t now_ms)
{
    for (size_t i = 0; i < MORE_RESTS_MAX; i++)
        if (more->rests[i].number && now_ms - more->rests[i].when_ms >= MORE_KEEP_MS)
            drop(&more->rests[i]);
}

/* What may still be put behind `held` bytes; never a part of a character. */
static size_t fitting(size_t held, const char *text, size_t len, size_t *cut)
{
    size_t room = held < MORE_BYTES_MAX ? MORE_BYTES_MAX - held : 0;
    size_t kept = len <= room ? len : utf8_cut(text, len, room);
    *cut = len - kept;
    return kept;
}

/* The one of the same nick and place, or else the oldest; a free one is older than all. */
static struct rest *slot_for(struct more *more, const struct isupport *is, const char *nick,
                             const char *place)
{
    struct rest *oldest = &more->rests[0];
    for (size_t i = 0; i < MORE_RESTS_MAX; i++) {
        struct rest *r = &more->rests[i];
        if (r->number && irc_equal(is->casemapping, r->nick, nick) &&
            irc_equal(is->casemapping, r->place, place))
            return r;
        if (r->number < oldest->number)
            oldest = r;
    }
    return oldest;
}

uint64_t more_keep(struct more *more, const struct isupport *is, const struct more_person *who,
                   const char *place, const char *text, size_t len, int64_t now_ms, size_t *cut)
{
    drop_old(more, now_ms);
    struct rest *r = slot_for(more, is, who->nick, place);
    drop(r);
    *r = (struct rest){.number = ++more->last_number,
                       .when_ms = now_ms,
                       .nick = xstrdup(who->nick),
                       .address = xasprintf("%s@%s", who->user, who->host),
                       .place = xstrdup(place)};
    r->len = fitting(0, text, len, cut);
    r->text = xmalloc(r->len + 1);
    memcpy(r->text, text, r->len); /* it has no NUL of its own */
    r->text[r->len] = '\0';
    return r->number;
}

bool more_add(struct more *more, uint64_t number, const char *text, size_t len, int64_t now_ms,
              size_t *cut)
{
    drop_old(more, now_ms);
    for (size_t i = 0; i < MORE_RESTS_MAX; i++) {
        struct rest *r = &more->rests[i];
        if (r->number != number)
            continue;
        size_t kept = fitting(r->len + 1, text, len, cut);
        if (!kept)
            return true;
        r->text = xrealloc(r->text, r->len + 1 + kept + 1);
        r->text[r->len] = '\n';
        memcpy(r->text + r->len + 1, text, kept);
        r->len += 1 + kept;
        r->text[r->len] = '\0';
        return true;
    }
    return false;
}

static bool is_his(const struct rest *r, const struct isupport *is, const struct more_person *who)
{
    size_t user = strlen(who->user);
    return irc_equal(is->casemapping, r->nick, who->nick) &&
           strncmp(r->address, who->user, user) == 0 && r->address[user] == '@' &&
           strcmp(r->address + user + 1, who->host) == 0;
}

bool more_take(struct more *more, const struct isupport *is, const struct more_person *who,
               const char *place, int64_t now_ms, struct more_rest *rest)
{
    struct rest *last = NULL;
    drop_old(more, now_ms);
    for (size_t i = 0; i < MORE_RESTS_MAX; i++) {
        struct rest *r = &more->rests[i];
        if (r->number && is_his(r, is, who) &&
            (!*place || irc_equal(is->casemapping, r->place, place)) &&
            (!last || r->number > last->number))
            last = r;
    }
    if (!last)
        return false;
    *rest = (struct more_rest){.text = last->text, .place = last->place};
    last->text = last->place = NULL;
    drop(last);
    return true;
}

/* "@#chan" is said in #chan too. */
static bool is_in(const struct rest *r, const struct isupport *is, const char *channel)
{
    return irc_equal(is->casemapping, isupport_skip_statusmsg(is, r->place), channel);
}

void more_forget(struct more *more, const struct isupport *is, const char *nick,
                 const char *channel)
{
    for (size_t i = 0; i < MORE_RESTS_MAX; i++) {
        struct rest *r = &more->rests[i];
        if (r->number && irc_equal(is->casemapping, r->nick, nick) &&
            (!channel || is_in(r, is, channel)))
            drop(r);
    }
}

void more_forget_place(struct more *more, const struct isupport *is, const char *channel)
{
    for (size_t i = 0; i < MORE_RESTS_MAX; i++)
        if (more->rests[i].number && (!channel || is_in(&more->rests[i], is, channel)))
            drop(&more->rests[i]);
}
