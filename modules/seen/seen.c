/*
 * seen: when somebody was last here, and doing what.
 *
 * One record for each nick and network, under the nick as the network folds it:
 * "TIME KIND NICK CHANNEL TEXT". At most INDEX_MAX nicks (see index.h), the oldest are forgotten. A
 * nick that speaks in quick succession is written at once, then at most every HOLD_MS, from memory;
 * memory is asked first, so answers are always the newest. A crash can lose what a nick did within
 * HOLD_MS after the last write.
 *
 * What happened in a channel is told in that channel alone: others may not be meant to know.
 */
#include <inttypes.h>
#include <seshet/module.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "modules/common/phrase.h"
#include "modules/seen/index.h"

enum {
    HOLD_MS = 5000,
    NICK_SIZE = INDEX_NICK_SIZE,
    RECORD_SIZE = 1536,
    TEXT_MAX = 500,
    BUCKETS = 512,
    ENTRIES_MAX = 4096
};

/* What is known of a nick since this host began. */
struct entry {
    struct entry *next;  /* in its bucket */
    struct entry *later; /* in the queue of those that wait to be written */
    char *record;
    int64_t written_ms;
    int64_t due_ms;
    int waits;
    int indexed; /* has its place */
    char nick[]; /* folded */
};

static struct entry *buckets[BUCKETS];
static struct entry *first_waiting;
static struct entry **last_waiting = &first_waiting;
static size_t entries;
static int storage_failed;

static struct entry **find(const char *nick)
{
    uint32_t hash = 2166136261U; /* FNV-1a */
    for (const char *p = nick; *p; p++)
        hash = (hash ^ (unsigned char)*p) * 16777619U;
    struct entry **at = &buckets[hash % BUCKETS];
    while (*at && strcmp((*at)->nick, nick) != 0)
        at = &(*at)->next;
    return at;
}

static void enqueue(struct entry *e, int64_t now)
{
    e->waits = 1;
    e->due_ms = now + HOLD_MS;
    e->later = NULL;
    *last_waiting = e;
    last_waiting = &e->later;
}

/* 0, or an error. */
static int store(seshet_ctx *ctx, struct entry *e)
{
    char forgotten[INDEX_NICK_SIZE] = "";
    int error = e->indexed ? 0 : index_add(ctx, e->nick, forgotten);
    struct entry *other = forgotten[0] ? *find(forgotten) : NULL;
    if (other)
        other->indexed = 0;
    if (error)
        return error;
    e->indexed = 1;
    return seshet_set(ctx, SESHET_HERE, e->nick, e->record);
}

static void write_record(seshet_ctx *ctx, struct entry *e, int64_t now)
{
    e->written_ms = now;
    int result = store(ctx, e);
    if (result < 0 && !e->waits)
        enqueue(e, now); /* again later */
    if (result < 0 && !storage_failed)
        seshet_log(ctx, 2, "cannot record who was seen: %s; trying again", seshet_strerror(result));
    storage_failed = result < 0;
}

static struct entry *dequeue(void)
{
    struct entry *e = first_waiting;
    first_waiting = e->later;
    if (!first_waiting)
        last_waiting = &first_waiting;
    e->waits = 0;
    return e;
}

static void write_due(seshet_ctx *ctx, int64_t now)
{
    while (first_waiting && first_waiting->due_ms <= now)
        write_record(ctx, dequeue(), now);
}

static int64_t record_time(const char *record)
{
    return strtoll(record, NULL, 10);
}

/* At the end of this host: after a reload, the next one may have seen newer things already. */
static void write_all(seshet_ctx *ctx)
{
    while (first_waiting) {
        struct entry *e = dequeue();
        char stored[RECORD_SIZE];
        int len = seshet_get(ctx, SESHET_HERE, e->nick, stored, sizeof stored);
        if (len >= 0 && record_time(stored) > record_time(e->record))
            continue;
        int result = store(ctx, e);
        if (result < 0)
            seshet_log(ctx, 2, "lost when %s was seen last: %s", e->nick, seshet_strerror(result));
    }
}

static void forget_all(void)
{
    for (size_t i = 0; i < BUCKETS; i++)
        while (buckets[i]) {
            struct entry *e = buckets[i];
            buckets[i] = e->next;
            free(e->record);
            free(e);
        }
    entries = 0;
}

static struct entry *find_or_add(seshet_ctx *ctx, const char *folded)
{
    if (entries >= ENTRIES_MAX) {
        write_all(ctx);
        forget_all();
    }
    struct entry **at = find(folded);
    if (!*at) {
        size_t size = strlen(folded) + 1;
        struct entry *e = calloc(1, sizeof *e + size);
        if (!e)
            abort();
        memcpy(e->nick, folded, size);
        *at = e;
        entries++;
    }
    return *at;
}

static void record(seshet_ctx *ctx, int64_t now, const char *nick, const char *kind,
                   const char *channel, const char *text)
{
    char folded[NICK_SIZE];
    char line[RECORD_SIZE];
    if (!nick[0] || seshet_fold(ctx, folded, sizeof folded, nick) < 0)
        return;
    int len = snprintf(line, sizeof line, "%" PRId64 " %s %s %s %.*s", now, kind, nick,
                       channel[0] ? channel : "-", (int)phrase_cut(text, TEXT_MAX), text);
    if (len < 0 || (size_t)len >= sizeof line)
        return;
    struct entry *e = find_or_add(ctx, folded);
    free(e->record);
    e->record = strdup(line);
    if (!e->record)
        abort();
    if (!e->waits && now - e->written_ms >= HOLD_MS)
        write_record(ctx, e, now);
    else if (!e->waits)
        enqueue(e, now);
}

static void on_event(seshet_ctx *ctx, const seshet_event *ev)
{
    char text[RECORD_SIZE];
    int64_t now = ev->time_ms;
    write_due(ctx, now);
    if (ev->is_private)
        return;
    switch (ev->type) {
    case SESHET_KICK:
        snprintf(text, sizeof text, "%s: %.*s", ev->nick, (int)phrase_cut(ev->text, TEXT_MAX),
                 ev->text);
        record(ctx, now, ev->target, "kicked", ev->channel, text);
        if (!ev->from_me)
            record(ctx, now, ev->nick, "kicking", ev->channel, ev->target);
        break;
    case SESHET_NICK:
        if (ev->from_me)
            break;
        record(ctx, now, ev->nick, "renamed", "", ev->target);
        if (seshet_casecmp(ctx, ev->nick, ev->target) != 0)
            record(ctx, now, ev->target, "was", "", ev->nick);
        break;
    default:
        if (ev->from_me)
            break;
        record(ctx, now, ev->nick,
               ev->type == SESHET_JOIN     ? "join"
               : ev->type == SESHET_PART   ? "part"
               : ev->type == SESHET_QUIT   ? "quit"
               : ev->type == SESHET_ACTION ? "action"
                                           : "message",
               ev->channel, ev->text);
    }
}

/* "just now", "1 minute ago", "3 hours ago". */
static void say_age(char *dst, size_t size, int64_t ms)
{
    char duration[32];
    phrase_duration(duration, sizeof duration, ms);
    if (ms < 1000)
        snprintf(dst, size, "just now");
    else
        snprintf(dst, size, "%s ago", duration);
}

/* Each kind of record in words. */
static void say_deed(seshet_ctx *ctx, const char *nick, const char *who, const char *age,
                     const char *kind, const char *channel, const char *text)
{
    const char *colon = text[0] ? ": " : "";
    if (strcmp(kind, "message") == 0)
        seshet_reply(ctx, "%s was last seen %s, in %s, saying: %s", who, age, channel, text);
    else if (strcmp(kind, "action") == 0)
        seshet_reply(ctx, "%s was last seen %s, in %s: * %s %s", who, age, channel, nick, text);
    else if (strcmp(kind, "join") == 0)
        seshet_reply(ctx, "%s was last seen %s, joining %s", who, age, channel);
    else if (strcmp(kind, "part") == 0)
        seshet_reply(ctx, "%s was last seen %s, leaving %s%s%s", who, age, channel, colon, text);
    else if (strcmp(kind, "quit") == 0)
        seshet_reply(ctx, "%s was last seen %s, leaving the network%s%s", who, age, colon, text);
    else if (strcmp(kind, "kicked") == 0)
        seshet_reply(ctx, "%s was last seen %s, kicked from %s by %s", who, age, channel, text);
    else if (strcmp(kind, "kicking") == 0)
        seshet_reply(ctx, "%s was last seen %s, kicking %s from %s", who, age, text, channel);
    else if (strcmp(kind, "renamed") == 0)
        seshet_reply(ctx, "%s was last seen %s, changing nick to %s", who, age, text);
    else
        seshet_reply(ctx, "%s was last seen %s, changing nick from %s", who, age, text);
}

/* Cuts a copy of a record into its fields; the last one is the text. 0, or -1. */
static int cut(char *line, char *fields[5])
{
    for (int i = 0; i < 4; i++) {
        fields[i] = line;
        line = strchr(line, ' ');
        if (!line)
            return -1;
        *line++ = 0;
    }
    fields[4] = line;
    return 0;
}

static int is_here(seshet_ctx *ctx, const seshet_event *ev, const char *nick)
{
    char modes[32];
    return !ev->is_private && seshet_member_modes(ctx, ev->channel, nick, modes, sizeof modes) >= 0;
}

static void say_record(seshet_ctx *ctx, const seshet_event *ev, const char *record)
{
    char line[RECORD_SIZE];
    char *fields[5];
    char age[64];
    char who[NICK_SIZE + 32];
    snprintf(line, sizeof line, "%s", record);
    if (cut(line, fields)) {
        seshet_log(ctx, 2, "a record cannot be read: %.100s", record);
        seshet_reply(ctx, "I cannot read what I have written down about them.");
        return;
    }
    const char *nick = fields[2];
    const char *channel = fields[3];
    snprintf(who, sizeof who, "%.*s%s", NICK_SIZE, nick,
             is_here(ctx, ev, nick) ? " is here now and" : "");
    say_age(age, sizeof age, ev->time_ms - record_time(fields[0]));
    int has_channel = strcmp(channel, "-") != 0;
    if (has_channel && (ev->is_private || seshet_casecmp(ctx, channel, ev->channel) != 0))
        seshet_reply(ctx, "%s was last seen %s, in %s channel", who, age,
                     ev->is_private ? "a" : "another");
    else
        say_deed(ctx, nick, who, age, fields[1], channel, fields[4]);
}

static void look_up(seshet_ctx *ctx, const seshet_event *ev, const char *nick)
{
    char folded[NICK_SIZE];
    char line[RECORD_SIZE];
    if (seshet_fold(ctx, folded, sizeof folded, nick) < 0) {
        seshet_reply(ctx, "That is no nick.");
        return;
    }
    struct entry *e = *find(folded);
    if (e) {
        say_record(ctx, ev, e->record);
        return;
    }
    int len = seshet_get(ctx, SESHET_HERE, folded, line, sizeof line);
    if (len >= 0)
        say_record(ctx, ev, line);
    else if (len == SESHET_ENOTFOUND && is_here(ctx, ev, nick))
        seshet_reply(ctx, "%s is here now; I have not seen them do anything yet.", nick);
    else if (len == SESHET_ENOTFOUND)
        seshet_reply(ctx, "I have not seen %s.", nick);
    else
        seshet_reply(ctx, "I cannot look that up now: %s.", seshet_strerror(len));
}

static void seen(seshet_ctx *ctx, const seshet_event *ev)
{
    char nick[NICK_SIZE];
    size_t len = strcspn(ev->args, " ");
    while (len && ev->args[len - 1] == '?')
        len--;
    if (!len)
        seshet_reply(ctx, "Whom do you mean? %s NICK", ev->command);
    else if (len >= sizeof nick || ev->args[0] == '#') /* which begins the keys of the index */
        seshet_reply(ctx, "That is no nick.");
    else {
        memcpy(nick, ev->args, len);
        nick[len] = 0;
        if (seshet_casecmp(ctx, nick, seshet_own_nick(ctx)) == 0)
            seshet_reply(ctx, "You are talking to me.");
        else if (seshet_casecmp(ctx, nick, ev->nick) == 0)
            seshet_reply(ctx, "You are here, %s.", ev->nick);
        else
            look_up(ctx, ev, nick);
    }
    on_event(ctx, ev); /* who asks is seen as well */
}

/* clang-format off */
SESHET_MODULE(
    .name = "seen", .version = "1.0",
    .description = "Remembers when somebody was last here, and doing what.",
    .commands = SESHET_COMMANDS(
        { "seen", seen, .usage = "NICK", .help = "Tell when NICK was last here." }),
    .events = SESHET_EVENTS(
        { SESHET_MESSAGE, on_event }, { SESHET_ACTION, on_event }, { SESHET_JOIN, on_event },
        { SESHET_PART, on_event }, { SESHET_QUIT, on_event }, { SESHET_NICK, on_event },
        { SESHET_KICK, on_event }),
    .unload = write_all,
)
