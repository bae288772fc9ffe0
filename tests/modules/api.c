/* Uses each part of the API once: "!api WHAT ...". */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <seshet/module.h>

struct list {
    char text[600];
    size_t len;
};

static void put(struct list *list, const char *format, const char *a, const char *b)
{
    list->len +=
        (size_t)snprintf(list->text + list->len, sizeof list->text - list->len, format, a, b);
}

static int one_member(seshet_ctx *ctx, const seshet_member *m, void *arg)
{
    (void)ctx;
    put(arg, "%s[%s]", m->nick, m->modes);
    put(arg, "%s%s ", m->account ? m->account : "", *m->user ? "" : "?");
    return 0;
}

static int one_key(seshet_ctx *ctx, const char *key, void *arg)
{
    char value[32] = "";
    seshet_get(ctx, SESHET_SESSION, key, value, sizeof value);
    put(arg, "%s=%s ", key, value);
    return 0;
}

static void members(seshet_ctx *ctx, const char *channel)
{
    struct list list = {0};
    int count = seshet_members(ctx, channel, one_member, &list);
    seshet_reply(ctx, "%d members: %s", count, list.text);
}

static void modes(seshet_ctx *ctx, const char *words)
{
    char channel[64] = "";
    char nick[64] = "";
    char letters[16] = "";
    sscanf(words, "%63s %63s", channel, nick);
    int length = seshet_member_modes(ctx, channel, nick, letters, sizeof letters);
    seshet_reply(ctx, "modes %d \"%s\"", length, letters);
}

static void topic(seshet_ctx *ctx, const char *channel)
{
    char text[256] = "";
    int length = seshet_topic(ctx, channel, text, sizeof text);
    seshet_reply(ctx, "topic %d \"%s\"", length, text);
}

static void field(seshet_ctx *ctx, const char *name)
{
    char text[256] = "";
    int length = seshet_field(ctx, name, text, sizeof text);
    seshet_reply(ctx, "field %d \"%s\"", length, text);
}

static void session(seshet_ctx *ctx, const char *words)
{
    char key[64] = "";
    char value[64] = "";
    int64_t number = 0;
    struct list list = {0};
    if (sscanf(words, "set %63s %63s", key, value) == 2)
        seshet_reply(ctx, "set %d", seshet_set(ctx, SESHET_SESSION, key, value));
    else if (sscanf(words, "get %63s", key) == 1)
        seshet_reply(ctx, "get %d \"%s\"",
                     seshet_get(ctx, SESHET_SESSION, key, value, sizeof value), value);
    else if (sscanf(words, "add %63s", key) == 1) {
        int status = seshet_increment(ctx, SESHET_SESSION, key, 2, &number);
        seshet_reply(ctx, "add %d %lld", status, (long long)number);
    } else if (sscanf(words, "delete %63s", key) == 1)
        seshet_reply(ctx, "delete %d", seshet_delete(ctx, SESHET_SESSION, key));
    else if (sscanf(words, "keys %63s", key) >= 0) {
        int count = seshet_keys(ctx, SESHET_SESSION, key, one_key, &list);
        seshet_reply(ctx, "%d keys: %s", count, list.text);
    }
}

static int count_key(seshet_ctx *ctx, const char *key, void *arg)
{
    (void)ctx;
    (void)key;
    ++*(int *)arg;
    return 0;
}

/* Many keys in Redis, listed by pages. */
static void keys(seshet_ctx *ctx, const char *words)
{
    long wanted = strtol(words, NULL, 10);
    int given = 0;
    char key[32];
    for (long i = 0; i < wanted; i++) {
        snprintf(key, sizeof key, "a%%b*%ld", i);
        seshet_set(ctx, SESHET_HERE, key, "x");
    }
    int count = seshet_keys(ctx, SESHET_HERE, "a%b*", count_key, &given);
    int none = seshet_keys(ctx, SESHET_HERE, "a%b?", count_key, &given);
    seshet_reply(ctx, "%s: %s", count == given && given >= wanted ? "all" : "not all",
                 none == 0 ? "none" : "some");
}

static void on_later(seshet_ctx *ctx, void *arg)
{
    seshet_reply(ctx, "later %s", (char *)arg);
    free(arg);
}

static int calls;
static int64_t repeating;

static void on_every(seshet_ctx *ctx, void *arg)
{
    (void)arg;
    seshet_reply(ctx, "again %d", ++calls);
    if (calls == 3)
        seshet_reply(ctx, "cancelled %d", seshet_cancel(ctx, repeating));
}

static void later(seshet_ctx *ctx, const char *words)
{
    char *text;
    long ms = strtol(words, &text, 10);
    if (seshet_later(ctx, ms, on_later, strdup(text + (*text == ' '))) < 0)
        seshet_reply(ctx, "no timer");
}

static void formats(seshet_ctx *ctx, const char *words)
{
    char plain[200];
    char text[200];
    snprintf(text, sizeof text,
             SESHET_BOLD SESHET_STRIKE SESHET_REVERSE
             "bold" SESHET_PLAIN
             " " SESHET_COLOR("04") "red" SESHET_COLOR("4,12") "both" SESHET_PLAIN "1 %s",
             words);
    int length = seshet_strip(plain, sizeof plain, text);
    seshet_answer(ctx, "%s", text);
    seshet_reply(ctx, "%d %s", length, plain);
}

/* "word0000 word0001 ...", from one number to another. */
static char *words(long from, long to)
{
    size_t size = (size_t)(to - from) * 9 + 1;
    char *text = malloc(size);
    size_t len = 0;
    text[0] = '\0';
    for (long i = from; i < to; i++)
        len +=
            (size_t)snprintf(text + len, size - len, "%sword%04ld", i > from ? " " : "", i % 10000);
    return text;
}

/* WAY HOW-OFTEN WORDS: long texts, which are numbered through. */
static void longs(seshet_ctx *ctx, const char *rest)
{
    char way[16] = "";
    char *end;
    sscanf(rest, "%15s", way);
    long often = strtol(rest + strlen(way), &end, 10);
    long each = strtol(end, NULL, 10);
    for (long i = 0; i < often; i++) {
        char *text = words(i * each, (i + 1) * each);
        if (strcmp(way, "reply") == 0)
            seshet_reply(ctx, "%s", text);
        else if (strcmp(way, "answer") == 0)
            seshet_answer(ctx, "%s", text);
        else if (strcmp(way, "alone") == 0)
            seshet_reply_private(ctx, "%s", text);
        else if (strcmp(way, "me") == 0)
            seshet_action(ctx, "%s", text);
        else
            seshet_say(ctx, way, "%s", text);
        free(text);
    }
}

static void on_long_later(seshet_ctx *ctx, void *arg)
{
    (void)arg;
    longs(ctx, "reply 1 1000");
}

static void facts(seshet_ctx *ctx)
{
    char folded[8] = "";
    char small[2];
    int too_long = seshet_fold(ctx, small, sizeof small, "#[]");
    int length = seshet_fold(ctx, folded, sizeof folded, "#[]A");
    seshet_reply(ctx, "%s %s %s: %d %d %d %d %s %d %s", seshet_network(ctx),
                 seshet_module_name(ctx), seshet_own_nick(ctx), seshet_casecmp(ctx, "a", "b") == 0,
                 seshet_casecmp(ctx, seshet_own_nick(ctx), "ANNA") == 0, too_long, length, folded,
                 seshet_now(ctx) > 0, seshet_strerror(SESHET_ENOTFOUND));
}

__attribute__((format(printf, 2, 3))) static void by_list(seshet_ctx *ctx, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    seshet_vreply(ctx, format, args);
    va_end(args);
}

static void ways(seshet_ctx *ctx, const seshet_event *ev, const char *text)
{
    by_list(ctx, "v %s", text);
    seshet_reply_private(ctx, "private %s", text);
    seshet_action(ctx, "does %s", text);
    seshet_notice(ctx, ev->channel, "notice %s", text);
}

/* What is no text, no target, and too long. */
static void wrong(seshet_ctx *ctx)
{
    char *text = words(0, 2000);
    int empty = seshet_reply(ctx, "%s", "");
    int nowhere = seshet_say(ctx, "", "x");
    int two = seshet_say(ctx, "#a,#b", "x");
    seshet_reply(ctx, "wrong %d %d %d %d", empty, nowhere, two, seshet_reply(ctx, "%s", text));
    free(text);
}

static void act(seshet_ctx *ctx, const char *words)
{
    char channel[64] = "";
    char rest[200] = "";
    if (sscanf(words, "topic %63s %199[^\n]", channel, rest) == 2)
        seshet_reply(ctx, "topic %d", seshet_set_topic(ctx, channel, rest));
    else if (sscanf(words, "mode %63s %199[^\n]", channel, rest) == 2)
        seshet_reply(ctx, "mode %d", seshet_set_mode(ctx, channel, rest, "visitor"));
    else if (sscanf(words, "kick %63s %199s", channel, rest) == 2)
        seshet_reply(ctx, "kick %d", seshet_kick(ctx, channel, rest, "as asked"));
    else
        seshet_reply(ctx, "raw %d", seshet_raw(ctx, "%s", words));
}

static void api(seshet_ctx *ctx, const seshet_event *ev)
{
    static const struct {
        const char *name;
        void (*run)(seshet_ctx *ctx, const char *rest);
    } parts[] = {{"members ", members}, {"modes ", modes}, {"topic ", topic}, {"field ", field},
                 {"session ", session}, {"keys ", keys},   {"later ", later}, {"format ", formats},
                 {"act ", act},         {"long ", longs}};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        size_t len = strlen(parts[i].name);
        if (strncmp(parts[i].name, ev->args, len) == 0) {
            parts[i].run(ctx, ev->args + len);
            return;
        }
    }
    if (strcmp(ev->args, "facts") == 0)
        facts(ctx);
    else if (strncmp(ev->args, "ways ", 5) == 0)
        ways(ctx, ev, ev->args + 5);
    else if (strcmp(ev->args, "wrong") == 0)
        wrong(ctx);
    else if (strcmp(ev->args, "every") == 0)
        repeating = seshet_every(ctx, 100, on_every, NULL);
    else if (strcmp(ev->args, "refused") == 0)
        seshet_reply(ctx, "refused %d %d %d", (int)seshet_later(ctx, 0, on_later, NULL),
                     (int)seshet_every(ctx, 99, on_every, NULL), seshet_cancel(ctx, 4711));
    else if (strcmp(ev->args, "long-later") == 0)
        seshet_later(ctx, 20, on_long_later, NULL);
    else if (strcmp(ev->args, "crash") == 0)
        abort();
    else
        seshet_reply(ctx, "ready %s", ev->args);
}

static void on_part(seshet_ctx *ctx, const seshet_event *ev)
{
    if (strcmp(ev->text, "say much") == 0)
        longs(ctx, "answer 1 900");
}

static void on_raw(seshet_ctx *ctx, const seshet_event *ev)
{
    if (strstr(ev->text, "show this line"))
        seshet_say(ctx, "visitor", "raw: %s", ev->text);
}

SESHET_MODULE(.name = "api", .version = "1", .description = "Uses each part of the API.",
              .commands = SESHET_COMMANDS({"api", api}),
              .events = SESHET_EVENTS({SESHET_RAW, on_raw}, {SESHET_PART, on_part}), )
