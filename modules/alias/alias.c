/*
 * alias: commands that a channel makes up for itself: templates of what the bot says then.
 *
 * An alias says a text; it calls no other command, so nobody gets more rights by it, and there is
 * nothing that could go round in circles.
 *
 * Storage, on each network: "CHANNEL NAME", the channel as the network folds it, the name in lower
 * case; the value: "TIME NICK TEXT", who wrote it and when (milliseconds since 1970).
 */
#include <inttypes.h>
#include <seshet/module.h>
#include <stdio.h>
#include <string.h>

#include "modules/alias/expand.h"
#include "modules/common/may.h"
#include "modules/common/text.h"

enum {
    NAME_SIZE = 33,
    KEY_SIZE = 256,
    TEXT_MAX = 400,
    VALUE_SIZE = 1024,
    SAID_SIZE = 1024,
    ALIASES_MAX = 100, /* in a channel */
    LIST_SIZE = 4000
};

static int failed(seshet_ctx *ctx, int result)
{
    if (result < 0)
        seshet_reply(ctx, "I cannot do that now: %s.", seshet_strerror(result));
    return result < 0;
}

/* Takes the name of an alias from the front of *args, in lower case. 0, or -1. */
static int take_name(const char **args, char name[NAME_SIZE])
{
    name[0] = 0;
    if (text_word(args, name, NAME_SIZE))
        return -1;
    for (char *c = name; *c; c++) {
        if (*c >= 'A' && *c <= 'Z')
            *c += 'a' - 'A';
        if (!(*c >= 'a' && *c <= 'z') && !(*c >= '0' && *c <= '9') && *c != '_' && *c != '-')
            return -1;
    }
    return 0;
}

static int make_key(seshet_ctx *ctx, const char *channel, const char *name, char key[KEY_SIZE])
{
    char raw[KEY_SIZE];
    int len = snprintf(raw, sizeof raw, "%s ", channel);
    if (len >= KEY_SIZE - NAME_SIZE)
        return SESHET_ESIZE;
    len = seshet_fold(ctx, key, KEY_SIZE, raw);
    if (len >= 0)
        snprintf(key + len, KEY_SIZE - (size_t)len, "%s", name);
    return len;
}

/* The text of a value, and who wrote it; NULL when it cannot be read. */
static const char *read_value(char *value, const char **nick)
{
    char *space = strchr(value, ' ');
    char *second = space ? strchr(space + 1, ' ') : NULL;
    if (!second || !second[1])
        return NULL;
    *second = 0;
    *nick = space + 1;
    return second + 1;
}

/* Says what the text makes of the arguments. */
static void run(seshet_ctx *ctx, const seshet_event *ev, const char *name, const char *text,
                const char *args)
{
    char said[SAID_SIZE];
    struct expand_values values = {args, ev->nick, ev->channel, seshet_own_nick(ctx)};
    int needed = expand_words_needed(text);
    if (expand_words(args) < needed) {
        seshet_reply(ctx, "%s needs %d word%s after it.", name, needed, needed == 1 ? "" : "s");
        return;
    }
    int acts = strncmp(text, "/me ", 4) == 0;
    if (acts)
        text += 4;
    expand(text, &values, said, sizeof said);
    /* Formatting is the template's; callers bring none, nor the end of a CTCP. */
    if (*args)
        text_clean(said);
    if (!said[strspn(said, " ")])
        return;
    if (acts)
        seshet_action(ctx, "%s", said);
    else if (expand_begins_with_args(text))
        seshet_reply(ctx, "%s", said);
    else
        seshet_answer(ctx, "%s", said);
}

/* What is stored under the name: 0 or more, or an error. */
static int get_value(seshet_ctx *ctx, const char *channel, const char *name, char value[VALUE_SIZE])
{
    char key[KEY_SIZE];
    int result = make_key(ctx, channel, name, key);
    return result < 0 ? result : seshet_get(ctx, SESHET_HERE, key, value, VALUE_SIZE);
}

/* 1 when there is such an alias and it has run; 0 when there is none; or an error. */
static int find_and_run(seshet_ctx *ctx, const seshet_event *ev, const char *name, const char *args)
{
    char value[VALUE_SIZE];
    const char *nick;
    int result = get_value(ctx, ev->channel, name, value);
    if (result < 0)
        return result == SESHET_ENOTFOUND || result == SESHET_ESIZE ? 0 : result;
    const char *text = read_value(value, &nick);
    if (!text)
        return 0;
    run(ctx, ev, name, text, args);
    return 1;
}

/* "!NAME": commands that this module has not declared. */
static void on_message(seshet_ctx *ctx, const seshet_event *ev)
{
    char prefix[8];
    char name[NAME_SIZE];
    if (ev->from_me || ev->is_private || !ev->channel[0])
        return;
    if (seshet_field(ctx, "cmd_prefix", prefix, sizeof prefix) <= 0 ||
        strncmp(ev->text, prefix, strlen(prefix)) != 0)
        return;
    const char *rest = ev->text + strlen(prefix);
    if (*rest == ' ' || take_name(&rest, name))
        return;
    int result = find_and_run(ctx, ev, name, rest);
    if (result < 0) /* nobody knows whether it was meant for us */
        seshet_log(ctx, 2, "cannot look up the alias %s: %s", name, seshet_strerror(result));
}

static int count_key(seshet_ctx *ctx, const char *key, void *arg)
{
    (void)ctx;
    (void)key;
    return ++*(int *)arg > ALIASES_MAX;
}

static void add(seshet_ctx *ctx, const seshet_event *ev, const char *name, const char *text)
{
    char key[KEY_SIZE];
    char prefix[KEY_SIZE];
    char value[VALUE_SIZE];
    int count = 0;
    if (!*text || strlen(text) > TEXT_MAX) {
        seshet_reply(ctx, "Tell me what to say then, in at most %d bytes: %s add %s Hello $1!",
                     TEXT_MAX, ev->command, name);
        return;
    }
    int result = make_key(ctx, ev->channel, name, key);
    if (result >= 0)
        result = make_key(ctx, ev->channel, "", prefix);
    if (failed(ctx, result))
        return;
    int old = seshet_get(ctx, SESHET_HERE, key, value, sizeof value);
    if (old == SESHET_ENOTFOUND)
        result = seshet_keys(ctx, SESHET_HERE, prefix, count_key, &count);
    else if (old < 0 && old != SESHET_ESIZE)
        result = old;
    if (failed(ctx, result))
        return;
    if (count >= ALIASES_MAX) {
        seshet_reply(ctx, "There are %d aliases here already; remove one first.", ALIASES_MAX);
        return;
    }
    snprintf(value, sizeof value, "%" PRId64 " %s %s", seshet_now(ctx), ev->nick, text);
    if (!failed(ctx, seshet_set(ctx, SESHET_HERE, key, value)))
        seshet_reply(ctx, old == SESHET_ENOTFOUND ? "%s is an alias now." : "%s is changed.", name);
}

static void drop(seshet_ctx *ctx, const seshet_event *ev, const char *name)
{
    char key[KEY_SIZE];
    int result = make_key(ctx, ev->channel, name, key);
    if (result >= 0)
        result = seshet_delete(ctx, SESHET_HERE, key);
    if (!failed(ctx, result))
        seshet_reply(ctx, result ? "%s is gone." : "%s is no alias here.", name);
}

static void show(seshet_ctx *ctx, const seshet_event *ev, const char *name)
{
    char value[VALUE_SIZE];
    const char *nick;
    int result = get_value(ctx, ev->channel, name, value);
    const char *text = result >= 0 ? read_value(value, &nick) : NULL;
    if (text)
        seshet_reply(ctx, "%s, by %s: %s", name, nick, text);
    else if (result >= 0 || result == SESHET_ENOTFOUND)
        seshet_reply(ctx, "%s is no alias here.", name);
    else
        failed(ctx, result);
}

struct names {
    size_t prefix, len;
    char text[LIST_SIZE];
};

static int on_key(seshet_ctx *ctx, const char *key, void *arg)
{
    (void)ctx;
    struct names *n = arg;
    const char *name = key + n->prefix;
    if (n->len + strlen(name) + 2 > sizeof n->text) /* ALIASES_MAX of the longest names fit */
        return 1;
    n->len += (size_t)snprintf(n->text + n->len, sizeof n->text - n->len, "%s%s", n->len ? " " : "",
                               name);
    return 0;
}

static void list(seshet_ctx *ctx, const seshet_event *ev)
{
    char prefix[KEY_SIZE];
    struct names names = {0};
    int result = make_key(ctx, ev->channel, "", prefix);
    if (result >= 0) {
        names.prefix = strlen(prefix);
        result = seshet_keys(ctx, SESHET_HERE, prefix, on_key, &names);
    }
    if (failed(ctx, result))
        return;
    if (names.len)
        seshet_reply(ctx, "%s", names.text);
    else
        seshet_reply(ctx, "There are no aliases here; an operator can %s add NAME TEXT.",
                     ev->command);
}

static void alias(seshet_ctx *ctx, const seshet_event *ev)
{
    char verb[16] = "";
    char name[NAME_SIZE];
    const char *rest = ev->args;
    if (ev->is_private || !ev->channel[0]) {
        seshet_reply(ctx, "Aliases belong to a channel: say that there.");
        return;
    }
    (void)text_word(&rest, verb, sizeof verb);
    if (!*ev->args || text_same(verb, "list")) {
        list(ctx, ev);
        return;
    }
    int is_add = text_same(verb, "add");
    int is_remove = text_same(verb, "remove");
    if (!is_add && !is_remove && !text_same(verb, "show") && !text_same(verb, "run")) {
        seshet_reply(ctx, "I can list, run, show, add and remove: %s add NAME TEXT", ev->command);
        return;
    }
    if ((is_add || is_remove) && !may_change(ctx, ev))
        return;
    if (take_name(&rest, name))
        seshet_reply(ctx, "Which alias? A name has at most %d letters, digits, - and _.",
                     NAME_SIZE - 1);
    else if (is_add)
        add(ctx, ev, name, rest);
    else if (is_remove)
        drop(ctx, ev, name);
    else if (text_same(verb, "show"))
        show(ctx, ev, name);
    else {
        int result = find_and_run(ctx, ev, name, rest);
        if (!failed(ctx, result) && !result)
            seshet_reply(ctx, "%s is no alias here.", name);
    }
}

/* clang-format off */
SESHET_MODULE(
    .name = "alias", .version = "1.0",
    .description = "Commands that a channel makes up for itself.",
    .commands = SESHET_COMMANDS(
        { "alias", alias,
          .usage = "[list | run NAME [WORDS] | show NAME | add NAME TEXT | remove NAME]",
          .help = "Call NAME as a command to let me say TEXT; in it, $1 to $9, $2-, $*, $nick, "
                  "$channel and $me stand for the caller's words, and /me in front makes it an "
                  "action. Operators add and remove." }),
    .events = SESHET_EVENTS({ SESHET_MESSAGE, on_message }),
    .capabilities = SESHET_CAPABILITIES("alias.manage"),
)
