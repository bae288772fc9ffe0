#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/rate.h"
#include "base/str.h"
#include "base/xmalloc.h"
#include "net/state/state.h"
#include "registry/ignores.h"
#include "registry/registry.h"
#include "server/core/core.h"
#include "server/core/run.h"

/* Who is not heard: on this network, or in one channel of it (then call->channel is set). */

/* The mask that the word means: itself, or what a nick that we see stands for. */
static const char *mask_of(const struct command_call *call, const char *word,
                           char dst[CORE_WORD_SIZE * 2])
{
    const struct irc_user *user = irc_user_find(call->network->state, word);
    if (!user || strpbrk(word, "!@*?:"))
        return word;
    return mask_write(dst, CORE_WORD_SIZE * 2, irc_user_nick(user), irc_user_host(user),
                      irc_user_account(user));
}

static const char *fold(const struct command_call *call, char dst[CORE_WORD_SIZE])
{
    irc_fold_copy(irc_state_isupport(call->network->state)->casemapping, dst, CORE_WORD_SIZE,
                  call->channel);
    return dst;
}

/* The end of a duration from now, in seconds since 1970; 0 (never) for "". -1 when it is none. */
static int64_t expiry(const struct command_call *call, const char *text, char *why, size_t why_size)
{
    int64_t ms;
    if (!*text)
        return 0;
    if (duration_parse(text, &ms, why, why_size))
        return -1;
    return (clock_wall(call->network->server->clock) + ms) / 1000;
}

#define LEAST_FIXED 3

/* Whether the mask means nearly everybody: only an owner may be so sure. */
static bool too_wide(const struct command_call *call, const char *mask)
{
    size_t fixed = 0;
    for (const char *s = mask; *s; s++)
        fixed += !strchr("*?!@", *s);
    const bool any_account = strstr(mask, "account:") == mask && !strpbrk(mask, "!@");
    if (any_account)
        fixed -= strlen("account:");
    return fixed < LEAST_FIXED && !core_has(call, call->network->key, "owner");
}

static int edit(struct registry_edit *e, const struct command_call *call, const char *mask,
                int64_t expires_s, bool add, char *why, size_t why_size)
{
    char folded[CORE_WORD_SIZE];
    const char *network = call->network->key;
    if (call->channel)
        return registry_edit_channel_ignore(e, network, fold(call, folded), mask, expires_s, add,
                                            why, why_size);
    return add ? registry_edit_ignore(e, network, mask, expires_s, why, why_size)
               : registry_edit_unignore(e, network, mask, why, why_size);
}

void core_ignore_add(const struct command_call *call)
{
    char words[2][CORE_WORD_SIZE];
    char seen[CORE_WORD_SIZE * 2];
    char why[REGISTRY_WHY_SIZE] = "";
    bool too_much = *core_word(core_word(call->args, words[0]), words[1]);
    if (!*words[0] || too_much) {
        core_reply_usage(call);
        return;
    }
    const char *mask = mask_of(call, words[0], seen);
    int64_t expires_s = expiry(call, words[1], why, sizeof why);
    struct registry_edit *e = registry_edit_new();
    bool wide = too_wide(call, mask);
    if (wide)
        snprintf(
            why, sizeof why,
            "\"%.80s\" would mean nearly everybody: a mask has at least %d characters that are "
            "no wildcards",
            mask, LEAST_FIXED);
    if (wide || expires_s < 0 || edit(e, call, mask, expires_s, true, why, sizeof why))
        core_refuse_edit(call, e, why);
    else
        core_commit(call, e,
                    xasprintf("%s is ignored %s%s%s.", mask, call->channel ? "in " : "here",
                              call->channel ? call->channel : "", *words[1] ? " for a while" : ""));
}

/* As it stands in the list, for who compares as the network does; NULL: it does not. */
static const char *find(const struct ignore_list *list, enum casemapping casemapping,
                        const char *mask)
{
    for (size_t i = 0; list && i < list->count; i++)
        if (ignores_same(casemapping, list->items[i].mask, mask))
            return list->items[i].mask;
    return NULL;
}

/* What stands in Redis for this place. */
static const struct ignore_list *stored(const struct command_call *call)
{
    char folded[CORE_WORD_SIZE];
    const struct network *n = call->network;
    const struct snapshot *s = registry_snapshot(n->server->registry);
    if (call->channel) {
        const struct channel_record *record =
            accounts_channel(snapshot_accounts(s), n->key, fold(call, folded));
        return record ? record->ignores : NULL;
    }
    const struct network_overlays *here = snapshot_network(s, n->key);
    return here ? here->ignores : NULL;
}

void core_ignore_remove(const struct command_call *call)
{
    char word[CORE_WORD_SIZE];
    char seen[CORE_WORD_SIZE * 2];
    char why[REGISTRY_WHY_SIZE];
    if (*core_word(call->args, word) || !*word) {
        core_reply_usage(call);
        return;
    }
    const struct ignore_list *list = stored(call);
    struct network *n = call->network;
    enum casemapping casemapping = irc_state_isupport(n->state)->casemapping;
    const char *there = find(list, casemapping, word);
    const char *mask = there ? there : mask_of(call, word, seen);
    if (!there && (there = find(list, casemapping, mask)))
        mask = there;
    bool remembered =
        !call->channel && ignores_remove(n->server->ignores, n->key, casemapping, mask);
    if (!there) {
        if (remembered)
            command_reply(call, "%s is heard again.", mask);
        else
            command_reply(call, "\"%.200s\" is not ignored there.", mask);
        return;
    }
    struct registry_edit *e = registry_edit_new();
    if (edit(e, call, mask, 0, false, why, sizeof why))
        core_refuse_edit(call, e, why);
    else
        core_commit(call, e, xasprintf("%s is heard again.", mask));
}

struct listing {
    struct buf text;
    int64_t now_s;
    size_t count;
};

static void add_row(void *arg, const char *network, const char *mask, int64_t expires_s)
{
    struct listing *listing = arg;
    char left[40];
    (void)network;
    if (expires_s && expires_s <= listing->now_s)
        return;
    buf_printf(&listing->text, "%s%s", listing->count++ ? ", " : "Ignored: ", mask);
    if (expires_s)
        buf_printf(&listing->text, " (for %s)",
                   str_duration(left, sizeof left, (expires_s - listing->now_s) * 1000));
}

void core_ignore_list(const struct command_call *call)
{
    const struct network *n = call->network;
    const struct ignore_list *list = stored(call);
    struct listing listing = {.now_s = clock_wall(n->server->clock) / 1000};
    for (size_t i = 0; list && i < list->count; i++)
        add_row(&listing, n->key, list->items[i].mask, list->items[i].expires_s);
    if (!call->channel)
        ignores_each(n->server->ignores, n->key, add_row, &listing);
    if (!listing.count)
        buf_printf(&listing.text, "Nobody is ignored there.");
    core_reply_buf(call, &listing.text);
}
