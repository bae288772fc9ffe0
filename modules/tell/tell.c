/*
 * tell: keeps messages for people who are away, and gives them in private the next time they say
 * something or join.
 *
 * Storage, for each network:
 *   to/NICK    the messages that wait for NICK (folded), oldest first, each a line
 *              "TIME FROM WHO CHANNEL TEXT"; FROM is the sender's nick, WHO as who.h writes it;
 *              CHANNEL is "-" for a message that was left in private
 * For whom there is something is kept in memory as well, so that not every message of every channel
 * asks the storage; it is read when the module begins.
 */
#include <inttypes.h>
#include <seshet/module.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "modules/common/phrase.h"
#include "modules/common/place.h"
#include "modules/common/who.h"

enum {
    PER_RECIPIENT = 5,
    PER_SENDER = 10,
    RECIPIENTS_MAX = 500,
    TEXT_MAX = 350,
    NICK_SIZE = 65,
    KEY_SIZE = NICK_SIZE + 8,
    RECORD_SIZE = 4096, /* PER_RECIPIENT lines and more */
    RETRY_MS = 10000,
};
static const int64_t KEPT_MS = 90 * INT64_C(86400000);

static const char prefix[] = "to/";

static char waiting[RECIPIENTS_MAX][NICK_SIZE]; /* folded */
static size_t nwaiting;
static int is_read;
static int64_t read_again_ms;

static size_t find(const char *nick)
{
    size_t i = 0;
    while (i < nwaiting && strcmp(waiting[i], nick) != 0)
        i++;
    return i;
}

static void await(const char *nick)
{
    if (find(nick) == nwaiting && nwaiting < RECIPIENTS_MAX)
        phrase_copy(waiting[nwaiting++], NICK_SIZE, nick);
}

static void forget(const char *nick)
{
    size_t i = find(nick);
    if (i < nwaiting)
        memmove(waiting[i], waiting[--nwaiting], NICK_SIZE);
}

static int one_key(seshet_ctx *ctx, const char *key, void *arg)
{
    (void)ctx;
    (void)arg;
    await(key + strlen(prefix));
    return 0;
}

/* 0, or an error. */
static int read_names(seshet_ctx *ctx)
{
    if (is_read)
        return 0;
    nwaiting = 0;
    int result = seshet_keys(ctx, SESHET_HERE, prefix, one_key, NULL);
    is_read = result >= 0;
    return is_read ? 0 : result;
}

static int load(seshet_ctx *ctx)
{
    int error = read_names(ctx);
    if (error)
        seshet_log(ctx, 2, "cannot read for whom messages wait: %s; trying again",
                   seshet_strerror(error));
    return 0;
}

static void make_key(char key[KEY_SIZE], const char *nick)
{
    snprintf(key, KEY_SIZE, "%s%s", prefix, nick);
}

/* "" when there is nothing. 0, or an error. */
static int read_record(seshet_ctx *ctx, const char *nick, char record[RECORD_SIZE])
{
    char key[KEY_SIZE];
    make_key(key, nick);
    record[0] = 0;
    int len = seshet_get(ctx, SESHET_HERE, key, record, RECORD_SIZE);
    return len == SESHET_ENOTFOUND || len >= 0 ? 0 : len;
}

struct line {
    int64_t time;
    char *from;
    char *who;
    char *channel;
    char *text;
};

/* Cuts the first line off *record. 0; -1 when there is none that can be read. */
static int next_line(char **record, struct line *line)
{
    char *s = *record;
    if (!*s)
        return -1;
    char *end = strchr(s, '\n');
    *record = end ? end + 1 : s + strlen(s);
    if (end)
        *end = 0;
    line->time = strtoll(s, &s, 10);
    char **fields[] = {&line->from, &line->who, &line->channel, &line->text};
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        if (*s != ' ')
            return -1;
        *s++ = 0;
        *fields[i] = s;
        s += i < 3 ? strcspn(s, " ") : 0;
    }
    return 0;
}

/* ---- Giving ---------------------------------------------------------------------------------- */

static void give(seshet_ctx *ctx, const char *nick, char *record, int64_t now)
{
    struct line line;
    char age[32];
    while (!next_line(&record, &line)) {
        phrase_duration(age, sizeof age, now - line.time);
        if (strcmp(line.channel, "-") != 0)
            seshet_say(ctx, nick, "%s ago in %s, %s asked me to tell you: %s", age, line.channel,
                       line.from, line.text);
        else
            seshet_say(ctx, nick, "%s ago, %s asked me to tell you: %s", age, line.from, line.text);
    }
}

/* Takes what waits for the name and says it to the nick. Only who takes it out says it: nobody
 * hears it twice. */
static void deliver(seshet_ctx *ctx, const char *name, const char *nick, int64_t now)
{
    char folded[NICK_SIZE];
    char key[KEY_SIZE];
    char record[RECORD_SIZE];
    if (!is_read) {
        if (now < read_again_ms)
            return;
        read_again_ms = now + RETRY_MS;
        if (read_names(ctx))
            return;
    }
    if (!nwaiting || seshet_fold(ctx, folded, sizeof folded, name) < 0 || find(folded) == nwaiting)
        return;
    int error = read_record(ctx, folded, record);
    make_key(key, folded);
    int taken = error ? error : seshet_delete(ctx, SESHET_HERE, key);
    if (taken < 0) {
        seshet_log(ctx, 2, "cannot give %s the messages that wait: %s; trying at the next occasion",
                   nick, seshet_strerror(taken));
        return;
    }
    forget(folded);
    if (taken)
        give(ctx, nick, record, now);
}

/* What waits for the nick, and for the account that the bot knows the source as. */
static void deliver_all(seshet_ctx *ctx, const seshet_event *ev)
{
    char account[SESHET_ACCOUNT_SIZE];
    const char *nick = ev->type == SESHET_NICK ? ev->target : ev->nick;
    deliver(ctx, nick, nick, ev->time_ms);
    if (seshet_account(ctx, account, sizeof account) > 0 && seshet_casecmp(ctx, account, nick) != 0)
        deliver(ctx, account, nick, ev->time_ms);
}

static void on_event(seshet_ctx *ctx, const seshet_event *ev)
{
    if (!ev->from_me)
        deliver_all(ctx, ev);
}

/* ---- Leaving --------------------------------------------------------------------------------- */

struct count {
    const seshet_event *ev; /* of the sender */
    int by_sender;
    int all;
};

static void count_lines(seshet_ctx *ctx, char *record, struct count *c)
{
    struct line line;
    while (!next_line(&record, &line)) {
        c->all++;
        c->by_sender += who_is(ctx, c->ev, line.who, line.from);
    }
}

/* How many messages a sender has waiting. A negative number is an error. */
static int count_sent(seshet_ctx *ctx, const seshet_event *ev)
{
    struct count c = {.ev = ev};
    char record[RECORD_SIZE];
    for (size_t i = 0; i < nwaiting && c.by_sender < PER_SENDER; i++) {
        int error = read_record(ctx, waiting[i], record);
        if (error)
            return error;
        count_lines(ctx, record, &c);
    }
    return c.by_sender;
}

/* Makes room by what nobody has come for. */
static void drop_old(seshet_ctx *ctx, int64_t now)
{
    char record[RECORD_SIZE];
    char key[KEY_SIZE];
    for (size_t i = nwaiting; i-- > 0;) {
        if (read_record(ctx, waiting[i], record) || strtoll(record, NULL, 10) > now - KEPT_MS)
            continue;
        make_key(key, waiting[i]);
        if (seshet_delete(ctx, SESHET_HERE, key) >= 0)
            forget(waiting[i]);
    }
}

/* Why the message cannot be left, into why; or "" there. An error is one of the storage. */
static int refuse(seshet_ctx *ctx, const seshet_event *ev, const char *folded, const char *nick,
                  char *why, size_t size)
{
    char record[RECORD_SIZE];
    why[0] = 0;
    int error = read_names(ctx);
    int sent = error ? error : count_sent(ctx, ev);
    if (sent < 0)
        return sent;
    if (sent >= PER_SENDER) {
        snprintf(why, size, "You have %d messages waiting already; untell NICK takes some back.",
                 sent);
        return 0;
    }
    struct count c = {.ev = ev};
    error = read_record(ctx, folded, record);
    if (error)
        return error;
    count_lines(ctx, record, &c);
    if (c.all >= PER_RECIPIENT)
        snprintf(why, size, "%d messages wait for %s already; that is enough.", c.all, nick);
    if (!c.all && nwaiting >= RECIPIENTS_MAX)
        drop_old(ctx, ev->time_ms);
    if (!c.all && nwaiting >= RECIPIENTS_MAX)
        snprintf(why, size, "I keep messages for %d people already; that is enough.",
                 RECIPIENTS_MAX);
    return 0;
}

static int keep(seshet_ctx *ctx, const seshet_event *ev, const char *folded, const char *text)
{
    char record[RECORD_SIZE];
    char key[KEY_SIZE];
    char who[WHO_SIZE];
    int error = read_record(ctx, folded, record);
    if (error)
        return error;
    who_write(ctx, ev, who);
    size_t len = strlen(record);
    int more = snprintf(record + len, sizeof record - len, "%" PRId64 " %s %s %s %s\n", ev->time_ms,
                        ev->nick, who, ev->is_private || !ev->channel[0] ? "-" : ev->channel, text);
    if (more < 0 || (size_t)more >= sizeof record - len)
        return SESHET_ESIZE;
    make_key(key, folded);
    return seshet_set(ctx, SESHET_HERE, key, record);
}

static void leave(seshet_ctx *ctx, const seshet_event *ev, const char *nick, const char *text)
{
    char folded[NICK_SIZE];
    char why[160];
    seshet_fold(ctx, folded, sizeof folded, nick);
    int error = refuse(ctx, ev, folded, nick, why, sizeof why);
    if (!error && why[0]) {
        seshet_reply(ctx, "%s", why);
        return;
    }
    error = error ? error : keep(ctx, ev, folded, text);
    if (error) {
        place_storage_failed(ctx, "save that", error);
        return;
    }
    await(folded);
    seshet_reply(ctx, "I will tell %s when I see them next.", nick);
}

static int is_nick(const char *nick)
{
    return nick[0] && !strchr("#&+!:0123456789-", nick[0]) && !strpbrk(nick, ",*?!@/");
}

static void tell(seshet_ctx *ctx, const seshet_event *ev)
{
    char nick[NICK_SIZE];
    char text[1024];
    const char *rest = phrase_word(ev->args, nick, sizeof nick);
    deliver_all(ctx, ev); /* who calls is there as well */
    phrase_clean(text, sizeof text, rest);
    size_t len = strlen(nick);
    if (len && (nick[len - 1] == ':' || nick[len - 1] == ','))
        nick[len - 1] = 0;
    if (!ev->args[0] || !text[0])
        seshet_reply(ctx, "Tell whom what? %s NICK TEXT", ev->command);
    else if (!is_nick(nick))
        seshet_reply(ctx, "That is no nick.");
    else if (seshet_casecmp(ctx, nick, seshet_own_nick(ctx)) == 0)
        seshet_reply(ctx, "You have told me just now.");
    else if (seshet_casecmp(ctx, nick, ev->nick) == 0)
        seshet_reply(ctx, "You know that already. Try remind, if it is on here.");
    else if (strlen(text) > TEXT_MAX)
        seshet_reply(ctx, "A message has at most %d bytes; yours has %zu.", TEXT_MAX, strlen(text));
    else
        leave(ctx, ev, nick, text);
}

/* ---- Taking back ----------------------------------------------------------------------------- */

/* Leaves the lines of others in the record; gives how many were the source's. */
static int take_own(seshet_ctx *ctx, const seshet_event *ev, char *record)
{
    char copy[RECORD_SIZE];
    char *rest = copy;
    char *kept = record;
    struct line line;
    int own = 0;
    snprintf(copy, sizeof copy, "%s", record);
    for (const char *from = record; *from;) {
        size_t len = strcspn(from, "\n");
        len += from[len] == '\n';
        if (!next_line(&rest, &line) && who_is(ctx, ev, line.who, line.from)) {
            own++;
        } else {
            memmove(kept, from, len);
            kept += len;
        }
        from += len;
    }
    *kept = 0;
    return own;
}

static void untell(seshet_ctx *ctx, const seshet_event *ev)
{
    char nick[NICK_SIZE];
    char folded[NICK_SIZE];
    char key[KEY_SIZE];
    char record[RECORD_SIZE];
    deliver_all(ctx, ev);
    phrase_word(ev->args, nick, sizeof nick);
    if (!is_nick(nick)) {
        seshet_reply(ctx, "Take back what you wanted to tell whom? %s NICK", ev->command);
        return;
    }
    seshet_fold(ctx, folded, sizeof folded, nick);
    make_key(key, folded);
    int error = read_record(ctx, folded, record);
    int own = error ? 0 : take_own(ctx, ev, record);
    if (own)
        error = record[0] ? seshet_set(ctx, SESHET_HERE, key, record)
                          : seshet_delete(ctx, SESHET_HERE, key);
    if (error < 0) {
        place_storage_failed(ctx, "do that", error);
        return;
    }
    if (own && !record[0])
        forget(folded);
    if (own)
        seshet_reply(ctx, "I will not tell %s; %d message%s taken back.", nick, own,
                     own == 1 ? " is" : "s are");
    else
        seshet_reply(ctx, "No message of yours waits for %s.", nick);
}

/* clang-format off */
SESHET_MODULE(
    .name = "tell", .version = "1.0", .description = "Keeps messages for people who are away.",
    .commands = SESHET_COMMANDS(
        { "tell", tell, .usage = "NICK TEXT",
          .help = "Tell NICK the text, in private, when I see them next." },
        { "untell", untell, .usage = "NICK",
          .help = "Take back what you wanted NICK to be told." }),
    .events = SESHET_EVENTS(
        { SESHET_MESSAGE, on_event }, { SESHET_ACTION, on_event }, { SESHET_JOIN, on_event },
        { SESHET_NICK, on_event }),
    .load = load,
)
