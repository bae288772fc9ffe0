/* Ends its process as if all were well. */
#include <seshet/module.h>
#include <stdlib.h>

static void run(seshet_ctx *ctx, const seshet_event *ev)
{
    if (ev->args[0])
        seshet_reply(ctx, "%s", ev->args);
    exit(0);
}

/* clang-format off */
SESHET_MODULE(
    .name = "exits",
    .commands = SESHET_COMMANDS(
        { "exit", run }),
)
