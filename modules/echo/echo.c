/*
 * echo: says again what it is told. The smallest useful module: copy it to begin your own.
 *
 *     cc -shared -fPIC $(pkg-config --cflags seshet) echo.c -o echo.so
 *
 * and put echo.so into the module folder. The server notices it, and each newer one as well.
 */
#include <seshet/module.h>

/* !echo TEXT: a command's handler gets what happened in ev; ctx says for whom we work. */
static void echo(seshet_ctx *ctx, const seshet_event *ev)
{
    if (!ev->args[0]) { /* what follows the command; "" when nothing does */
        seshet_reply(ctx, "Tell me what to say: %s TEXT", ev->command);
        return;
    }
    /* In a channel this says "nick: text". The server splits and paces what is long. Never use
     * somebody else's text as the format: always "%s". */
    seshet_reply(ctx, "%s", ev->args);
}

/* Events work in the same way; this one comes when the bot has got on the network. */
static void connected(seshet_ctx *ctx, const seshet_event *ev)
{
    (void)ev;
    seshet_log(ctx, 1, "listening on %s as %s", seshet_network(ctx), seshet_own_nick(ctx));
}

/* What the server must know: the name is the file's name without .so. */
/* clang-format off */
SESHET_MODULE(
    .name = "echo", .version = "1.0", .description = "Says again what it is told.",
    .commands = SESHET_COMMANDS(
        { "echo", echo, .usage = "TEXT", .help = "Say the text again." }),
    .events = SESHET_EVENTS(
        { SESHET_CONNECTED, connected }),
)
