/* Never returns, and never sleeps. */
#include <seshet/module.h>

static void run(seshet_ctx *ctx, const seshet_event *ev)
{
    (void)ctx;
    (void)ev;
    for (volatile unsigned turns = 0;; turns++)
        ;
}

/* clang-format off */
SESHET_MODULE(
    .name = "spin",
    .commands = SESHET_COMMANDS(
        { "spin", run }),
)
