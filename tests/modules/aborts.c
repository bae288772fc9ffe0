/* Ends its process by abort. */
#include <seshet/module.h>
#include <stdlib.h>

static void run(seshet_ctx *ctx, const seshet_event *ev)
{
    (void)ctx;
    (void)ev;
    abort();
}

/* clang-format off */
SESHET_MODULE(
    .name = "aborts",
    .commands = SESHET_COMMANDS(
        { "abort", run }),
)
