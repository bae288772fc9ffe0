#include "server/try/script.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rate.h"
#include "base/str.h"
#include "base/xmalloc.h"

/* One line, taken apart. */
struct happening {
    struct script *script;
    const char *nick;
    const char *target; /* of what is said */
    const char *rest;   /* behind the command */
    char *why;
    size_t why_size;
};

typedef int (*happen_fn)(const struct happening *h);

/* The first word of the rest, into word; gives what follows it. NULL: there is none, or too long a
 * one. */
static const char *take_word(const char *rest, char *word, size_t size)
{
    size_t len = strcspn(rest, " ");
    if (!len || len >= size)
        return NULL;
    memcpy(word, rest, len);
    word[len] = '\0';
    return rest + len + strspn(rest + len, " ");
}

static int do_action(const struct happening *h)
{
    return seshet_test_action(h->script->test, h->nick, h->target, h->rest);
}

static int do_notice(const struct happening *h)
{
    return seshet_test_notice(h->script->test, h->nick, h->target, h->rest);
}

static int do_private(const struct happening *h)
{
    char bot[128];
    seshet_test_bot(h->script->test, bot, sizeof bot);
    return seshet_test_say(h->script->test, h->nick, bot, h->rest);
}

static int do_join(const struct happening *h)
{
    return seshet_test_join(h->script->test, h->nick, h->script->channel);
}

static int do_part(const struct happening *h)
{
    return seshet_test_part(h->script->test, h->nick, h->script->channel, h->rest);
}

static int do_quit(const struct happening *h)
{
    return seshet_test_quit(h->script->test, h->nick, h->rest);
}

static int do_kick(const struct happening *h)
{
    char who[128];
    const char *reason = take_word(h->rest, who, sizeof who);
    return reason ? seshet_test_kick(h->script->test, h->nick, h->script->channel, who, reason)
                  : -1;
}

static int do_nick(const struct happening *h)
{
    struct script *s = h->script;
    int called = seshet_test_nick(s->test, h->nick, h->rest);
    if (called >= 0 && h->nick == s->nick)
        str_copy(s->nick, sizeof s->nick, h->rest);
    return called;
}

static int do_mode(const struct happening *h)
{
    char modes[64];
    const char *args = take_word(h->rest, modes, sizeof modes);
    return args ? seshet_test_mode(h->script->test, h->nick, h->script->channel, modes, args) : -1;
}

static int do_topic(const struct happening *h)
{
    return seshet_test_topic(h->script->test, h->nick, h->script->channel, h->rest);
}

static int do_account(const struct happening *h)
{
    return seshet_test_account(h->script->test, h->nick, *h->rest ? h->rest : NULL);
}

static int do_raw(const struct happening *h)
{
    return seshet_test_raw(h->script->test, h->rest);
}

static int do_after(const struct happening *h)
{
    int64_t ms;
    if (duration_parse(h->rest, &ms, h->why, h->why_size))
        return -1;
    return seshet_test_forward(h->script->test, ms);
}

static int do_reload(const struct happening *h)
{
    return seshet_test_reload(h->script->test, h->why, h->why_size) ? -1 : 1;
}

static const struct {
    const char *name;
    const char *usage;
    const char *help;
    happen_fn run;
} commands[] = {
    {"me", "TEXT", "An action", do_action},
    {"notice", "TEXT", "A notice", do_notice},
    {"msg", "TEXT", "In private, to the bot", do_private},
    {"join", "", "Comes into the channel", do_join},
    {"part", "[REASON]", "Leaves it", do_part},
    {"quit", "[REASON]", "Leaves the network", do_quit},
    {"kick", "NICK [REASON]", "Throws somebody out", do_kick},
    {"nick", "NICK", "Changes nick", do_nick},
    {"mode", "MODES [ARGS]", "Changes modes: /mode +o alice", do_mode},
    {"topic", "[TEXT]", "Sets the topic", do_topic},
    {"account", "[NAME]", "Logs in to services, or out", do_account},
    {"after", "DURATION", "Time passes: 90s, 10m, 1h30m", do_after},
    {"reload", "", "The file is loaded again", do_reload},
    {"raw", "LINE", "A line of the network's, as it stands", do_raw},
};
enum { COMMANDS = sizeof commands / sizeof *commands };

void script_help(void)
{
    puts("TEXT is said in the channel; <NICK> TEXT by somebody else. Other things that happen:");
    for (size_t i = 0; i < COMMANDS; i++)
        printf("  /%-8s%-16s%s\n", commands[i].name, commands[i].usage, commands[i].help);
}

static int run_command(struct happening *h, const char *line)
{
    const char *names[COMMANDS];
    char name[32] = "";
    h->rest = take_word(line, name, sizeof name);
    for (size_t i = 0; i < COMMANDS; i++) {
        names[i] = commands[i].name;
        if (strcmp(name, names[i]) != 0)
            continue;
        int called = commands[i].run(h);
        if (called >= 0)
            return called;
        if (!*h->why)
            snprintf(h->why, h->why_size, "that does not work; usage: /%s %s", names[i],
                     commands[i].usage);
        return -1;
    }
    const char *near = str_nearest(name, names, COMMANDS);
    snprintf(h->why, h->why_size, "there is no /%s; %s%s%s", name, near ? "did you mean /" : "",
             near ? near : "/help lists what there is", near ? "?" : "");
    return -1;
}

int script_run(struct script *s, const char *line, char *why, size_t why_size)
{
    char nick[128];
    char bot[128];
    seshet_test_bot(s->test, bot, sizeof bot);
    struct happening h = {.script = s,
                          .nick = s->nick,
                          .target = s->in_private ? bot : s->channel,
                          .why = why,
                          .why_size = why_size};
    size_t len = *line == '<' ? strcspn(line, "> ") : 0;
    *why = '\0';
    if (len > 1 && len - 1 < sizeof nick && line[len] == '>') {
        memcpy(nick, line + 1, len - 1);
        nick[len - 1] = '\0';
        h.nick = nick;
        line += len + 1;
        line += strspn(line, " ");
    }
    if (*line == '/')
        return run_command(&h, line + 1);
    int called = seshet_test_say(s->test, h.nick, h.target, line);
    if (called >= 0)
        return called;
    snprintf(why, why_size,
             "that cannot be said: a line of IRC has 512 bytes, and a nick no spaces");
    return called;
}
