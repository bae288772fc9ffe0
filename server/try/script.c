#include "server/try/script.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/rate.h"
#include "base/str.h"
#include "base/xmalloc.h"

/* One line, taken apart. */
struct happening {
    struct script *script;
    const char *nick;
    const char *channel; /* where it happens */
    const char *target;  /* of what is said */
    const char *rest;    /* behind the command */
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

/* One that begins a line or an argument; whether the rest of it is right the network says. */
static bool is_channel(const char *word)
{
    return (*word == '#' || *word == '&') && word[1] && word[1] != ' ';
}

static bool has_joined(const struct script *s, const char *channel)
{
    for (size_t i = 0; i < s->nchannels; i++)
        if (strcasecmp(s->channels[i], channel) == 0)
            return true;
    return false;
}

static void remember(struct script *s, const char *channel)
{
    if (has_joined(s, channel))
        return;
    s->channels = xrealloc(s->channels, (s->nchannels + 1) * sizeof *s->channels);
    s->channels[s->nchannels++] = xstrdup(channel);
}

/* The bot hears nothing of a channel that it never was in: a slip would look like a module that has
 * nothing to say. */
static bool is_known(const struct happening *h, const char *channel)
{
    if (has_joined(h->script, channel))
        return true;
    snprintf(h->why, h->why_size, "the bot is not in %.64s: /join %.64s first", channel, channel);
    return false;
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
    int called = *h->rest ? -1 : seshet_test_join(h->script->test, h->nick, h->channel);
    if (called >= 0)
        remember(h->script, h->channel);
    return called;
}

static int do_part(const struct happening *h)
{
    return seshet_test_part(h->script->test, h->nick, h->channel, h->rest);
}

static int do_invite(const struct happening *h)
{
    char bot[128];
    seshet_test_bot(h->script->test, bot, sizeof bot);
    bool is_named = h->channel != h->script->channel;
    return !is_named || *h->rest ? -1
                                 : seshet_test_invite(h->script->test, h->nick, bot, h->channel);
}

static int do_quit(const struct happening *h)
{
    return seshet_test_quit(h->script->test, h->nick, h->rest);
}

static int do_kick(const struct happening *h)
{
    char who[128];
    const char *reason = take_word(h->rest, who, sizeof who);
    return reason ? seshet_test_kick(h->script->test, h->nick, h->channel, who, reason) : -1;
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
    return args ? seshet_test_mode(h->script->test, h->nick, h->channel, modes, args) : -1;
}

static int do_topic(const struct happening *h)
{
    return seshet_test_topic(h->script->test, h->nick, h->channel, h->rest);
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

/* Whether a command's first word may be a channel, and which. */
enum place { NOWHERE, KNOWN, ANY };

static const struct {
    const char *name;
    const char *usage;
    const char *help;
    happen_fn run;
    enum place place;
} commands[] = {
    {"me", "TEXT", "An action", do_action, NOWHERE},
    {"notice", "TEXT", "A notice", do_notice, NOWHERE},
    {"msg", "TEXT", "In private, to the bot", do_private, NOWHERE},
    {"join", "[CHANNEL]", "Comes into the channel; so does the bot", do_join, ANY},
    {"part", "[CHANNEL] [REASON]", "Leaves it", do_part, KNOWN},
    {"quit", "[REASON]", "Leaves the network", do_quit, NOWHERE},
    {"kick", "[CHANNEL] NICK [REASON]", "Throws somebody out", do_kick, KNOWN},
    {"invite", "CHANNEL", "Invites the bot", do_invite, ANY},
    {"nick", "NICK", "Changes nick", do_nick, NOWHERE},
    {"mode", "[CHANNEL] MODES [ARGS]", "Changes modes: /mode +o alice", do_mode, KNOWN},
    {"topic", "[CHANNEL] [TEXT]", "Sets the topic", do_topic, KNOWN},
    {"account", "[NAME]", "Logs in to services, or out", do_account, NOWHERE},
    {"after", "DURATION", "Time passes: 90s, 10m, 1h30m", do_after, NOWHERE},
    {"reload", "", "The file is loaded again", do_reload, NOWHERE},
    {"raw", "LINE", "A line of the network's, as it stands", do_raw, NOWHERE},
};
enum { COMMANDS = sizeof commands / sizeof *commands };

void script_help(void)
{
    puts("TEXT is said in the channel; <NICK> TEXT by somebody else; #CHANNEL TEXT and\n"
         "#CHANNEL <NICK> TEXT in another channel, once somebody has joined it. Other things that\n"
         "happen, each of them also behind a #CHANNEL and a <NICK>:");
    for (size_t i = 0; i < COMMANDS; i++)
        printf("  /%-8s%-24s%s\n", commands[i].name, commands[i].usage, commands[i].help);
}

/* The channel that a command names, and what follows it. 0; -1: it cannot happen there. */
static int take_channel(struct happening *h, enum place place, char *channel, size_t size)
{
    if (place != NOWHERE && is_channel(h->rest)) {
        const char *rest = take_word(h->rest, channel, size);
        if (!rest)
            return -1;
        h->channel = channel;
        h->rest = rest;
    }
    return place == ANY || is_known(h, h->channel) ? 0 : -1;
}

static int run_command(struct happening *h, const char *line)
{
    const char *names[COMMANDS];
    char name[32] = "";
    char channel[SCRIPT_CHANNEL_SIZE];
    h->rest = take_word(line, name, sizeof name);
    for (size_t i = 0; i < COMMANDS; i++) {
        names[i] = commands[i].name;
        if (strcmp(name, names[i]) != 0)
            continue;
        int called = take_channel(h, commands[i].place, channel, sizeof channel);
        if (!called)
            called = commands[i].run(h);
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

void script_begin(struct script *s, seshet_test *test, const char *nick, const char *channel,
                  bool in_private)
{
    *s = (struct script){.test = test, .channel = channel, .in_private = in_private};
    str_copy(s->nick, sizeof s->nick, nick);
    remember(s, channel);
}

void script_free(struct script *s)
{
    for (size_t i = 0; i < s->nchannels; i++)
        free(s->channels[i]);
    free(s->channels);
}

const char *script_address(const char *line, char *channel, size_t channel_size, char *nick,
                           size_t nick_size)
{
    *channel = *nick = '\0';
    const char *rest = is_channel(line) ? take_word(line, channel, channel_size) : NULL;
    if (rest)
        line = rest;
    size_t len = *line == '<' ? strcspn(line, "> ") : 0;
    if (len < 2 || len - 1 >= nick_size || line[len] != '>')
        return line;
    memcpy(nick, line + 1, len - 1);
    nick[len - 1] = '\0';
    line += len + 1;
    return line + strspn(line, " ");
}

int script_run(struct script *s, const char *line, char *why, size_t why_size)
{
    char nick[128];
    char channel[SCRIPT_CHANNEL_SIZE];
    char bot[128];
    seshet_test_bot(s->test, bot, sizeof bot);
    const char *text = script_address(line, channel, sizeof channel, nick, sizeof nick);
    struct happening h = {.script = s,
                          .nick = *nick ? nick : s->nick,
                          .channel = *channel ? channel : s->channel,
                          .target = *channel        ? channel
                                    : s->in_private ? bot
                                                    : s->channel,
                          .why = why,
                          .why_size = why_size};
    *why = '\0';
    if (*text == '/')
        return run_command(&h, text + 1);
    if (*channel && !is_known(&h, channel))
        return -1;
    if (!*text && (*channel || *nick)) {
        snprintf(why, why_size, "what is said there, or happens? It follows behind a space");
        return -1;
    }
    int called = seshet_test_say(s->test, h.nick, h.target, text);
    if (called >= 0)
        return called;
    snprintf(why, why_size,
             "that cannot be said: a line of IRC has 512 bytes, and a nick no spaces");
    return called;
}
