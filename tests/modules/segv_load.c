/* Dies in load. */
#include <seshet/module.h>

static int load(seshet_ctx *ctx)
{
    (void)ctx;
    int *volatile nowhere = (int *)8;
    *nowhere = 1;
    return 0;
}

/* clang-format off */
SESHET_MODULE(
    .name = "segv_load",
    .load = load,
)
