/* Does not want to be loaded, and says why. */
#include <seshet/module.h>

static int load(seshet_ctx *ctx)
{
    seshet_log(ctx, 3, "the moon is not full on %s", seshet_network(ctx));
    return 1;
}

/* clang-format off */
SESHET_MODULE(
    .name = "refuses",
    .load = load,
)
