#include "server/module/storage.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <seshet/module.h>

#include "base/log.h"
#include "base/str.h"
#include "base/xmalloc.h"
#include "registry/storage.h"

struct pending {
    struct ask_ticket *ticket;
    int op;
    char network[REGISTRY_MAX_NAME + 1]; /* who asked */
    char module[REGISTRY_MAX_NAME + 1];
};

static int32_t success(int op, const struct storage_answer *answer)
{
    if (op == IPC_KEYS)
        return 0;
    if (op == IPC_FIRST)
        return (int32_t)answer->number;
    if (op == IPC_GET)
        return answer->value_len > INT32_MAX ? SESHET_ESIZE : (int32_t)answer->value_len;
    return op == IPC_DELETE ? 1 : 0;
}

static int32_t status(const struct pending *pending, const struct storage_answer *answer)
{
    int op = pending->op;
    switch (answer->result) {
    case REGISTRY_OK:
        return success(op, answer);
    case REGISTRY_NOT_FOUND:
        return op == IPC_DELETE ? 0 : SESHET_ENOTFOUND;
    case REGISTRY_DENIED:
        if (answer->no_number)
            return SESHET_EINVAL;
        break;
    case REGISTRY_GONE:
    case REGISTRY_UNSURE:
        break;
    }
    log_warn("storage.failed", LOG_MODULE(pending->network, pending->module), "%s", answer->text);
    return SESHET_ESTORAGE;
}

static void done(void *arg, const struct storage_answer *answer)
{
    struct pending *pending = arg;
    supervisor_answer(pending->ticket, status(pending, answer), answer->value, answer->number);
    free(pending);
}

/* A number takes some bytes; what Redis needs besides is in its own account. */
static bool may_write(struct registry *registry, struct storage_quota *quota,
                      struct storage_place place, const struct ipc_ask *ask)
{
    if (ask->op != IPC_SET && ask->op != IPC_INCREMENT)
        return true;
    size_t bytes = strlen(ask->key) + (ask->op == IPC_SET ? strlen(ask->value) : sizeof ask->by);
    return storage_quota_take(quota, registry, place, bytes);
}

void module_storage_ask(struct registry *registry, struct storage_quota *quota,
                        const struct modhost_origin *from, const struct ipc_ask *ask,
                        struct ask_ticket *ticket)
{
    struct storage_place place = {.network = ask->scope == SESHET_SHARED ? NULL : from->network,
                                  .module = from->module->name};
    if (!may_write(registry, quota, place, ask)) {
        supervisor_answer(ticket, SESHET_ESTORAGE, NULL, 0);
        return;
    }
    struct pending *pending = xmalloc(sizeof *pending);
    *pending = (struct pending){.ticket = ticket, .op = ask->op};
    str_copy(pending->network, sizeof pending->network, from->network);
    str_copy(pending->module, sizeof pending->module, place.module);
    switch (ask->op) {
    case IPC_GET:
        storage_get(registry, place, ask->key, done, pending);
        return;
    case IPC_SET:
        storage_set(registry, place, ask->key, ask->value, strlen(ask->value), done, pending);
        return;
    case IPC_DELETE:
        storage_delete(registry, place, ask->key, done, pending);
        return;
    case IPC_INCREMENT:
        storage_increment(registry, place, ask->key, ask->by, done, pending);
        return;
    case IPC_KEYS:
        storage_keys(registry, place, ask->value, ask->by, done, pending);
        return;
    case IPC_FIRST:
        storage_first(registry, place, done, pending);
        return;
    default:
        free(pending);
        supervisor_answer(ticket, SESHET_EINVAL, NULL, 0);
    }
}
