/*
 * autoop: gives +o or +v to those on a channel's list, when they join, when they log in to
 * services, and when the bot itself becomes operator. Needs the permission "raw". What is stored:
 * list.h.
 */
#include <seshet/module.h>
#include <stdio.h>
#include <string.h>

#include "modules/autoop/list.h"
#include "modules/common/may.h"
#include "modules/common/text.h"

enum {
    AT_ONCE = 3, /* changes in one MODE that each server takes (RFC 1459 4.2.3.1) */
    LINE_SIZE = 400
};

/* Modes on their way into one line. */
struct batch {
    const char *channel;
    const struct list *list;
    const char *only; /* this nick; NULL: all */
    int count;
    char modes[AT_ONCE + 2];
    char nicks[LINE_SIZE];
};

static void send_batch(seshet_ctx *ctx, struct batch *b)
{
    if (!b->count)
        return;
    int result = seshet_set_mode(ctx, b->channel, b->modes, b->nicks);
    if (result < 0)
        seshet_log(ctx, 2, "cannot set %s %s in %s: %s%s", b->modes, b->nicks, b->channel,
                   seshet_strerror(result),
                   result == SESHET_EREFUSED ? "; give me the permission raw with: module set "
                                               "autoop permissions raw"
                                             : "");
    b->count = 0;
}

static void add_to_batch(seshet_ctx *ctx, struct batch *b, char mode, const char *nick)
{
    if (b->count && strlen(b->nicks) + strlen(nick) + 2 > sizeof b->nicks)
        send_batch(ctx, b);
    if (strlen(nick) + 1 > sizeof b->nicks)
        return;
    if (!b->count) {
        snprintf(b->modes, sizeof b->modes, "+");
        b->nicks[0] = 0;
    }
    size_t len = strlen(b->modes);
    b->modes[len] = mode;
    b->modes[len + 1] = 0;
    len = strlen(b->nicks);
    snprintf(b->nicks + len, sizeof b->nicks - len, "%s%s", len ? " " : "", nick);
    if (++b->count == AT_ONCE)
        send_batch(ctx, b);
}

static int on_member(seshet_ctx *ctx, const seshet_member *m, void *arg)
{
    struct batch *b = arg;
    if (b->only && seshet_casecmp(ctx, m->nick, b->only) != 0)
        return 0;
    char mode = list_mode_for(ctx, b->list, m->nick, m->user, m->host, m->account);
    /* Operators need no voice; who has more than that needs nothing. */
    const char *enough = mode == 'o' ? "qao" : "qaohv";
    if (mode && !strpbrk(m->modes, enough) &&
        seshet_casecmp(ctx, m->nick, seshet_own_nick(ctx)) != 0)
        add_to_batch(ctx, b, mode, m->nick);
    return b->only != NULL;
}

/* Gives the members of a channel, or one of them, what they have not. When the bot is no operator,
 * it is done as soon as it becomes one. */
static void give(seshet_ctx *ctx, const char *channel, const char *only)
{
    static struct list list; /* large */
    if (!may_operate(ctx, channel, seshet_own_nick(ctx)))
        return;
    int result = list_read(ctx, channel, &list);
    if (result < 0)
        seshet_log(ctx, 2, "cannot read who gets modes in %s: %s", channel,
                   seshet_strerror(result));
    if (result < 0 || !list.count)
        return;
    struct batch batch = {.channel = channel, .list = &list, .only = only};
    seshet_members(ctx, channel, on_member, &batch);
    send_batch(ctx, &batch);
}

static void on_join(seshet_ctx *ctx, const seshet_event *ev)
{
    if (!ev->from_me)
        give(ctx, ev->channel, ev->nick);
}

static int names(seshet_ctx *ctx, const char *words, const char *nick)
{
    char word[LIST_WHO_SIZE];
    while (text_word(&words, word, sizeof word) == 0)
        if (seshet_casecmp(ctx, word, nick) == 0)
            return 1;
    return 0;
}

static void on_mode(seshet_ctx *ctx, const seshet_event *ev)
{
    const char *plus = strchr(ev->target, '+');
    if (ev->channel[0] && plus && strpbrk(plus, "qao") &&
        names(ctx, ev->text, seshet_own_nick(ctx)))
        give(ctx, ev->channel, NULL);
}

static int in_channel(seshet_ctx *ctx, const char *key, void *arg)
{
    char modes[32];
    const char *nick = arg;
    if (seshet_member_modes(ctx, key, nick, modes, sizeof modes) >= 0)
        give(ctx, key, nick);
    return 0;
}

/* Who logs in to services after joining is due what the account is due. */
static void on_account(seshet_ctx *ctx, const seshet_event *ev)
{
    char nick[LIST_WHO_SIZE];
    if (!ev->account || snprintf(nick, sizeof nick, "%s", ev->nick) >= (int)sizeof nick)
        return;
    int result = seshet_keys(ctx, SESHET_HERE, "", in_channel, nick);
    if (result < 0)
        seshet_log(ctx, 2, "cannot read who gets modes: %s", seshet_strerror(result));
}

static void show(seshet_ctx *ctx, const seshet_event *ev, const struct list *list)
{
    char text[LIST_ENTRIES_MAX * (LIST_WHO_SIZE + 8)];
    size_t len = 0;
    if (!list->count) {
        seshet_reply(ctx, "Nobody is on the list; %s add MASK puts somebody there.", ev->command);
        return;
    }
    for (size_t i = 0; i < list->count; i++)
        len += (size_t)snprintf(text + len, sizeof text - len, "%s+%c %s", i ? ", " : "",
                                list->entries[i].mode, list->entries[i].who);
    /* Hosts are not for everybody. */
    seshet_reply_private(ctx, "%s: %s", ev->channel, text);
}

/* Returns whether the list has changed. */
static int add(seshet_ctx *ctx, struct list *list, char mode, const char *who)
{
    struct list_entry *entry = list_find(list, who);
    if (entry && entry->mode == mode) {
        seshet_reply(ctx, "%s is on the list already.", who);
        return 0;
    }
    if (!entry && list->count == LIST_ENTRIES_MAX) {
        seshet_reply(ctx, "The list is full: it has %d entries.", LIST_ENTRIES_MAX);
        return 0;
    }
    if (!entry)
        entry = &list->entries[list->count++];
    entry->mode = mode;
    snprintf(entry->who, sizeof entry->who, "%s", who);
    return 1;
}

static int drop(seshet_ctx *ctx, struct list *list, const char *who)
{
    struct list_entry *entry = list_find(list, who);
    if (!entry) {
        seshet_reply(ctx, "%s is not on the list.", who);
        return 0;
    }
    *entry = list->entries[--list->count];
    return 1;
}

static int is_mode(const char *word)
{
    return strcmp(word, "o") == 0 || strcmp(word, "v") == 0 || strcmp(word, "+o") == 0 ||
           strcmp(word, "+v") == 0;
}

static void change(seshet_ctx *ctx, const seshet_event *ev, struct list *list, const char *rest,
                   int adds)
{
    char mode = 'o';
    char word[LIST_WHO_SIZE] = "";
    char who[LIST_WHO_SIZE];
    (void)text_word(&rest, word, sizeof word);
    if (adds && is_mode(word)) {
        mode = word[strlen(word) - 1];
        word[0] = 0;
        (void)text_word(&rest, word, sizeof word);
    }
    if (!word[0] || *rest) {
        seshet_reply(ctx,
                     adds ? "Whom? %s add [o|v] MASK | account:NAME | NICK"
                          : "Whom? %s remove MASK | account:NAME | NICK",
                     ev->command);
        return;
    }
    const char *wrong = list_normalize(ctx, ev->channel, word, who);
    if (wrong) {
        seshet_reply(ctx, "%s", wrong);
        return;
    }
    if (adds && !may_use_or_tell(ctx, "raw", "give modes"))
        return;
    if (!(adds ? add(ctx, list, mode, who) : drop(ctx, list, who)))
        return;
    int result = list_write(ctx, ev->channel, list);
    if (result < 0)
        seshet_reply(ctx, "I cannot write that down now: %s.", seshet_strerror(result));
    else if (!adds)
        seshet_reply(ctx, "%s is off the list.", who);
    else
        seshet_reply(ctx, "%s gets +%c from now on.", who, mode);
    if (result >= 0 && adds)
        give(ctx, ev->channel, NULL);
}

static void autoop(seshet_ctx *ctx, const seshet_event *ev)
{
    static struct list list; /* large */
    char verb[16] = "";
    const char *rest = ev->args;
    if (!may_change(ctx, ev))
        return;
    int result = list_read(ctx, ev->channel, &list);
    if (result < 0) {
        seshet_reply(ctx, "I cannot look up the list now: %s.", seshet_strerror(result));
        return;
    }
    int has_verb = text_word(&rest, verb, sizeof verb) == 0;
    if (!*ev->args || text_same(verb, "list"))
        show(ctx, ev, &list);
    else if (has_verb && text_same(verb, "add"))
        change(ctx, ev, &list, rest, 1);
    else if (has_verb && text_same(verb, "remove"))
        change(ctx, ev, &list, rest, 0);
    else
        seshet_reply(ctx, "I can list, add and remove: %s add [o|v] MASK", ev->command);
}

/* clang-format off */
SESHET_MODULE(
    .name = "autoop", .version = "1.0",
    .description = "Gives operator or voice to those on a channel's list.",
    .commands = SESHET_COMMANDS(
        { "autoop", autoop, .usage = "[list | add [o|v] WHO | remove WHO]",
          .help = "Show or change who gets operator (o) or voice (v) in this channel; WHO is a mask "
                  "nick!user@host, account:NAME, or the nick of somebody here. For operators." }),
    .events = SESHET_EVENTS(
        { SESHET_JOIN, on_join }, { SESHET_MODE, on_mode }, { SESHET_ACCOUNT, on_account }),
    .capabilities = SESHET_CAPABILITIES("autoop.manage"),
)
