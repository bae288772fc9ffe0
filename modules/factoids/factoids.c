/*
 * factoids: learns what things are, and tells. Each channel has its own.
 *
 *     !tea is a drink | a plant       learn (one word; "!learn green tea is ..." for more)
 *     tea?                            tell, one of those that | separates ("||" is a | itself)
 *
 * A text that begins with <reply> is said as it stands, without "tea is"; with <action>, as /me.
 *
 * Storage, for each network; CHANNEL and NAME are folded:
 *   f/CHANNEL NAME   "FLAG TIME NICK TEXT": FLAG is "locked" or "open"; NICK changed it last
 *   n/CHANNEL        how many there are
 */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <seshet/module.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "modules/common/may.h"
#include "modules/common/phrase.h"
#include "modules/common/place.h"

enum {
    FACTS_MAX = 2000,
    NAME_SIZE = 65,
    TEXT_MAX = 1000,
    KEY_SIZE = PLACE_SIZE + NAME_SIZE + 8,
    RECORD_SIZE = TEXT_MAX + 256,
    ALTERNATIVES_MAX = 50,
    NAMES_SHOWN = 15
};

struct fact {
    int exists;
    int locked;
    int64_t time;
    char nick[129];
    char text[TEXT_MAX + 1];
};

static void make_key(seshet_ctx *ctx, char key[KEY_SIZE], const char *channel, const char *name)
{
    char folded[NAME_SIZE];
    seshet_fold(ctx, folded, sizeof folded, name);
    snprintf(key, KEY_SIZE, "f/%s %s", channel, folded);
}

/* Without spaces and question marks around it. 0; -1 when nothing is left, or it is too long. */
static int clean_name(char name[NAME_SIZE], const char *text, size_t len)
{
    char copy[512];
    if (len >= sizeof copy)
        return -1;
    memcpy(copy, text, len);
    copy[len] = 0;
    phrase_clean(copy, sizeof copy, copy);
    len = strlen(copy);
    while (len && strchr("?! ", copy[len - 1]))
        copy[--len] = 0;
    if (!len || len >= NAME_SIZE)
        return -1;
    memcpy(name, copy, len + 1);
    return 0;
}

/* 0 (also when there is none), or an error. */
static int read_fact(seshet_ctx *ctx, const char *channel, const char *name, struct fact *f)
{
    char key[KEY_SIZE];
    char record[RECORD_SIZE];
    char flag[16];
    *f = (struct fact){0};
    make_key(ctx, key, channel, name);
    int len = seshet_get(ctx, SESHET_HERE, key, record, sizeof record);
    if (len < 0)
        return len == SESHET_ENOTFOUND ? 0 : len;
    const char *text = phrase_word(record, flag, sizeof flag);
    if (phrase_number(&text, &f->time))
        return 0; /* not readable: as if it were not there, so that it can be learnt again */
    f->exists = 1;
    f->locked = strcmp(flag, "locked") == 0;
    text = phrase_word(text, f->nick, sizeof f->nick);
    phrase_copy(f->text, sizeof f->text, text);
    return 0;
}

static int write_fact(seshet_ctx *ctx, const char *channel, const char *name, const struct fact *f)
{
    char key[KEY_SIZE];
    char record[RECORD_SIZE];
    make_key(ctx, key, channel, name);
    snprintf(record, sizeof record, "%s %" PRId64 " %s %s", f->locked ? "locked" : "open", f->time,
             f->nick, f->text);
    return seshet_set(ctx, SESHET_HERE, key, record);
}

static int count(seshet_ctx *ctx, const char *channel, int by, int64_t *result)
{
    char key[KEY_SIZE];
    snprintf(key, sizeof key, "n/%s", channel);
    return seshet_increment(ctx, SESHET_HERE, key, by, result);
}

/* ---- Learning -------------------------------------------------------------------------------- */

/* "NAME is TEXT": where the text begins, or NULL. *len: of the name. */
static const char *find_is(const char *text, size_t *len)
{
    const char *at = strcasestr(text, " is ");
    if (!at)
        return NULL;
    *len = (size_t)(at - text);
    at += strlen(" is ");
    return at + strspn(at, " ");
}

/* Nothing but the signs between answers. */
static int is_empty(const char *text)
{
    return !text[strspn(text, " |")] && !strstr(text, "||");
}

/* What is wrong with adding text to what is known, or NULL; then f has it. */
static const char *put_text(struct fact *f, const char *text, const char *name, char *why,
                            size_t size)
{
    const char *also = phrase_after(text, "also");
    if (f->exists && f->locked)
        snprintf(why, size, "%s is locked; an operator can unlock it.", name);
    else if (f->exists && !also)
        snprintf(why, size,
                 "%s is known already; \"%s is also ...\" adds to it, forget comes first "
                 "otherwise.",
                 name, name);
    else if (is_empty(also ? also : text))
        snprintf(why, size, "%s is what?", name);
    else if (strlen(f->text) + strlen(also ? also : text) + 3 > TEXT_MAX)
        snprintf(why, size, "That is too long: I keep %d bytes about one thing.", TEXT_MAX);
    else
        why = NULL;
    if (why)
        return why;
    size_t len = strlen(f->text);
    snprintf(f->text + len, sizeof f->text - len, "%s%s", len ? " | " : "", also ? also : text);
    return NULL;
}

static int keep(seshet_ctx *ctx, const char *channel, const char *name, struct fact *f, int is_new,
                char *why, size_t size)
{
    int64_t facts = 0;
    int error = is_new ? count(ctx, channel, 1, &facts) : 0;
    if (!error && facts > FACTS_MAX) {
        snprintf(why, size, "I know %d things in this channel; that is enough.", FACTS_MAX);
        count(ctx, channel, -1, NULL);
        return 0;
    }
    if (!error)
        error = write_fact(ctx, channel, name, f);
    if (error && facts)
        count(ctx, channel, -1, NULL);
    return error;
}

static void learn_as(seshet_ctx *ctx, const seshet_event *ev, const char *channel, const char *name,
                     const char *raw)
{
    char text[TEXT_MAX + 64];
    char why[NAME_SIZE * 2 + 160] = "";
    struct fact f;
    phrase_clean(text, sizeof text, raw);
    int error = read_fact(ctx, channel, name, &f);
    int is_new = !f.exists;
    const char *wrong = error ? NULL : put_text(&f, text, name, why, sizeof why);
    if (!error && !wrong) {
        f.exists = 1;
        f.time = ev->time_ms;
        phrase_copy(f.nick, sizeof f.nick, ev->nick);
        error = keep(ctx, channel, name, &f, is_new, why, sizeof why);
    }
    if (error)
        place_storage_failed(ctx, "save that", error);
    else
        seshet_reply(ctx, "%s", why[0] ? why : "I will remember that.");
}

static void learn(seshet_ctx *ctx, const seshet_event *ev)
{
    char channel[PLACE_SIZE];
    char name[NAME_SIZE];
    const char *args = ev->args;
    size_t len = 0;
    if (place_find(ctx, ev, &args, channel))
        return;
    const char *text = find_is(args, &len);
    if (!text)
        seshet_reply(ctx, "Learn what? %s NAME is TEXT", ev->command);
    else if (clean_name(name, args, len))
        seshet_reply(ctx, "A name has 1 to %d bytes.", NAME_SIZE - 1);
    else
        learn_as(ctx, ev, channel, name, text);
}

/* ---- Telling --------------------------------------------------------------------------------- */

/* Cuts text at each single |; gives how many parts there are. */
static long alternatives(char *text, char *parts[ALTERNATIVES_MAX])
{
    long n = 0;
    char *to = text;
    parts[n++] = text;
    for (const char *from = text; *from; from++) {
        if (*from != '|' || from[1] == '|') {
            from += *from == '|'; /* one of the two */
            *to++ = *from;
        } else if (n < ALTERNATIVES_MAX) {
            *to++ = 0;
            parts[n++] = to;
        } else {
            break;
        }
    }
    *to = 0;
    return n;
}

/* Everybody teaches, and other bots would obey a line that begins as their commands do, and take it
 * for ours: "nick: " stands before it then. */
static void answer(seshet_ctx *ctx, const char *text)
{
    if (ispunct((unsigned char)text[0]))
        seshet_reply(ctx, "%s", text);
    else
        seshet_answer(ctx, "%s", text);
}

/* Takes out those that are empty, as in "a | | b". One stays in any case. */
static long without_empty(char *parts[ALTERNATIVES_MAX], long n)
{
    long kept = 0;
    for (long i = 0; i < n; i++)
        if (parts[i][strspn(parts[i], " ")])
            parts[kept++] = parts[i];
    return kept ? kept : 1;
}

static void tell_fact(seshet_ctx *ctx, const char *name, struct fact *f)
{
    char *parts[ALTERNATIVES_MAX];
    char text[TEXT_MAX + 1];
    char whole[NAME_SIZE + TEXT_MAX + 8];
    const char *rest;
    long n = phrase_random(without_empty(parts, alternatives(f->text, parts)));
    if (n < 0) {
        seshet_reply(ctx, "The system gives no random numbers: %s", strerror(errno));
        return;
    }
    phrase_clean(text, sizeof text, parts[n]);
    if ((rest = phrase_after(text, "<action>")) && rest[0])
        seshet_action(ctx, "%s", rest);
    else if ((rest = phrase_after(text, "<reply>")) && rest[0])
        answer(ctx, rest);
    else {
        snprintf(whole, sizeof whole, "%s is %s", name, text);
        answer(ctx, whole);
    }
}

/* Reads the arguments of a command: of which channel, and which name. 0; -1: the source was told.
 */
static int find_name(seshet_ctx *ctx, const seshet_event *ev, char channel[PLACE_SIZE],
                     char name[NAME_SIZE])
{
    const char *args = ev->args;
    if (place_find(ctx, ev, &args, channel))
        return -1;
    if (!clean_name(name, args, strlen(args)))
        return 0;
    seshet_reply(ctx, "Which one? %s NAME (1 to %d bytes)", ev->command, NAME_SIZE - 1);
    return -1;
}

static void whatis(seshet_ctx *ctx, const seshet_event *ev)
{
    char channel[PLACE_SIZE];
    char name[NAME_SIZE];
    struct fact f;
    if (find_name(ctx, ev, channel, name))
        return;
    int error = read_fact(ctx, channel, name, &f);
    if (error)
        place_storage_failed(ctx, "look", error);
    else if (f.exists)
        tell_fact(ctx, name, &f);
    else
        seshet_reply(ctx, "I do not know what %s is. Say: learn %s is ...", name, name);
}

/* ---- Without a command ----------------------------------------------------------------------- */

/* What follows "bot: "; NULL when the text is for somebody else. */
static const char *after_own_nick(seshet_ctx *ctx, const char *text)
{
    char nick[129];
    const char *rest = phrase_word(text, nick, sizeof nick);
    size_t len = strlen(nick);
    if (!len || (nick[len - 1] != ':' && nick[len - 1] != ','))
        return NULL;
    nick[len - 1] = 0;
    return seshet_casecmp(ctx, nick, seshet_own_nick(ctx)) == 0 ? rest : NULL;
}

static const char *after_prefix(seshet_ctx *ctx, const char *text)
{
    char prefix[8];
    if (isalnum((unsigned char)text[0]) || !text[0])
        return NULL;
    if (seshet_field(ctx, "cmd_prefix", prefix, sizeof prefix) != 1)
        snprintf(prefix, sizeof prefix, "!");
    return text[0] == prefix[0] ? text + 1 : NULL;
}

/* "!NAME is TEXT": of one word, since longer ones would be the arguments of other commands. */
static int learn_by_message(seshet_ctx *ctx, const seshet_event *ev, const char *channel)
{
    char name[NAME_SIZE];
    size_t len;
    if (!find_is(ev->text, &len))
        return 0;
    const char *text = after_own_nick(ctx, ev->text);
    if (!text)
        text = after_prefix(ctx, ev->text);
    const char *fact = text ? find_is(text, &len) : NULL;
    if (!fact || memchr(text, ' ', len) || clean_name(name, text, len))
        return 0;
    learn_as(ctx, ev, channel, name, fact);
    return 1;
}

/* "NAME?" Who asks may mean somebody else: what is not known is answered with silence. */
static void tell_by_message(seshet_ctx *ctx, const seshet_event *ev, const char *channel)
{
    char name[NAME_SIZE];
    struct fact f;
    const char *text = after_own_nick(ctx, ev->text);
    text = text ? text : ev->text;
    size_t len = strlen(text);
    if (len < 2 || text[len - 1] != '?' || clean_name(name, text, len))
        return;
    int error = read_fact(ctx, channel, name, &f);
    if (error)
        seshet_log(ctx, 2, "cannot look up what was asked in %s: %s", ev->channel,
                   seshet_strerror(error));
    else if (f.exists)
        tell_fact(ctx, name, &f);
}

static void on_message(seshet_ctx *ctx, const seshet_event *ev)
{
    char channel[PLACE_SIZE];
    if (ev->from_me || ev->is_private || seshet_fold(ctx, channel, sizeof channel, ev->channel) < 0)
        return;
    if (!learn_by_message(ctx, ev, channel))
        tell_by_message(ctx, ev, channel);
}

/* ---- Keeping order --------------------------------------------------------------------------- */

static void forget(seshet_ctx *ctx, const seshet_event *ev)
{
    char channel[PLACE_SIZE];
    char name[NAME_SIZE];
    char key[KEY_SIZE];
    struct fact f;
    if (find_name(ctx, ev, channel, name))
        return;
    int gone = read_fact(ctx, channel, name, &f);
    if (!gone && f.locked && !may_manage_or_tell(ctx, ev, channel, "forget what is locked"))
        return;
    make_key(ctx, key, channel, name);
    if (!gone)
        gone = seshet_delete(ctx, SESHET_HERE, key);
    if (gone > 0)
        count(ctx, channel, -1, NULL);
    if (gone < 0)
        place_storage_failed(ctx, "save that", gone);
    else if (gone)
        seshet_reply(ctx, "I have forgotten %s.", name);
    else
        seshet_reply(ctx, "I do not know what %s is.", name);
}

static void set_lock(seshet_ctx *ctx, const seshet_event *ev, int locked)
{
    char channel[PLACE_SIZE];
    char name[NAME_SIZE];
    struct fact f;
    if (find_name(ctx, ev, channel, name) ||
        !may_manage_or_tell(ctx, ev, channel, locked ? "lock that" : "unlock that"))
        return;
    int error = read_fact(ctx, channel, name, &f);
    f.locked = locked;
    if (!error && f.exists)
        error = write_fact(ctx, channel, name, &f);
    if (error)
        place_storage_failed(ctx, "save that", error);
    else if (f.exists)
        seshet_reply(ctx, "%s is %s now.", name, locked ? "locked" : "unlocked");
    else
        seshet_reply(ctx, "I do not know what %s is.", name);
}

static void lock(seshet_ctx *ctx, const seshet_event *ev)
{
    set_lock(ctx, ev, 1);
}

static void unlock(seshet_ctx *ctx, const seshet_event *ev)
{
    set_lock(ctx, ev, 0);
}

struct listing {
    const char *channel;
    size_t prefix;
    const char *part;
    long found;
    char names[NAMES_SHOWN * (NAME_SIZE + 8)];
    size_t len;
};

static int list_one(seshet_ctx *ctx, const char *key, void *arg)
{
    struct listing *l = arg;
    char shown[NAME_SIZE + 8];
    const char *name = key + l->prefix;
    if (!strstr(name, l->part))
        return 0;
    if (l->found++ >= NAMES_SHOWN)
        return 0;
    phrase_quiet(ctx, l->channel, shown, sizeof shown, name);
    l->len += (size_t)snprintf(l->names + l->len, sizeof l->names - l->len, "%s%s",
                               l->len ? ", " : "", shown);
    return 0;
}

static void facts(seshet_ctx *ctx, const seshet_event *ev)
{
    char channel[PLACE_SIZE];
    char prefix[KEY_SIZE];
    char part[NAME_SIZE];
    struct listing l = {.channel = channel, .part = part};
    const char *args = ev->args;
    if (place_find(ctx, ev, &args, channel))
        return;
    phrase_clean(part, sizeof part, args);
    seshet_fold(ctx, part, sizeof part, part);
    l.prefix = (size_t)snprintf(prefix, sizeof prefix, "f/%s ", channel);
    int error = seshet_keys(ctx, SESHET_HERE, prefix, list_one, &l);
    if (error < 0)
        place_storage_failed(ctx, "look", error);
    else if (!l.found)
        seshet_reply(ctx, "I know nothing %shere.", part[0] ? "of that name " : "");
    else if (l.found > NAMES_SHOWN)
        seshet_reply(ctx, "%s and %ld more", l.names, l.found - NAMES_SHOWN);
    else
        seshet_reply(ctx, "%s", l.names);
}

/* clang-format off */
SESHET_MODULE(
    .name = "factoids", .version = "1.0", .description = "Learns what things are, and tells.",
    .commands = SESHET_COMMANDS(
        { "learn", learn, .usage = "NAME is [also] TEXT [| OTHER TEXT ...]",
          .help = "Learn what NAME is; one of several texts is told when somebody says NAME?" },
        { "whatis", whatis, .usage = "NAME", .help = "Tell what NAME is." },
        { "forget", forget, .usage = "NAME", .help = "Forget what NAME is." },
        { "facts", facts, .usage = "[PART]", .help = "List the names, or those with PART in them." },
        { "lock", lock, .usage = "NAME", .help = "For operators: let only operators change NAME." },
        { "unlock", unlock, .usage = "NAME", .help = "For operators: let everybody change NAME." }),
    .events = SESHET_EVENTS({ SESHET_MESSAGE, on_message }),
    .capabilities = SESHET_CAPABILITIES("factoids.manage"),
)
