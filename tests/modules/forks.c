/* Forks for ever, in every child too. Where it may not, it tries for ever. */
#include <seshet/module.h>
#include <unistd.h>

static void run(seshet_ctx *ctx, const seshet_event *ev)
{
    (void)ctx;
    (void)ev;
    for (;;)
        (void)!fork();
}

/* clang-format off */
SESHET_MODULE(
    .name = "forks",
    .commands = SESHET_COMMANDS(
        { "fork", run }),
)
