#include <seshet/module.h>
#include <stdlib.h>
#include <string.h>

#include "modules/host/ask.h"

static int ask_storage(seshet_ctx *ctx, seshet_scope scope, struct ipc_ask *question,
                       struct ipc_answer *answer)
{
    if (scope != SESHET_HERE && scope != SESHET_SHARED && scope != SESHET_SESSION)
        return SESHET_EINVAL;
    question->scope = (uint8_t)scope;
    return ask_server(ctx, question, answer);
}

int seshet_get(seshet_ctx *ctx, seshet_scope scope, const char *key, char *value, size_t size)
{
    struct ipc_answer answer;
    struct ipc_ask question = {.op = IPC_GET, .key = key};
    int status = ask_storage(ctx, scope, &question, &answer);
    return status < 0 ? status : ask_copy(&answer, value, size);
}

int seshet_set(seshet_ctx *ctx, seshet_scope scope, const char *key, const char *value)
{
    if (strnlen(value, IPC_VALUE_MAX + 1) > IPC_VALUE_MAX)
        return SESHET_ESIZE;
    struct ipc_answer answer;
    struct ipc_ask question = {.op = IPC_SET, .key = key, .value = value};
    int status = ask_storage(ctx, scope, &question, &answer);
    return status < 0 ? status : 0;
}

int seshet_delete(seshet_ctx *ctx, seshet_scope scope, const char *key)
{
    struct ipc_answer answer;
    struct ipc_ask question = {.op = IPC_DELETE, .key = key};
    int status = ask_storage(ctx, scope, &question, &answer);
    return status < 0 ? status : status > 0;
}

int seshet_increment(seshet_ctx *ctx, seshet_scope scope, const char *key, int64_t by,
                     int64_t *result)
{
    struct ipc_answer answer;
    struct ipc_ask question = {.op = IPC_INCREMENT, .key = key, .by = by};
    int status = ask_storage(ctx, scope, &question, &answer);
    if (status < 0)
        return status;
    if (result)
        *result = answer.number;
    return 0;
}

/* ---- Listing ---------------------------------------------------------------------------------
 */

struct listing {
    seshet_key_fn each;
    void *arg;
};

/* In place: what was %XX is shorter. */
static void unescape(char *text)
{
    char *to = text;
    for (const char *from = text; *from; to++) {
        if (*from == '%' && from[1] && from[2]) {
            const char digits[] = {from[1], from[2], '\0'};
            *to = (char)strtoul(digits, NULL, 16);
            from += 3;
        } else {
            *to = *from++;
        }
    }
    *to = '\0';
}

static int one_key(seshet_ctx *ctx, char *line, void *arg)
{
    const struct listing *listing = arg;
    unescape(line);
    return listing->each(ctx, line, listing->arg);
}

int seshet_keys(seshet_ctx *ctx, seshet_scope scope, const char *prefix, seshet_key_fn each,
                void *arg)
{
    struct listing listing = {.each = each, .arg = arg};
    struct ipc_ask question = {
        .op = IPC_KEYS, .scope = (uint8_t)scope, .key = "keys", .value = prefix};
    if (scope != SESHET_HERE && scope != SESHET_SHARED && scope != SESHET_SESSION)
        return SESHET_EINVAL;
    if (strnlen(prefix, IPC_KEY_MAX + 1) > IPC_KEY_MAX)
        return SESHET_ESIZE;
    return ask_pages(ctx, &question, one_key, &listing);
}
