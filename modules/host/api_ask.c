#include <seshet/module.h>
#include <string.h>

#include "modules/host/context.h"
#include "modules/ipc/codec.h"

const char *seshet_strerror(int error)
{
    switch (error) {
    case SESHET_EINVAL:
        return "an argument is not allowed";
    case SESHET_ENOTFOUND:
        return "not found";
    case SESHET_ESIZE:
        return "too long";
    case SESHET_ESTORAGE:
        return "the storage is away or refused";
    case SESHET_EREFUSED:
        return "not allowed here";
    case SESHET_ESERVER:
        return "the server went away";
    default:
        return error < 0 ? "unknown error" : "success";
    }
}

const char *seshet_network(seshet_ctx *ctx)
{
    return ctx->host->network;
}

const char *seshet_own_nick(seshet_ctx *ctx)
{
    return ctx->host->own_nick;
}

const char *seshet_module_name(seshet_ctx *ctx)
{
    return ctx->module->descriptor->name;
}

int seshet_casecmp(seshet_ctx *ctx, const char *a, const char *b)
{
    return irc_casecmp(ctx->host->casemapping, a, b);
}

int seshet_fold(seshet_ctx *ctx, char *dst, size_t size, const char *text)
{
    size_t len = strlen(text);
    if (len >= size)
        return SESHET_ESIZE;
    irc_fold_copy(ctx->host->casemapping, dst, size, text);
    return (int)len;
}

/* Sends the question and waits. The status that the server gave, or our own error. */
static int ask(seshet_ctx *ctx, struct ipc_ask *question, struct ipc_answer *answer)
{
    size_t len = strnlen(question->key, IPC_KEY_MAX + 1);
    if (!len || (question->scope != SESHET_HERE && question->scope != SESHET_SHARED))
        return SESHET_EINVAL;
    if (len > IPC_KEY_MAX)
        return SESHET_ESIZE;
    struct host *host = ctx->host;
    question->question = ++host->questions;
    question->event = ctx->event ? ctx->event->number : 0;
    question->module = ctx->module->index;
    if (ipc_put_ask(&host->wire.out, question))
        return SESHET_ESIZE;
    if (wire_await(&host->wire, question->question, answer))
        return SESHET_ESERVER;
    return answer->status;
}

int seshet_get(seshet_ctx *ctx, seshet_scope scope, const char *key, char *value, size_t size)
{
    struct ipc_answer answer;
    struct ipc_ask question = {.op = IPC_GET, .scope = (uint8_t)scope, .key = key};
    int status = ask(ctx, &question, &answer);
    if (status < 0)
        return status;
    size_t len = strlen(answer.value);
    if (len >= size)
        return SESHET_ESIZE;
    memcpy(value, answer.value, len + 1);
    return (int)len;
}

int seshet_set(seshet_ctx *ctx, seshet_scope scope, const char *key, const char *value)
{
    if (strnlen(value, IPC_VALUE_MAX + 1) > IPC_VALUE_MAX)
        return SESHET_ESIZE;
    struct ipc_answer answer;
    struct ipc_ask question = {.op = IPC_SET, .scope = (uint8_t)scope, .key = key, .value = value};
    int status = ask(ctx, &question, &answer);
    return status < 0 ? status : 0;
}

int seshet_delete(seshet_ctx *ctx, seshet_scope scope, const char *key)
{
    struct ipc_answer answer;
    struct ipc_ask question = {.op = IPC_DELETE, .scope = (uint8_t)scope, .key = key};
    int status = ask(ctx, &question, &answer);
    return status < 0 ? status : status > 0;
}

int seshet_increment(seshet_ctx *ctx, seshet_scope scope, const char *key, int64_t by,
                     int64_t *result)
{
    struct ipc_answer answer;
    struct ipc_ask question = {.op = IPC_INCREMENT, .scope = (uint8_t)scope, .key = key, .by = by};
    int status = ask(ctx, &question, &answer);
    if (status < 0)
        return status;
    if (result)
        *result = answer.number;
    return 0;
}
