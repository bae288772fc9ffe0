/*
 * karma: counts who and what is liked: "name++", "name--", "(a phrase)++", alone or with a reason
 * behind ("for ...", "because ...", "# ..."). Each channel has its own.
 *
 * Storage, for each network:
 *   CHANNEL    (folded) all that has karma there, what changed last at the end, each a line
 *              "SCORE NAME"
 * At most THINGS_MAX for a channel: then what changed longest ago among those with the least karma,
 * liked or disliked, is forgotten.
 */
#include <ctype.h>
#include <inttypes.h>
#include <seshet/module.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "modules/common/may.h"
#include "modules/common/phrase.h"
#include "modules/common/place.h"

enum {
    THINGS_MAX = 1000,
    NAME_MAX_BYTES = 40,
    RECORD_SIZE = 64 * 1024, /* THINGS_MAX lines fit */
    SHOWN = 5,
    SCORE_MAX = 1000000,
    PAUSE_MS = 30000, /* between two changes of one thing by one person */
    RECENT = 64,
    WHAT_SIZE = 3 * 60 + NAME_MAX_BYTES + 8
};

struct thing {
    int64_t score;
    const char *name; /* in the record, ends at the line's end */
    size_t len;
};

static char record[RECORD_SIZE + 1];
static char changed[RECORD_SIZE + 1];

static struct thing things[THINGS_MAX + 1];
static size_t nthings;

/* Who has changed what, the last few; best effort against those who mash the key. */
static struct {
    char what[WHAT_SIZE];
    int64_t time;
} recent[RECENT];
static size_t next_recent;

static int read_things(seshet_ctx *ctx, const char *channel)
{
    record[0] = 0;
    nthings = 0;
    int len = seshet_get(ctx, SESHET_HERE, channel, record, sizeof record);
    if (len < 0 && len != SESHET_ENOTFOUND)
        return len;
    char *s = record;
    while (*s && nthings < THINGS_MAX) {
        size_t line = strcspn(s, "\n");
        char *end;
        int64_t score = strtoll(s, &end, 10);
        if (*end == ' ' && end < s + line) {
            end++;
            things[nthings++] =
                (struct thing){.score = score, .name = end, .len = (size_t)(s + line - end)};
        }
        s += line + (s[line] != 0);
    }
    return 0;
}

static void copy_name(char name[NAME_MAX_BYTES + 1], const struct thing *t)
{
    size_t len = t->len <= NAME_MAX_BYTES ? t->len : NAME_MAX_BYTES;
    memcpy(name, t->name, len);
    name[len] = 0;
}

static size_t find(seshet_ctx *ctx, const char *wanted)
{
    char name[NAME_MAX_BYTES + 1];
    size_t i = 0;
    for (; i < nthings; i++) {
        copy_name(name, &things[i]);
        if (seshet_casecmp(ctx, name, wanted) == 0)
            break;
    }
    return i;
}

static void take_out(size_t at)
{
    memmove(&things[at], &things[at + 1], (--nthings - at) * sizeof *things);
}

static size_t least(void)
{
    size_t found = 0;
    for (size_t i = 1; i < nthings; i++)
        if (llabs(things[i].score) < llabs(things[found].score))
            found = i;
    return found;
}

/* The record of the things as they are now. 0, or an error. */
static int write_things(seshet_ctx *ctx, const char *channel)
{
    size_t len = 0;
    changed[0] = 0;
    for (size_t i = 0; i < nthings; i++) {
        int more = snprintf(changed + len, sizeof changed - len, "%" PRId64 " %.*s\n",
                            things[i].score, (int)things[i].len, things[i].name);
        if (more < 0 || (size_t)more >= sizeof changed - len)
            return SESHET_ESIZE;
        len += (size_t)more;
    }
    return seshet_set(ctx, SESHET_HERE, channel, changed);
}

/* 0 and the new score, or an error. */
static int change(seshet_ctx *ctx, const char *channel, const char *name, int by, int64_t *score)
{
    int error = read_things(ctx, channel);
    if (error)
        return error;
    size_t at = find(ctx, name);
    struct thing t = {.score = by, .name = name, .len = strlen(name)};
    if (at < nthings) {
        t.score += things[at].score;
        if (llabs(t.score) > SCORE_MAX)
            t.score = things[at].score;
        take_out(at);
    } else if (nthings == THINGS_MAX) {
        take_out(least());
    }
    if (t.score)
        things[nthings++] = t;
    *score = t.score;
    return write_things(ctx, channel);
}

/* ---- What people write ----------------------------------------------------------------------- */

static int is_reason(const char *rest)
{
    return !rest[0] || rest[0] == '#' || phrase_after(rest, "for") || phrase_after(rest, "because");
}

/* Something that can be liked: with a letter, a digit or what is not ASCII in it. */
static int is_name(const char *name)
{
    size_t len = strlen(name);
    for (const char *s = name; *s; s++)
        if (isalnum((unsigned char)*s) || (unsigned char)*s >= 0x80)
            return len <= NAME_MAX_BYTES;
    return 0;
}

/* Takes "name++", "(a phrase)--" apart. Gives +1, -1, or 0 when it is nothing of the kind. A single
 * letter needs its parentheses: people write i++ and C++. */
static int parse(const char *text, char *name, size_t size)
{
    char copy[512];
    phrase_clean(copy, sizeof copy, text);
    char *start = copy;
    char *end;
    if (copy[0] == '(') {
        start++;
        end = strchr(start, ')');
        if (!end)
            return 0;
        *end++ = 0;
    } else {
        end = copy + strcspn(copy, " ");
        if (end - copy < 4)
            return 0;
        end -= 2;
    }
    int by = strncmp(end, "++", 2) == 0 ? 1 : strncmp(end, "--", 2) == 0 ? -1 : 0;
    if (!by || (end[2] && end[2] != ' ') || !is_reason(end + 2 + strspn(end + 2, " ")))
        return 0;
    *end = 0;
    phrase_clean(name, size, start);
    if (copy[0] != '(' && name[strlen(name) - 1] == ':')
        name[strlen(name) - 1] = 0;
    return is_name(start) && is_name(name) ? by : 0;
}

/* Who changes what. Another nick is taken quickly, so it is not asked for where there is a host. */
static void write_what(seshet_ctx *ctx, const seshet_event *ev, const char *channel,
                       const char *name, char what[WHAT_SIZE])
{
    snprintf(what, WHAT_SIZE, "%.60s %.60s@%.60s %s", channel, ev->host[0] ? ev->user : ev->nick,
             ev->host, name);
    seshet_fold(ctx, what, WHAT_SIZE, what);
}

static int is_too_soon(const char *what, int64_t now)
{
    for (size_t i = 0; i < RECENT; i++)
        if (strcmp(recent[i].what, what) == 0 && now - recent[i].time < PAUSE_MS)
            return 1;
    return 0;
}

static void remember(const char *what, int64_t now)
{
    snprintf(recent[next_recent].what, WHAT_SIZE, "%s", what);
    recent[next_recent].time = now;
    next_recent = (next_recent + 1) % RECENT;
}

/* The nick, or the name of the account that the bot knows it as. */
static int is_own(seshet_ctx *ctx, const seshet_event *ev, const char *name)
{
    char account[SESHET_ACCOUNT_SIZE];
    return seshet_casecmp(ctx, name, ev->nick) == 0 ||
           (seshet_account(ctx, account, sizeof account) > 0 && strcasecmp(name, account) == 0);
}

static void on_message(seshet_ctx *ctx, const seshet_event *ev)
{
    char channel[PLACE_SIZE];
    char name[NAME_MAX_BYTES + 2];
    char what[WHAT_SIZE];
    const char *args = "";
    int64_t score;
    if (ev->from_me || ev->is_private)
        return;
    int by = parse(ev->text, name, sizeof name);
    if (!by || place_find(ctx, ev, &args, channel))
        return;
    if (is_own(ctx, ev, name)) {
        seshet_reply(ctx, "Your own karma is for others to change.");
        return;
    }
    write_what(ctx, ev, channel, name, what);
    if (is_too_soon(what, ev->time_ms)) {
        seshet_reply(ctx, "You have changed the karma of %s just now.", name);
        return;
    }
    int error = change(ctx, channel, name, by, &score);
    if (error) {
        place_storage_failed(ctx, "count that", error);
        return;
    }
    remember(what, ev->time_ms);
    seshet_reply(ctx, "%s has karma %" PRId64 " now.", name, score);
}

/* ---- Asking ---------------------------------------------------------------------------------- */

static int by_score(const void *a, const void *b)
{
    const struct thing *x = a;
    const struct thing *y = b;
    return (x->score < y->score) - (x->score > y->score);
}

static void say_list(seshet_ctx *ctx, const char *channel, int from_top)
{
    char list[SHOWN * (NAME_MAX_BYTES + 40)] = "";
    size_t len = 0;
    qsort(things, nthings, sizeof *things, by_score);
    for (size_t i = 0; i < nthings && i < SHOWN; i++) {
        char name[NAME_MAX_BYTES + 1];
        char shown[NAME_MAX_BYTES + 8];
        const struct thing *t = &things[from_top ? i : nthings - 1 - i];
        copy_name(name, t);
        phrase_quiet(ctx, channel, shown, sizeof shown, name);
        len += (size_t)snprintf(list + len, sizeof list - len, "%s%s %" PRId64, i ? ", " : "",
                                shown, t->score);
    }
    if (nthings)
        seshet_reply(ctx, "%s karma: %s", from_top ? "Most" : "Least", list);
    else
        seshet_reply(ctx, "Nothing has karma here yet. Say name++ or (a phrase)--.");
}

static void say_one(seshet_ctx *ctx, const char *name)
{
    size_t at = find(ctx, name);
    if (at < nthings)
        seshet_reply(ctx, "%s has karma %" PRId64 ".", name, things[at].score);
    else
        seshet_reply(ctx, "%s has no karma yet.", name);
}

static void forget(seshet_ctx *ctx, const seshet_event *ev, const char *channel, const char *name)
{
    if (!may_manage_or_tell(ctx, ev, channel, "have karma forgotten"))
        return;
    size_t at = find(ctx, name);
    if (at == nthings) {
        seshet_reply(ctx, "%s has no karma yet.", name);
        return;
    }
    take_out(at);
    int error = write_things(ctx, channel);
    if (error)
        place_storage_failed(ctx, "save that", error);
    else
        seshet_reply(ctx, "The karma of %s is forgotten.", name);
}

/* "(green tea)" is asked for as it is changed. */
static void clean_asked(char *name, size_t size, const char *text)
{
    phrase_clean(name, size, text);
    size_t len = strlen(name);
    if (len > 2 && name[0] == '(' && name[len - 1] == ')') {
        name[len - 1] = 0;
        phrase_clean(name, size, name + 1);
    }
}

static void karma(seshet_ctx *ctx, const seshet_event *ev)
{
    char channel[PLACE_SIZE];
    char name[NAME_MAX_BYTES + 4];
    const char *args = ev->args;
    if (place_find(ctx, ev, &args, channel))
        return;
    const char *unwanted = phrase_after(args, "forget");
    int error = read_things(ctx, channel);
    if (unwanted && !unwanted[0])
        unwanted = NULL; /* that is a name, too */
    clean_asked(name, sizeof name, unwanted ? unwanted : args[0] ? args : ev->nick);
    if (error)
        place_storage_failed(ctx, "look", error);
    else if (strcasecmp(args, "top") == 0 || strcasecmp(args, "bottom") == 0)
        say_list(ctx, channel, strcasecmp(args, "top") == 0);
    else if (unwanted)
        forget(ctx, ev, channel, name);
    else
        say_one(ctx, name);
}

/* clang-format off */
SESHET_MODULE(
    .name = "karma", .version = "1.0",
    .description = "Counts what is liked: name++, name--, (a phrase)++.",
    .commands = SESHET_COMMANDS(
        { "karma", karma, .usage = "[NAME | top | bottom | forget NAME]",
          .help = "Tell the karma of a name, yours, or who has most or least; operators let one be "
                  "forgotten. Say name++, name-- or (a phrase)++ to change it." }),
    .events = SESHET_EVENTS({ SESHET_MESSAGE, on_message }),
    .capabilities = SESHET_CAPABILITIES("karma.manage"),
)
