/* Calls a function that nobody has. */
#include <seshet/module.h>

int seshet_from_the_future(seshet_ctx *ctx);

static void run(seshet_ctx *ctx, const seshet_event *ev)
{
    (void)ev;
    seshet_from_the_future(ctx);
}

/* clang-format off */
SESHET_MODULE(
    .name = "undefined",
    .commands = SESHET_COMMANDS(
        { "undefined", run }),
)
