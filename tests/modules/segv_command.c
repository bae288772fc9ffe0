/* Dies of a signal when it is called; !fine shows that it works otherwise. */
#include <seshet/module.h>

static void run(seshet_ctx *ctx, const seshet_event *ev)
{
    (void)ctx;
    (void)ev;
    int *volatile nowhere = (int *)8;
    *nowhere = 1;
}

static void fine(seshet_ctx *ctx, const seshet_event *ev)
{
    seshet_reply(ctx, "fine %s", ev->args);
}

/* clang-format off */
SESHET_MODULE(
    .name = "segv_command",
    .commands = SESHET_COMMANDS(
        { "segv", run }, { "fine", fine }),
)
