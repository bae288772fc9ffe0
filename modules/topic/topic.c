/*
 * topic: changes a channel's topic piece by piece, for its operators. Needs the permission "raw".
 * What is stored: history.h.
 */
#include <seshet/module.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "modules/common/may.h"
#include "modules/common/text.h"
#include "modules/topic/history.h"
#include "modules/topic/pieces.h"

/* A change that is being worked on. */
struct change {
    const char *channel;
    const char *command;
    const char *args; /* what follows the verb */
    char separator[SEPARATOR_SIZE];
    char before[TOPIC_SIZE];
    struct pieces pieces;
};

static int failed(seshet_ctx *ctx, int result)
{
    if (result < 0)
        seshet_reply(ctx, "I cannot do that now: %s.", seshet_strerror(result));
    return result < 0;
}

/* The topic itself is the answer; a word only when it may not come. */
static void send(seshet_ctx *ctx, const char *channel, const char *topic)
{
    int result = seshet_set_topic(ctx, channel, topic);
    if (!failed(ctx, result) && !may_operate(ctx, channel, seshet_own_nick(ctx)))
        seshet_reply(ctx,
                     "I have asked for it, but I am no operator here: the network may refuse.");
}

static void finish(seshet_ctx *ctx, struct change *c)
{
    char topic[TOPIC_SIZE];
    if (pieces_join(&c->pieces, c->separator, topic))
        seshet_reply(ctx, "That would be too long: a topic has at most %d bytes.", TOPIC_MAX);
    else if (!failed(ctx, history_push(ctx, c->channel, c->before, topic)))
        send(ctx, c->channel, topic);
}

/* Takes the number of a piece from the front of the arguments, 1 to most; 0 when it is none. */
static size_t number(seshet_ctx *ctx, struct change *c, size_t most)
{
    char word[8] = "";
    char *end;
    int missing = text_word(&c->args, word, sizeof word);
    unsigned long n = strtoul(word, &end, 10);
    if (!missing && !*end && word[0] != '-' && n >= 1 && n <= most)
        return n;
    if (most)
        seshet_reply(ctx, "Which piece? Give me a number from 1 to %zu.", most);
    else
        seshet_reply(ctx, "There is no topic; %s add TEXT begins one.", c->command);
    return 0;
}

static void insert(seshet_ctx *ctx, struct change *c, size_t at)
{
    if (!*c->args)
        seshet_reply(ctx, "Tell me the text as well.");
    else if (pieces_insert(&c->pieces, at, c->args))
        seshet_reply(ctx, "A topic has at most %d pieces.", PIECES_MAX);
    else
        finish(ctx, c);
}

static void do_add(seshet_ctx *ctx, struct change *c)
{
    insert(ctx, c, c->pieces.count);
}

static void do_insert(seshet_ctx *ctx, struct change *c)
{
    size_t n = number(ctx, c, c->pieces.count);
    if (n)
        insert(ctx, c, n - 1);
}

static void do_replace(seshet_ctx *ctx, struct change *c)
{
    size_t n = number(ctx, c, c->pieces.count);
    if (!n)
        return;
    if (*c->args)
        pieces_remove(&c->pieces, n - 1);
    insert(ctx, c, n - 1);
}

static void do_remove(seshet_ctx *ctx, struct change *c)
{
    size_t n = number(ctx, c, c->pieces.count);
    if (!n)
        return;
    pieces_remove(&c->pieces, n - 1);
    finish(ctx, c);
}

static void do_reorder(seshet_ctx *ctx, struct change *c)
{
    if (pieces_reorder(&c->pieces, c->args))
        seshet_reply(ctx, "Name each of the %zu pieces once, in their new order: %s reorder 2 1",
                     c->pieces.count, c->command);
    else
        finish(ctx, c);
}

static void do_set(seshet_ctx *ctx, struct change *c)
{
    c->pieces.count = 0;
    insert(ctx, c, 0);
}

static void do_clear(seshet_ctx *ctx, struct change *c)
{
    c->pieces.count = 0;
    finish(ctx, c);
}

static void do_undo(seshet_ctx *ctx, struct change *c)
{
    char topic[TOPIC_SIZE];
    int result = history_pop(ctx, c->channel, topic);
    if (result == SESHET_ENOTFOUND)
        seshet_reply(ctx, "There is nothing to undo.");
    else if (!failed(ctx, result) && !failed(ctx, history_ask(ctx, c->channel, topic)))
        send(ctx, c->channel, topic);
}

static void do_restore(seshet_ctx *ctx, struct change *c)
{
    char topic[TOPIC_SIZE];
    int result = history_last(ctx, c->channel, topic);
    if (result == SESHET_ENOTFOUND)
        seshet_reply(ctx, "I have not set a topic here yet.");
    else if (failed(ctx, result))
        return;
    else if (strcmp(topic, c->before) == 0)
        seshet_reply(ctx, "That is the topic already.");
    else if (!failed(ctx, history_push(ctx, c->channel, c->before, topic)))
        send(ctx, c->channel, topic);
}

static void do_separator(seshet_ctx *ctx, struct change *c)
{
    char separator[SEPARATOR_SIZE];
    if (text_word(&c->args, separator, sizeof separator) || *c->args) {
        seshet_reply(ctx, "The separator is %s; another one has 1 to %d bytes and no space.",
                     c->separator, SEPARATOR_SIZE - 1);
        return;
    }
    if (failed(ctx, history_set_separator(ctx, c->channel, separator)))
        return;
    snprintf(c->separator, sizeof c->separator, "%s", separator);
    if (c->pieces.count > 1)
        finish(ctx, c);
    else
        seshet_reply(ctx, "The separator is %s now.", separator);
}

/* Whoever is in the channel sees its topic anyway. */
static void show(seshet_ctx *ctx, const struct change *c)
{
    char text[TOPIC_SIZE + PIECES_MAX * 8];
    size_t len = 0;
    for (size_t i = 0; i < c->pieces.count; i++) {
        int n = snprintf(text + len, sizeof text - len, "%s%zu: %s", i ? " " : "", i + 1,
                         c->pieces.text[i]);
        if (n < 0 || (size_t)n >= sizeof text - len)
            break;
        len += (size_t)n;
    }
    if (len)
        seshet_reply(ctx, "%s", text);
    else
        seshet_reply(ctx, "There is no topic.");
}

static const struct {
    const char *name;
    void (*run)(seshet_ctx *ctx, struct change *c);
} verbs[] = {
    {"add", do_add},         {"insert", do_insert},
    {"replace", do_replace}, {"remove", do_remove},
    {"reorder", do_reorder}, {"set", do_set},
    {"clear", do_clear},     {"undo", do_undo},
    {"restore", do_restore}, {"separator", do_separator},
};

static void topic(seshet_ctx *ctx, const seshet_event *ev)
{
    static struct change c; /* large */
    char verb[16] = "";
    c.channel = ev->channel;
    c.command = ev->command;
    c.args = ev->args;
    if (*ev->args || ev->is_private)
        if (!may_change(ctx, ev) || !may_use_or_tell(ctx, "raw", "change topics"))
            return;
    if (failed(ctx, history_separator(ctx, ev->channel, c.separator)) ||
        failed(ctx, history_topic(ctx, ev->channel, c.before)))
        return;
    pieces_cut(&c.pieces, c.before, c.separator);
    if (!*ev->args) {
        show(ctx, &c);
        return;
    }
    (void)text_word(&c.args, verb, sizeof verb);
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
        if (text_same(verb, verbs[i].name)) {
            verbs[i].run(ctx, &c);
            return;
        }
    seshet_reply(ctx, "I can add, insert, replace, remove, reorder, set, clear, undo, restore and "
                      "change the separator.");
}

static void on_topic(seshet_ctx *ctx, const seshet_event *ev)
{
    history_confirm(ctx, ev->channel, ev->text, ev->from_me);
}

/* clang-format off */
SESHET_MODULE(
    .name = "topic", .version = "1.0",
    .description = "Changes a channel's topic piece by piece.",
    .commands = SESHET_COMMANDS(
        { "topics", topic,
          .usage = "[add TEXT | insert N TEXT | replace N TEXT | remove N | reorder N... | set TEXT | "
                   "clear | undo | restore | separator TEXT]",
          .help = "Show the topic's pieces with their numbers, or change them; undo takes the last "
                  "change back, restore sets again what was set with this command last. Changes are "
                  "for operators." }),
    .events = SESHET_EVENTS({ SESHET_TOPIC, on_topic }),
    .capabilities = SESHET_CAPABILITIES("topic.manage"),
)
