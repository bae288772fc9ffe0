#include "server/module/answers.h"

#include <errno.h>
#include <seshet/module.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PAGE_BYTES = 32 * 1024 };

static void put_text(struct module_answer *answer, const char *text)
{
    size_t len = strlen(text);
    buf_append(&answer->text, text, len + 1);
    answer->status = (int32_t)len;
}

/* ---- The session ----------------------------------------------------------------------------- */

static int32_t increment(struct module_sessions *s, const char *network, const char *module,
                         const struct ipc_ask *ask, int64_t *number)
{
    const char *old = module_session_get(s, network, module, ask->key);
    char text[24];
    char *end;
    errno = 0;
    long long now = old ? strtoll(old, &end, 10) : 0;
    if (old && (*end || !*old || errno))
        return SESHET_EINVAL;
    if (__builtin_add_overflow(now, ask->by, number))
        return SESHET_EINVAL;
    snprintf(text, sizeof text, "%lld", (long long)*number);
    return module_session_set(s, network, module, ask->key, text) < 0 ? SESHET_ESIZE : 0;
}

void module_answer_session(struct module_sessions *s, const char *network, const char *module,
                           const struct ipc_ask *ask, struct module_answer *answer)
{
    const char *value;
    *answer = (struct module_answer){0};
    switch (ask->op) {
    case IPC_GET:
        value = module_session_get(s, network, module, ask->key);
        if (value)
            put_text(answer, value);
        else
            answer->status = SESHET_ENOTFOUND;
        return;
    case IPC_SET:
        answer->status =
            module_session_set(s, network, module, ask->key, ask->value) < 0 ? SESHET_ESIZE : 0;
        return;
    case IPC_DELETE:
        answer->status = module_session_set(s, network, module, ask->key, NULL);
        return;
    case IPC_INCREMENT:
        answer->status = increment(s, network, module, ask, &answer->number);
        return;
    default:
        answer->number =
            module_session_keys(s, network, module, ask->value, ask->by, &answer->text);
        buf_append(&answer->text, "", 1);
    }
}

/* ---- Channels -------------------------------------------------------------------------------- */

static void put_member(struct buf *page, const struct channel_member *member)
{
    char modes[IRC_MODES_SIZE];
    const struct irc_user *user = irc_member_user(member);
    const char *account = irc_user_account(user);
    buf_printf(page, "%s\t%s\t%s\t%s\t%s\n", irc_user_nick(user), irc_user_user(user),
               irc_user_host(user), account ? account : "", irc_member_modes(member, modes));
}

/* From the member of that number on. */
static void list_members(const struct channel *channel, int64_t from, struct module_answer *answer)
{
    int64_t at = 0;
    const struct channel_member *m = NULL;
    while (!answer->number && (m = irc_member_next(channel, m))) {
        if (at++ < from)
            continue;
        put_member(&answer->text, m);
        if (answer->text.len >= PAGE_BYTES && irc_member_next(channel, m))
            answer->number = at;
    }
    buf_append(&answer->text, "", 1);
}

void module_answer_channel(const struct irc_state *state, const struct ipc_ask *ask,
                           struct module_answer *answer)
{
    char modes[IRC_MODES_SIZE];
    const struct channel *channel = irc_channel_find(state, ask->key);
    const struct channel_member *member = NULL;
    *answer = (struct module_answer){0};
    if (channel && ask->op == IPC_MEMBER_MODES)
        member = irc_member_find(channel, ask->value);
    if (!channel || (ask->op == IPC_MEMBER_MODES && !member))
        answer->status = SESHET_ENOTFOUND;
    else if (ask->op == IPC_MEMBERS)
        list_members(channel, ask->by, answer);
    else if (member)
        put_text(answer, irc_member_modes(member, modes));
    else
        put_text(answer, irc_channel_topic(channel));
}
