/* Well-behaved: answers with the text it was built with, and counts in memory and in storage. */
#include <inttypes.h>
#include <seshet/module.h>
#include <string.h>

#ifndef ANSWER
#define ANSWER "first"
#endif

static void answer(seshet_ctx *ctx, const seshet_event *ev)
{
    seshet_reply(ctx, ANSWER " %s", ev->args);
}

/* Begins at 1 in each module host. */
static void count(seshet_ctx *ctx, const seshet_event *ev)
{
    static int count;
    (void)ev;
    seshet_reply(ctx, "%d", ++count);
}

static void total(seshet_ctx *ctx, const seshet_event *ev)
{
    int64_t n = 0;
    seshet_scope scope = strcmp(ev->args, "shared") == 0 ? SESHET_SHARED : SESHET_HERE;
    int result = seshet_increment(ctx, scope, "total", 1, &n);
    if (result < 0)
        seshet_reply(ctx, "error: %s", seshet_strerror(result));
    else
        seshet_reply(ctx, "%" PRId64, n);
}

static int load(seshet_ctx *ctx)
{
    seshet_log(ctx, 1, "loaded with " ANSWER);
    return 0;
}

static void unload(seshet_ctx *ctx)
{
    seshet_log(ctx, 1, "unloaded with " ANSWER);
}

/* clang-format off */
SESHET_MODULE(
    .name = "counter",
    .commands = SESHET_COMMANDS(
        { "answer", answer }, { "count", count },
        { "total", total, .usage = "[shared]", .help = "Count in storage." }),
    .load = load, .unload = unload,
)
