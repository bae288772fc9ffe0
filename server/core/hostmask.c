#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/xmalloc.h"
#include "net/proto/hostmask.h"
#include "registry/registry.h"
#include "server/core/core.h"
#include "server/core/run.h"

/* Whose hostmasks: the source's own, or of the account that the first word names, which is taken
 * off then; only an owner may touch another's, since a hostmask is as good as a password. */
static const struct account *holder(const struct command_call *call, const char **args)
{
    char word[CORE_WORD_SIZE];
    const struct auth_source source = core_source(call);
    const struct account *self = auth_account(call->network, &source);
    const struct accounts *accounts =
        snapshot_accounts(registry_snapshot(call->network->server->registry));
    const char *rest = core_word(*args, word);
    /* A mask has characters that no name has. */
    if (!*word || strpbrk(word, "!@*?/")) {
        if (!self)
            command_reply(call, "I do not know who you are. Say to me in private: auth NAME "
                                "PASSWORD");
        return self;
    }
    const struct account *named = accounts_user(accounts, word);
    if (named && named == self) {
        *args = rest;
        return self;
    }
    if (!core_need(call, "", "owner"))
        return NULL;
    if (!named)
        command_reply(call, "There is no account \"%.60s\".", word);
    *args = rest;
    return named;
}

/* The mask counts on this network only, unless it names another one that the bot knows. */
static char *scoped(const struct command_call *call, const char *mask)
{
    char network[REGISTRY_MAX_NAME + 1];
    size_t len = strcspn(mask, "/!@*?");
    snprintf(network, sizeof network, "%.*s", (int)len, mask);
    if (mask[len] == '/' && network_find(call->network->server, network))
        return xstrdup(mask);
    return xasprintf("%s/%s", call->network->key, mask);
}

static bool has_item(const struct item_list *list, const char *item)
{
    for (size_t i = 0; list && i < list->count; i++)
        if (!strcmp(list->items[i], item))
            return true;
    return false;
}

/* ---- How wide a mask of one's own may be ------------------------------------------------------
 */

#define WILD        "*?"
#define LEAST_PARTS 2 /* labels of a name, octets or groups of an address */
#define LEAST_RUN   6 /* fixed characters in a row, where there are no labels, as in cloaks */

/* Whole labels behind the last wildcard. */
static size_t fixed_labels(const char *host)
{
    size_t labels = 0;
    for (const char *s = strpbrk(host, WILD); s; s = strpbrk(s + 1, WILD))
        host = s + 1;
    for (const char *s = strchr(host, '.'); s; s = strchr(s + 1, '.'))
        labels += s[1] && s[1] != '.';
    return labels;
}

static size_t longest_run(const char *host)
{
    size_t longest = 0;
    size_t run = 0;
    for (; *host; host++) {
        if (strchr(WILD, *host))
            run = 0;
        else if (*host != '.')
            run++;
        longest = run > longest ? run : longest;
    }
    return longest;
}

/* Whole octets or groups before the first wildcard. */
static size_t fixed_groups(const char *host, char divider)
{
    size_t groups = 0;
    const char *end = host + strcspn(host, WILD);
    for (const char *s = strchr(host, divider); s && s < end; s = strchr(s + 1, divider))
        groups += s > host;
    return *host == divider ? 0 : groups;
}

/* Whether the mask's host is more than a top-level domain or a large part of all addresses. own:
 * the host that it matches. */
static bool narrow(const char *mask, const char *own)
{
    const char *host = strrchr(mask, '@') + 1;
    if (!strpbrk(host, WILD))
        return true;
    /* A cloak: what stands before the last slash is everybody's, as in gateway/web/x-abc. */
    if (strchr(own, '/'))
        return false;
    if (strchr(own, ':'))
        return fixed_groups(host, ':') >= LEAST_PARTS;
    if (!own[strspn(own, "0123456789.")])
        return fixed_groups(host, '.') >= LEAST_PARTS;
    return fixed_labels(host) >= LEAST_PARTS || longest_run(host) >= LEAST_RUN;
}

/* What speaks against the mask ("NET/glob"), for who is no owner: it could be somebody else's, and
 * then he would be known no more. NULL: nothing. */
static const char *not_own(const struct command_call *call, const char *text)
{
    char own[CORE_WORD_SIZE * 2];
    const struct irc_event *event = call->event;
    const char *mask = strchr(text, '/') + 1;
    if (core_has(call, "", "owner"))
        return NULL;
    if (strncmp(text, call->network->key, strlen(call->network->key)) != 0 ||
        (size_t)(mask - text - 1) != strlen(call->network->key))
        return "a mask of yours is for the network where you are";
    hostmask_write(own, sizeof own, event->nick, event->user, event->host);
    if (!*event->host ||
        !glob_match(irc_state_isupport(call->network->state)->casemapping, mask, own))
        return "it must match the address that you have now; without MASK that is taken";
    if (!narrow(mask, event->host))
        return "it is too wide: of a host's name give the last two parts, as in *!*@*.example.org, "
               "of an address the first two, as in *!*@192.0.*, of a cloak all of it";
    return NULL;
}

static void edit(const struct command_call *call, bool add)
{
    char why[REGISTRY_WHY_SIZE];
    char own[CORE_WORD_SIZE * 2];
    char word[CORE_WORD_SIZE];
    const char *args = call->args;
    const struct account *account = holder(call, &args);
    if (!account)
        return;
    core_word(args, word);
    if (!*word && (!add || !*call->event->host)) {
        core_reply_usage(call);
        return;
    }
    const char *mask =
        *word ? word : hostmask_write(own, sizeof own, "*", call->event->user, call->event->host);
    /* Taken away as it is written in the list, whatever that is. */
    bool as_written = !add && has_item(account->hostmasks, mask);
    char *text = as_written ? xstrdup(mask) : scoped(call, mask);
    struct registry_edit *e = registry_edit_new();
    const char *against = NULL;
    if (registry_edit_hostmask(e, account->name, text, add, why, sizeof why) ||
        (add && (against = not_own(call, text))))
        core_refuse_edit(call, e, against ? against : why);
    else
        core_commit(
            call, e,
            xasprintf("%s %s %s.", text, add ? "now means" : "no longer means", account->name));
    free(text);
}

void core_hostmask_add(const struct command_call *call)
{
    edit(call, true);
}

void core_hostmask_remove(const struct command_call *call)
{
    edit(call, false);
}

void core_hostmask_list(const struct command_call *call)
{
    const char *args = call->args;
    struct buf text = {0};
    const struct account *account = holder(call, &args);
    if (!account)
        return;
    buf_printf(&text, "Hostmasks of %s:", account->name);
    for (size_t i = 0; account->hostmasks && i < account->hostmasks->count; i++)
        buf_printf(&text, "%s %s", i ? "," : "", account->hostmasks->items[i]);
    buf_printf(&text, "%s Services accounts:", account->hostmasks ? "." : " none.");
    for (size_t i = 0; account->services && i < account->services->count; i++)
        buf_printf(&text, "%s %s", i ? "," : "", account->services->items[i]);
    buf_printf(&text, account->services ? "." : " none.");
    core_reply_buf(call, &text);
}
