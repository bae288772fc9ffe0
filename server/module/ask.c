#include "server/module/ask.h"

#include <seshet/module.h>
#include <string.h>

#include "base/buf.h"
#include "registry/dotted.h"
#include "server/auth/auth.h"
#include "server/module/answers.h"
#include "server/module/storage.h"
#include "server/network.h"

static void answer_text(struct ask_ticket *ticket, const char *text)
{
    supervisor_answer(ticket, (int32_t)strlen(text), text, 0);
}

static void answer_now(struct ask_ticket *ticket, struct module_answer *answer)
{
    supervisor_answer(ticket, answer->status, answer->text.len ? buf_data(&answer->text) : NULL,
                      answer->number);
    buf_free(&answer->text);
}

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
    if (field == FIELD_CMD_PREFIX) /* the one in force: modules need not know the network's */
        buf_printf(&text, "%c", registry_view_prefix(n->view, m));
    else
        module_fields_write(&m->fields, field, &text);
    buf_append(&text, "", 1);
    answer_text(ticket, buf_data(&text));
    buf_free(&text);
}

static void ask_config(struct network *n, const char *module, const char *key,
                       struct ask_ticket *ticket)
{
    network_refresh(n);
    const struct module_view *m = registry_view_find(n->view, module);
    const char *value = m ? config_find(&m->fields.config, key) : NULL;
    if (value)
        answer_text(ticket, value);
    else
        supervisor_answer(ticket, config_key_valid(key) ? SESHET_ENOTFOUND : SESHET_EINVAL, NULL,
                          0);
}

/* Of the source as it was when the event was taken, on its own network alone. */
static void ask_capability(struct network *n, const struct modhost_origin *from, const char *name,
                           struct ask_ticket *ticket)
{
    struct capability c;
    char why[REGISTRY_WHY_SIZE];
    int32_t status = SESHET_ENOTFOUND;
    if (capability_parse(&c, name, why, sizeof why) || *c.network)
        status = SESHET_EINVAL;
    else if (from->has_source)
        status = auth_known_has(n, auth_find(n, from->known), &c);
    supervisor_answer(ticket, status, NULL, 0);
}

/* What is known of the network and the registry. */
static void ask_network(struct network *n, const struct modhost_origin *from,
                        const struct ipc_ask *ask, struct ask_ticket *ticket)
{
    switch (ask->op) {
    case IPC_FIELD:
        ask_field(n, from->module->name, ask->key, ticket);
        return;
    case IPC_CONFIG:
        ask_config(n, from->module->name, ask->key, ticket);
        return;
    case IPC_CAPABILITY:
        ask_capability(n, from, ask->key, ticket);
        return;
    default:
        supervisor_answer(ticket, SESHET_ENOTFOUND, NULL, 0);
    }
}

void module_ask(struct server *server, const struct modhost_origin *from, const struct ipc_ask *ask,
                struct ask_ticket *ticket)
{
    struct network *n = from->user;
    struct module_answer answer;
    switch (ask->op) {
    case IPC_GET:
    case IPC_SET:
    case IPC_DELETE:
    case IPC_INCREMENT:
    case IPC_KEYS:
        if (ask->scope != SESHET_SESSION) {
            module_storage_ask(server->registry, server->quota, from, ask, ticket);
            return;
        }
        module_answer_session(server->sessions, from->network, from->module->name, ask, &answer);
        answer_now(ticket, &answer);
        return;
    case IPC_MEMBER_MODES:
    case IPC_MEMBERS:
    case IPC_TOPIC:
        if (n) {
            module_answer_channel(n->state, ask, &answer);
            answer_now(ticket, &answer);
            return;
        }
        break;
    case IPC_FIRST:
        module_storage_ask(server->registry, server->quota, from, ask, ticket);
        return;
    default:
        if (n) {
            ask_network(n, from, ask, ticket);
            return;
        }
    }
    supervisor_answer(ticket, SESHET_ENOTFOUND, NULL, 0);
}
