#include "modules/host/ask.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/xmalloc.h"

int ask_server(seshet_ctx *ctx, struct ipc_ask *question, struct ipc_answer *answer)
{
    size_t len = strnlen(question->key, IPC_KEY_MAX + 1);
    if (!len)
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

int ask_copy(const struct ipc_answer *answer, char *value, size_t size)
{
    size_t len = strlen(answer->value);
    if (len >= size)
        return SESHET_ESIZE;
    memcpy(value, answer->value, len + 1);
    return (int)len;
}

static int each_line(seshet_ctx *ctx, char *page, ask_line_fn line, void *arg, int *count)
{
    int result = 0;
    for (char *next; *page && !result; page = next) {
        size_t len = strcspn(page, "\n");
        next = page + len + (page[len] == '\n');
        page[len] = '\0';
        result = line(ctx, page, arg);
        if (*count < INT_MAX)
            (*count)++;
    }
    return result;
}

int ask_pages(seshet_ctx *ctx, struct ipc_ask *question, ask_line_fn line, void *arg)
{
    int count = 0;
    do {
        struct ipc_answer answer;
        int status = ask_server(ctx, question, &answer);
        if (status < 0)
            return status;
        question->by = answer.number;
        /* The line may ask: the answer lies where the next one comes. */
        char *page = xstrdup(answer.value);
        status = each_line(ctx, page, line, arg, &count);
        free(page);
        if (status)
            return status;
    } while (question->by);
    return count;
}
