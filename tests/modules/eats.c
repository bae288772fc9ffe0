/* Takes memory until it gets no more, and does not look whether it got it. */
#include <seshet/module.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define BITE (UINT64_C(4) << 20)

/* A sanitizer's malloc would end the process with a report of its own. */
static void *bite(void)
{
#ifdef __SANITIZE_ADDRESS__
    void *p = mmap(NULL, BITE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return p == MAP_FAILED ? NULL : p;
#else
    return malloc(BITE);
#endif
}

static void run(seshet_ctx *ctx, const seshet_event *ev)
{
    (void)ctx;
    (void)ev;
    for (;;) {
        char *volatile p = bite();
        char *taken = p ? p : (char *)8;
        *taken = 1;
        memset(taken, 1, BITE);
    }
}

/* Some at each call: !leak */
static void leak(seshet_ctx *ctx, const seshet_event *ev)
{
    char *volatile p = bite();
    char *taken = p ? p : (char *)8;
    *taken = 1;
    memset(taken, 1, BITE);
    seshet_reply(ctx, "leaked %s", ev->args);
}

/* clang-format off */
SESHET_MODULE(
    .name = "eats",
    .commands = SESHET_COMMANDS(
        { "eat", run }, { "leak", leak }),
)
