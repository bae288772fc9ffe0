/*
 * log: writes what happens in channels to files; never what is said in private. Needs the
 * permission "files": without it nothing is done, and whoever switched the module on is told so
 * once. The files: files.h; what is stored: switches.h, and "told" = 1: that was said.
 */
#include <seshet/module.h>
#include <stdio.h>
#include <string.h>

#include "modules/common/may.h"
#include "modules/common/text.h"
#include "modules/log/files.h"
#include "modules/log/here.h"
#include "modules/log/switches.h"

enum {
    CHANNEL_SIZE = 200,
    TEXT_SIZE = 1536,
    LEARN_MS = 5000 /* until the network has told who is in a channel */
};

static int storage_failed;
static int may_write, missing_said;

static const char told_key[] = "told";

/* Says what is missing, unless that was said. Each start would say it again, and where all modules
 * are on, nobody has asked for this one. */
static void say_missing(seshet_ctx *ctx)
{
    char value[2];
    missing_said = 1;
    if (seshet_get(ctx, SESHET_HERE, told_key, value, sizeof value) != SESHET_ENOTFOUND)
        return;
    seshet_log(ctx, 1,
               "nothing is logged: the module lacks the permission files; give it with: seshetctl "
               "module set log permissions files");
    (void)seshet_set(ctx, SESHET_HERE, told_key, "1");
}

static int load(seshet_ctx *ctx)
{
    may_write = may_use(ctx, "files");
    if (may_write)
        (void)seshet_delete(ctx, SESHET_HERE, told_key);
    else
        say_missing(ctx);
    return 0;
}

/* Whoever switches it on again is told again. */
static void disabled(seshet_ctx *ctx)
{
    (void)seshet_delete(ctx, SESHET_HERE, told_key);
    missing_said = 0;
}

/* What cannot be looked up is not logged: somebody may have switched it off. */
static int wanted(seshet_ctx *ctx, const char *folded)
{
    int off = switches_get(ctx, SWITCH_OFF, folded);
    if (off < 0 && !storage_failed)
        seshet_log(ctx, 2, "cannot look up whether %s is to be logged, so it is not: %s", folded,
                   seshet_strerror(off));
    storage_failed = off < 0;
    return off == 0;
}

/* Writes it to the log of one channel. */
static void write_to(seshet_ctx *ctx, const char *folded, int64_t time_ms, const char *text)
{
    char clean[TEXT_SIZE];
    if (!wanted(ctx, folded))
        return;
    snprintf(clean, sizeof clean, "%s", text);
    if (switches_get(ctx, SWITCH_CODES, folded) != 1)
        text_clean(clean);
    text_cut(clean, sizeof clean - 2);
    files_write(ctx, folded, time_ms, clean);
}

/* Reason or the like behind a line, in brackets. */
#define MAYBE(text) (text)[0] ? " (" : "", (text), (text)[0] ? ")" : ""

/* What happened, in words. 0, or -1 when it is not logged. */
static int describe(const seshet_event *ev, char text[TEXT_SIZE])
{
    const char *nick = ev->nick;
    switch (ev->type) {
    case SESHET_MESSAGE:
    case SESHET_COMMAND:
        snprintf(text, TEXT_SIZE, "<%s> %s", nick, ev->text);
        return 0;
    case SESHET_ACTION:
        snprintf(text, TEXT_SIZE, "* %s %s", nick, ev->text);
        return 0;
    case SESHET_NOTICE:
        snprintf(text, TEXT_SIZE, "-%s- %s", nick, ev->text);
        return 0;
    case SESHET_JOIN:
        snprintf(text, TEXT_SIZE, "--> %s (%s@%s) joins", nick, ev->user, ev->host);
        return 0;
    case SESHET_PART:
        snprintf(text, TEXT_SIZE, "<-- %s leaves%s%s%s", nick, MAYBE(ev->text));
        return 0;
    case SESHET_QUIT:
        snprintf(text, TEXT_SIZE, "<-- %s quits%s%s%s", nick, MAYBE(ev->text));
        return 0;
    case SESHET_KICK:
        snprintf(text, TEXT_SIZE, "<-- %s kicks %s%s%s%s", nick, ev->target, MAYBE(ev->text));
        return 0;
    case SESHET_NICK:
        snprintf(text, TEXT_SIZE, "--- %s is now %s", nick, ev->target);
        return 0;
    case SESHET_MODE:
        snprintf(text, TEXT_SIZE, "--- %s sets %s %s", nick, ev->target, ev->text);
        return 0;
    case SESHET_TOPIC:
        snprintf(text, TEXT_SIZE, "--- %s changes the topic: %s", nick, ev->text);
        return 0;
    default:
        return -1;
    }
}

struct line {
    int64_t time_ms;
    const char *text;
};

static void on_each(seshet_ctx *ctx, const char *folded, void *arg)
{
    const struct line *line = arg;
    write_to(ctx, folded, line->time_ms, line->text);
}

/* Quits and new nicks are of every channel that the nick is in. */
static void log_everywhere(seshet_ctx *ctx, const seshet_event *ev, const char *text)
{
    struct line line = {ev->time_ms, text};
    here_each(ctx, ev->nick, ev->type == SESHET_QUIT, on_each, &line);
    if (ev->type == SESHET_NICK)
        here_rename(ctx, ev->nick, ev->target);
    if (ev->type == SESHET_QUIT && ev->from_me)
        here_forget_all();
}

static void on_learn(seshet_ctx *ctx, void *arg)
{
    (void)arg;
    here_learn(ctx);
}

static void log_in_channel(seshet_ctx *ctx, const seshet_event *ev, const char *text)
{
    char folded[CHANNEL_SIZE];
    if (seshet_fold(ctx, folded, sizeof folded, ev->channel) < 0)
        return;
    if (ev->type == SESHET_JOIN && ev->from_me) {
        here_begin(ctx, ev->channel);
        (void)seshet_later(ctx, LEARN_MS, on_learn, NULL);
    }
    here_know(ctx, ev->channel);
    write_to(ctx, folded, ev->time_ms, text);
    const char *gone = ev->type == SESHET_PART   ? ev->nick
                       : ev->type == SESHET_KICK ? ev->target
                                                 : NULL;
    if (ev->type == SESHET_JOIN)
        here_join(ctx, ev->channel, ev->nick);
    else if (gone && seshet_casecmp(ctx, gone, seshet_own_nick(ctx)) == 0)
        here_forget(ctx, ev->channel);
    else if (gone)
        here_leave(ctx, ev->channel, gone);
}

static void on_event(seshet_ctx *ctx, const seshet_event *ev)
{
    char text[TEXT_SIZE];
    if (!may_write && !missing_said)
        say_missing(ctx);
    if (!may_write || ev->is_private || describe(ev, text))
        return;
    if (ev->type == SESHET_QUIT || ev->type == SESHET_NICK)
        log_everywhere(ctx, ev, text);
    else if (ev->channel[0])
        log_in_channel(ctx, ev, text);
}

static void on_disconnected(seshet_ctx *ctx, const seshet_event *ev)
{
    (void)ctx;
    (void)ev;
    here_forget_all();
}

static void tell(seshet_ctx *ctx, const seshet_event *ev, const char *folded)
{
    int off = switches_get(ctx, SWITCH_OFF, folded);
    int codes = off < 0 ? off : switches_get(ctx, SWITCH_CODES, folded);
    if (codes < 0)
        seshet_reply(ctx, "I cannot look that up now, so nothing is logged: %s.",
                     seshet_strerror(codes));
    else if (off)
        seshet_reply(ctx, "%s is not logged.", ev->channel);
    else
        seshet_reply(ctx, "%s is logged, %s formatting codes.", ev->channel,
                     codes ? "with" : "without");
}

static void turn(seshet_ctx *ctx, const seshet_event *ev, const char *folded)
{
    static const struct {
        const char *words;
        enum switch_name name;
        bool on;
    } ways[] = {{"on", SWITCH_OFF, false},
                {"off", SWITCH_OFF, true},
                {"codes on", SWITCH_CODES, true},
                {"codes off", SWITCH_CODES, false}};
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        if (!text_same(ev->args, ways[i].words))
            continue;
        if (!may_change(ctx, ev))
            return;
        int result = switches_set(ctx, ways[i].name, folded, ways[i].on);
        if (result < 0)
            seshet_reply(ctx, "I cannot write that down now: %s.", seshet_strerror(result));
        else
            tell(ctx, ev, folded);
        return;
    }
    seshet_reply(ctx, "I can log or not: %s on, %s off, %s codes on, %s codes off.", ev->command,
                 ev->command, ev->command, ev->command);
}

static void log_command(seshet_ctx *ctx, const seshet_event *ev)
{
    char folded[CHANNEL_SIZE];
    on_event(ctx, ev); /* what calls us was said in the channel as well */
    if (ev->is_private)
        seshet_reply(ctx, "I never log what is said in private. Say that in a channel.");
    else if (seshet_fold(ctx, folded, sizeof folded, ev->channel) < 0)
        seshet_reply(ctx, "The name of this channel is too long to log it.");
    else if (!may_use_or_tell(ctx, "files", "write logs"))
        return;
    else if (*ev->args)
        turn(ctx, ev, folded);
    else
        tell(ctx, ev, folded);
}

static void unload(seshet_ctx *ctx)
{
    (void)ctx;
    files_close();
    here_forget_all();
    switches_forget();
}

/* clang-format off */
SESHET_MODULE(
    .name = "log", .version = "1.0",
    .description = "Writes what happens in channels to files.",
    .commands = SESHET_COMMANDS(
        { "log", log_command, .usage = "[on | off | codes on | codes off]",
          .help = "Tell whether this channel is logged, or switch it; codes are colours and the "
                  "like. Operators switch." }),
    .events = SESHET_EVENTS(
        { SESHET_MESSAGE, on_event }, { SESHET_ACTION, on_event }, { SESHET_NOTICE, on_event },
        { SESHET_JOIN, on_event }, { SESHET_PART, on_event }, { SESHET_QUIT, on_event },
        { SESHET_KICK, on_event }, { SESHET_NICK, on_event }, { SESHET_MODE, on_event },
        { SESHET_TOPIC, on_event }, { SESHET_DISCONNECTED, on_disconnected }),
    .load = load, .unload = unload, .disabled = disabled,
    .capabilities = SESHET_CAPABILITIES("log.manage"),
)
