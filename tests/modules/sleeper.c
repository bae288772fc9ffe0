/* Sleeps far beyond every deadline. */
#include <seshet/module.h>
#include <unistd.h>

static void run(seshet_ctx *ctx, const seshet_event *ev)
{
    (void)ctx;
    (void)ev;
    for (;;)
        sleep(1000);
}

/* clang-format off */
SESHET_MODULE(
    .name = "sleeper",
    .commands = SESHET_COMMANDS(
        { "sleep", run }),
)
