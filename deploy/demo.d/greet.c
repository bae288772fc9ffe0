/* greet: the demo edits its text while the bot runs. */
#include <seshet/module.h>

static void greet(seshet_ctx *ctx, const seshet_event *ev)
{
    seshet_answer(ctx, "Hello, %s!", ev->nick);
}

/* clang-format off */
SESHET_MODULE(
    .name = "greet", .version = "1.0", .description = "Greets.",
    .commands = SESHET_COMMANDS(
        { "greet", greet, .help = "Say hello." }),
)
