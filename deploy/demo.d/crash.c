/* crash: writes to where nobody may write, on demand. */
#include <seshet/module.h>

static void crash(seshet_ctx *ctx, const seshet_event *ev)
{
    (void)ctx;
    (void)ev;
    *(volatile int *)0 = 1;
}

/* clang-format off */
SESHET_MODULE(
    .name = "crash", .version = "1.0", .description = "Crashes.",
    .commands = SESHET_COMMANDS(
        { "crash", crash, .help = "Crash this module's process." }),
)
