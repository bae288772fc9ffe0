#include "net/link/joins.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "base/xmalloc.h"
#include "net/link/conn.h"

#define BATCH_CHANNELS  10  /* channels in one JOIN, where TARGMAX does not say fewer */
#define WORD_MAX        190 /* bytes of a name or key: two of each fit a line */
#define ANSWER_MS       120000
#define REJOIN_FIRST_MS 5000
#define CLOSED_FIRST_MS 60000
#define RETRY_MAX_MS    900000
#define SETTLED_MS      600000 /* so long inside: a KICK starts the backoff anew */

void joins_init(struct joins *j)
{
    *j = (struct joins){.due_ms = INT64_MAX};
}

static void entry_free(struct joins_entry *e)
{
    free(e->name);
    free(e->forward);
    str_free_secret(e->key);
}

void joins_free(struct joins *j)
{
    for (size_t i = 0; i < j->n; i++)
        entry_free(&j->entries[i]);
    free(j->entries);
    j->entries = NULL;
    j->n = 0;
}

static struct joins_entry *find(struct joins *j, const struct isupport *is, const char *name)
{
    for (size_t i = 0; i < j->n; i++)
        if (irc_equal(is->casemapping, j->entries[i].name, name))
            return &j->entries[i];
    return NULL;
}

/* Also by the name we were forwarded to. */
static struct joins_entry *find_place(struct joins *j, const struct isupport *is, const char *name)
{
    struct joins_entry *e = find(j, is, name);
    for (size_t i = 0; !e && i < j->n; i++)
        if (j->entries[i].forward && irc_equal(is->casemapping, j->entries[i].forward, name))
            e = &j->entries[i];
    return e;
}

static void plan(struct joins *j)
{
    j->due_ms = INT64_MAX;
    for (size_t i = 0; i < j->n; i++) {
        const struct joins_entry *e = &j->entries[i];
        bool timed = e->state == JOINS_WAIT || e->state == JOINS_ASKED;
        if (timed && e->due_ms < j->due_ms)
            j->due_ms = e->due_ms;
    }
}

static void wait_for(struct joins_entry *e, uint32_t first_ms, int64_t now)
{
    e->state = JOINS_WAIT;
    e->backoff.first_ms = first_ms;
    e->backoff.max_ms = RETRY_MAX_MS;
    e->due_ms = now + backoff_next(&e->backoff);
}

/* JOIN lines under way: channels with a key stand first, as their keys are matched by position. */
struct batch {
    char names[400];
    char keys[400];
    size_t channels;
    struct joins_entry *entries[BATCH_CHANNELS];
};

static void batch_send(struct batch *b, const struct joins_context *ctx)
{
    if (!b->channels)
        return;
    int rc = sink_printf(ctx->out, "JOIN %s%s%s", b->names, *b->keys ? " " : "", b->keys);
    for (size_t i = 0; i < b->channels; i++) {
        if (rc) {
            wait_for(b->entries[i], REJOIN_FIRST_MS, ctx->now);
        } else {
            b->entries[i]->state = JOINS_ASKED;
            b->entries[i]->due_ms = ctx->now + ANSWER_MS;
        }
    }
    explicit_bzero(b->keys, sizeof b->keys);
    b->names[0] = b->keys[0] = '\0';
    b->channels = 0;
}

static void append(char *list, size_t size, const char *word)
{
    size_t len = strlen(list);
    snprintf(list + len, size - len, "%s%s", len ? "," : "", word);
}

static bool batch_is_full(const struct batch *b, const struct isupport *is)
{
    return b->channels == BATCH_CHANNELS || (is->targmax_join && b->channels >= is->targmax_join);
}

static void batch_add(struct batch *b, struct joins_entry *e, const struct joins_context *ctx)
{
    size_t key_len = e->key ? strlen(e->key) : 0;
    size_t len = strlen(b->names) + strlen(b->keys) + strlen(e->name) + key_len + 2;
    if (batch_is_full(b, ctx->isupport) || len >= sizeof b->names)
        batch_send(b, ctx);
    append(b->names, sizeof b->names, e->name);
    if (e->key)
        append(b->keys, sizeof b->keys, e->key);
    b->entries[b->channels++] = e;
}

/* Sends the JOINs that are due. */
static void join_due(struct joins *j, const struct joins_context *ctx)
{
    struct batch batch = {.channels = 0};
    for (int keyed = 1; keyed >= 0; keyed--)
        for (size_t i = 0; i < j->n; i++) {
            struct joins_entry *e = &j->entries[i];
            if ((e->key != NULL) == keyed && e->state == JOINS_WAIT && e->due_ms <= ctx->now)
                batch_add(&batch, e, ctx);
        }
    batch_send(&batch, ctx);
    plan(j);
}

void joins_online(struct joins *j, const struct joins_context *ctx)
{
    j->online = true;
    for (size_t i = 0; i < j->n; i++) {
        struct joins_entry *e = &j->entries[i];
        backoff_reset(&e->backoff);
        e->state = JOINS_WAIT;
        e->due_ms = ctx->now;
    }
    join_due(j, ctx);
}

void joins_offline(struct joins *j)
{
    j->online = false;
    j->due_ms = INT64_MAX;
    for (size_t i = 0; i < j->n; i++) {
        j->entries[i].state = JOINS_OUT;
        free(j->entries[i].forward);
        j->entries[i].forward = NULL;
    }
}

void joins_tick(struct joins *j, const struct joins_context *ctx)
{
    if (!j->online || ctx->now < j->due_ms)
        return;
    for (size_t i = 0; i < j->n; i++) {
        struct joins_entry *e = &j->entries[i];
        if (e->state == JOINS_ASKED && e->due_ms <= ctx->now)
            wait_for(e, CLOSED_FIRST_MS, ctx->now);
    }
    join_due(j, ctx);
}

static void take_over(struct joins_entry *e, const struct conn_channel *channel)
{
    e->doomed = false;
    str_free_secret(e->key);
    e->key = channel->key && *channel->key ? xstrdup(channel->key) : NULL;
}

static bool is_word(const char *s, size_t most)
{
    size_t len = strlen(s);
    return len > 0 && len <= most && len == strcspn(s, " ,\r\n\a");
}

/* What cannot stand in a JOIN would spoil the other channels of its line. */
static bool is_sound(const struct conn_channel *channel, const struct joins_context *ctx)
{
    bool key = !channel->key || !*channel->key || is_word(channel->key, WORD_MAX);
    if (key && is_word(channel->name, WORD_MAX))
        return true;
    log_warn("irc.channel_given_up", LOG_NETWORK(ctx->network),
             "%.*s%s: names and keys have at most %d bytes, no spaces and no commas", WORD_MAX,
             channel->name, key ? "" : " (its key)", WORD_MAX);
    return false;
}

static void leave_doomed(struct joins *j, const struct joins_context *ctx)
{
    size_t kept = 0;
    for (size_t i = 0; i < j->n; i++) {
        struct joins_entry *e = &j->entries[i];
        if (!e->doomed) {
            j->entries[kept++] = *e;
            continue;
        }
        if (j->online && (e->state == JOINS_IN || e->state == JOINS_ASKED))
            sink_printf(ctx->out, "PART %s", e->forward ? e->forward : e->name);
        entry_free(e);
    }
    j->n = kept;
}

void joins_set(struct joins *j, const struct conn_channel *channels, size_t n,
               const struct joins_context *ctx)
{
    for (size_t i = 0; i < j->n; i++)
        j->entries[i].doomed = true;
    if (n)
        j->entries = xrealloc(j->entries, (j->n + n) * sizeof *j->entries);
    for (size_t i = 0; i < n; i++) {
        if (!is_sound(&channels[i], ctx))
            continue;
        struct joins_entry *e = find(j, ctx->isupport, channels[i].name);
        if (!e) {
            e = &j->entries[j->n++];
            *e = (struct joins_entry){.name = xstrdup(channels[i].name)};
            e->state = j->online ? JOINS_WAIT : JOINS_OUT;
            e->due_ms = ctx->now;
        }
        take_over(e, &channels[i]);
        /* Named again by a person, or with another key: worth a try now. */
        if (e->state == JOINS_WAIT || (e->state == JOINS_GIVEN_UP && j->online)) {
            e->state = JOINS_WAIT;
            e->due_ms = ctx->now;
        }
    }
    leave_doomed(j, ctx);
    if (j->online)
        join_due(j, ctx);
}

static void entered(struct joins *j, const char *channel, const struct joins_context *ctx)
{
    struct joins_entry *e = find_place(j, ctx->isupport, channel);
    if (!e)
        return;
    e->state = JOINS_IN;
    e->in_ms = ctx->now;
    if (e->forward && irc_equal(ctx->isupport->casemapping, e->name, channel)) {
        free(e->forward);
        e->forward = NULL;
    }
}

static void put_out(struct joins *j, const char *channel, const char *how, const char *why,
                    const struct joins_context *ctx)
{
    struct joins_entry *e = find_place(j, ctx->isupport, channel);
    if (!e || e->state != JOINS_IN)
        return;
    if (ctx->now - e->in_ms >= SETTLED_MS)
        backoff_reset(&e->backoff);
    free(e->forward);
    e->forward = NULL;
    wait_for(e, REJOIN_FIRST_MS, ctx->now);
    log_info("irc.channel_lost", LOG_NETWORK(ctx->network), "%s %s%s%s; joining it again in %lld s",
             how, e->name, *why ? ": " : "", why, (long long)(e->due_ms - ctx->now) / 1000);
}

/* A list of channels, as PART and some servers' JOIN have it. */
static void each_channel(struct joins *j, const struct irc_msg *msg,
                         const struct joins_context *ctx)
{
    char name[512];
    const char *list = irc_param(msg, 0);
    while (*list) {
        size_t len = strcspn(list, ",");
        snprintf(name, sizeof name, "%.*s", (int)len, list);
        if (msg->word == IRC_JOIN)
            entered(j, name, ctx);
        else
            put_out(j, name, "Was made to leave", irc_param(msg, 1), ctx);
        list += len + (list[len] == ',');
    }
}

static void refused(struct joins *j, const struct irc_msg *msg, const struct joins_context *ctx)
{
    struct joins_entry *e = find(j, ctx->isupport, irc_param(msg, 1));
    if (!e || e->state != JOINS_ASKED)
        return;
    bool first = e->backoff.failures == 0;
    wait_for(e, CLOSED_FIRST_MS, ctx->now);
    if (first)
        log_warn("irc.channel_closed", LOG_NETWORK(ctx->network),
                 "Cannot join %s: %s; trying again", e->name, irc_param(msg, 2));
}

static void impossible(struct joins *j, const struct irc_msg *msg, const struct joins_context *ctx)
{
    struct joins_entry *e = find(j, ctx->isupport, irc_param(msg, 1));
    if (!e || e->state != JOINS_ASKED)
        return;
    e->state = JOINS_GIVEN_UP;
    log_warn("irc.channel_given_up", LOG_NETWORK(ctx->network),
             "Cannot join %s: %s; not tried again before the next connection", e->name,
             irc_param(msg, 2));
}

/* ERR_LINKCHANNEL: "<me> <channel> <other channel> :Forwarding to another channel" */
static void forwarded(struct joins *j, const struct irc_msg *msg, const struct joins_context *ctx)
{
    struct joins_entry *e = find(j, ctx->isupport, irc_param(msg, 1));
    if (!e || e->state != JOINS_ASKED || msg->nparams < 4)
        return;
    free(e->forward);
    e->forward = xstrdup(irc_param(msg, 2));
    log_info("irc.channel_forwarded", LOG_NETWORK(ctx->network), "The server forwards %s to %s",
             e->name, e->forward);
}

static bool about_me(const char *name, const struct joins_context *ctx)
{
    return name && irc_equal(ctx->isupport->casemapping, name, ctx->me);
}

void joins_feed(struct joins *j, const struct irc_msg *msg, const struct joins_context *ctx)
{
    switch (msg->numeric) {
    case 0:
        if (msg->word == IRC_KICK) {
            if (about_me(irc_param(msg, 1), ctx))
                put_out(j, irc_param(msg, 0), "Was kicked out of", irc_param(msg, 2), ctx);
        } else if (about_me(msg->nick, ctx)) {
            each_channel(j, msg, ctx);
        }
        break;
    case 437: /* ERR_UNAVAILRESOURCE */
    case 471: /* ERR_CHANNELISFULL */
    case 473: /* ERR_INVITEONLYCHAN */
    case 474: /* ERR_BANNEDFROMCHAN */
    case 475: /* ERR_BADCHANNELKEY */
    case 477: /* ERR_NEEDREGGEDNICK */
        refused(j, msg, ctx);
        break;
    case 403: /* ERR_NOSUCHCHANNEL */
    case 405: /* ERR_TOOMANYCHANNELS */
    case 476: /* ERR_BADCHANMASK */
        impossible(j, msg, ctx);
        break;
    case 470:
        forwarded(j, msg, ctx);
        break;
    default:
        return;
    }
    plan(j);
}
