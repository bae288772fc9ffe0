/* Dies in unload. */
#include <seshet/module.h>

static void run(seshet_ctx *ctx, const seshet_event *ev)
{
    seshet_reply(ctx, "fine %s", ev->args);
}

static void unload(seshet_ctx *ctx)
{
    (void)ctx;
    int *volatile nowhere = (int *)8;
    *nowhere = 1;
}

/* clang-format off */
SESHET_MODULE(
    .name = "segv_unload",
    .commands = SESHET_COMMANDS(
        { "unloader", run }),
    .unload = unload,
)
