/* Says far more than anybody may: !flood N. */
#include <seshet/module.h>
#include <stdlib.h>

static void run(seshet_ctx *ctx, const seshet_event *ev)
{
    long n = strtol(ev->args, NULL, 10);
    for (long i = 0; i < n; i++)
        seshet_answer(ctx, "flood %ld", i);
}

/* clang-format off */
SESHET_MODULE(
    .name = "flood",
    .commands = SESHET_COMMANDS(
        { "flood", run }),
)
