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
