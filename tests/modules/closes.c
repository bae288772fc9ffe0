/* Closes both pipes to the server, and goes on as if nothing were. */
#include <seshet/module.h>
#include <unistd.h>

static void run(seshet_ctx *ctx, const seshet_event *ev)
{
    close(3);
    close(4);
    seshet_reply(ctx, "nobody hears %s", ev->args);
}

/* clang-format off */
SESHET_MODULE(
    .name = "closes",
    .commands = SESHET_COMMANDS(
        { "close", run }),
)
