#include <seshet/module.h>
#include <string.h>
#include <strings.h>

#include "modules/host/ask.h"

/* Who caused an event, and what he may do. */

static const struct ipc_event *source_of(const seshet_ctx *ctx)
{
    return ctx->from && *ctx->from->nick ? ctx->from : NULL;
}

/* Its number among those that the module declares; -1. */
static int find_declared(const seshet_ctx *ctx, const char *capability)
{
    const char *const *declared = ctx->module->descriptor->capabilities;
    for (int i = 0; declared && declared[i]; i++)
        if (!strcasecmp(declared[i], capability))
            return i;
    return -1;
}

int seshet_has_capability(seshet_ctx *ctx, const char *capability)
{
    struct ipc_answer answer;
    struct ipc_ask question = {.op = IPC_CAPABILITY, .key = capability};
    const struct ipc_event *from = source_of(ctx);
    if (!from)
        return SESHET_ENOTFOUND;
    int declared = from->declared ? find_declared(ctx, capability) : -1;
    if (declared >= 0)
        return (int)(from->capabilities >> declared & 1);
    return ask_server(ctx, &question, &answer);
}

int seshet_account(seshet_ctx *ctx, char *name, size_t size)
{
    const struct ipc_event *from = source_of(ctx);
    if (!from || !*from->known)
        return SESHET_ENOTFOUND;
    size_t len = strlen(from->known);
    if (len >= size)
        return SESHET_ESIZE;
    memcpy(name, from->known, len + 1);
    return (int)len;
}
