/* Writes bytes into the pipe that are no frames. */
#include <seshet/module.h>
#include <stdlib.h>
#include <unistd.h>

static void run(seshet_ctx *ctx, const seshet_event *ev)
{
    (void)ctx;
    (void)ev;
    static const char bytes[] = "GET / HTTP/1.0\r\n\r\n this is not what you wait for";
    if (write(4, bytes, sizeof bytes) < 0)
        abort();
}

/* clang-format off */
SESHET_MODULE(
    .name = "rubbish",
    .commands = SESHET_COMMANDS(
        { "rubbish", run }),
)
