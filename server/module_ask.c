#include "server/module_ask.h"

#include <errno.h>
#include <limits.h>
#include <seshet/module.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "registry/fields.h"
#include "server/module_session.h"
#include "server/module_storage.h"
#include "server/network.h"

enum { PAGE_BYTES = 32 * 1024 };

static void answer_text(struct ask_ticket *ticket, const char *text)
{
    supervisor_answer(ticket, (int32_t)strlen(text), text, 0);
}

/* ---- The session ----------------------------------------------------------------------------- */

static int32_t session_increment(struct module_sessions *s, const struct modhost_origin *from,
                                 const struct ipc_ask *ask, int64_t *number)
{
    const char *old = module_session_get(s, from->network, from->module->name, ask->key);
    char text[24];
    char *end;
    errno = 0;
    long long now = old ? strtoll(old, &end, 10) : 0;
    if (old && (*end || !*old || errno))
        return SESHET_EINVAL;
    if (__builtin_add_overflow(now, ask->by, number))
        return SESHET_EINVAL;
    snprintf(text, sizeof text, "%lld", (long long)*number);
    return module_session_set(s, from->network, from->module->name, ask->key, text) < 0
               ? SESHET_ESTORAGE
               : 0;
}

static void ask_session(struct module_sessions *s, const struct modhost_origin *from,
                        const struct ipc_ask *ask, struct ask_ticket *ticket)
{
    const char *network = from->network;
    const char *module = from->module->name;
    const char *value;
    int64_t number = 0;
    int32_t status;
    struct buf keys = {0};
    switch (ask->op) {
    case IPC_GET:
        value = module_session_get(s, network, module, ask->key);
        if (value)
            answer_text(ticket, value);
        else
            supervisor_answer(ticket, SESHET_ENOTFOUND, NULL, 0);
        return;
    case IPC_SET:
        status =
            module_session_set(s, network, module, ask->key, ask->value) < 0 ? SESHET_ESTORAGE : 0;
        supervisor_answer(ticket, status, NULL, 0);
        return;
    case IPC_DELETE:
        supervisor_answer(ticket, module_session_set(s, network, module, ask->key, NULL), NULL, 0);
        return;
    case IPC_INCREMENT:
        status = session_increment(s, from, ask, &number);
        supervisor_answer(ticket, status, NULL, number);
        return;
    default:
        number = module_session_keys(s, network, module, ask->value, ask->by, &keys);
        buf_append(&keys, "", 1);
        supervisor_answer(ticket, 0, buf_data(&keys), number);
        buf_free(&keys);
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
static void answer_members(const struct channel *channel, int64_t from, struct ask_ticket *ticket)
{
    struct buf page = {0};
    int64_t at = 0;
    int64_t next = 0;
    const struct channel_member *m = NULL;
    while (!next && (m = irc_member_next(channel, m))) {
        if (at++ < from)
            continue;
        put_member(&page, m);
        if (page.len >= PAGE_BYTES && irc_member_next(channel, m))
            next = at;
    }
    buf_append(&page, "", 1);
    supervisor_answer(ticket, 0, buf_data(&page), next);
    buf_free(&page);
}

static void ask_channel(const struct network *n, const struct ipc_ask *ask,
                        struct ask_ticket *ticket)
{
    char modes[IRC_MODES_SIZE];
    const struct channel *channel = irc_channel_find(n->state, ask->key);
    const struct channel_member *member = NULL;
    if (channel && ask->op == IPC_MEMBER_MODES)
        member = irc_member_find(channel, ask->value);
    if (!channel || (ask->op == IPC_MEMBER_MODES && !member))
        supervisor_answer(ticket, SESHET_ENOTFOUND, NULL, 0);
    else if (ask->op == IPC_MEMBERS)
        answer_members(channel, ask->by, ticket);
    else if (member)
        answer_text(ticket, irc_member_modes(member, modes));
    else
        answer_text(ticket, irc_channel_topic(channel));
}

/* ---- The module's definition ------------------------------------------------------------------
 */

static void ask_field(struct network *n, const char *module, const char *name,
                      struct ask_ticket *ticket)
{
    char why[REGISTRY_WHY_SIZE];
    enum module_field field;
    const char *command;
    struct buf text = {0};
    network_refresh(n);
    const struct module_view *m = registry_view_find(n->view, module);
    if (!m || module_field_parse_name(name, &field, &command, why, sizeof why) || command) {
        supervisor_answer(ticket, SESHET_ENOTFOUND, NULL, 0);
        return;
    }
    module_fields_write(&m->fields, field, &text);
    buf_append(&text, "", 1);
    answer_text(ticket, buf_data(&text));
    buf_free(&text);
}

void module_ask(struct server *server, const struct modhost_origin *from, const struct ipc_ask *ask,
                struct ask_ticket *ticket)
{
    struct network *n = from->user;
    switch (ask->op) {
    case IPC_GET:
    case IPC_SET:
    case IPC_DELETE:
    case IPC_INCREMENT:
    case IPC_KEYS:
        if (ask->scope == SESHET_SESSION)
            ask_session(server->sessions, from, ask, ticket);
        else
            module_storage_ask(server->registry, from, ask, ticket);
        return;
    case IPC_MEMBER_MODES:
    case IPC_MEMBERS:
    case IPC_TOPIC:
        if (n) {
            ask_channel(n, ask, ticket);
            return;
        }
        break;
    case IPC_FIELD:
        if (n) {
            ask_field(n, from->module->name, ask->key, ticket);
            return;
        }
        break;
    default:
        break;
    }
    supervisor_answer(ticket, SESHET_ENOTFOUND, NULL, 0);
}
