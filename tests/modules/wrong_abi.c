/* Says that it was built for an ABI of the far future; none of its code may run, so its
 * constructor ends the process. */
#include <seshet/module.h>
#include <stdlib.h>

#undef SESHET_ABI
#define SESHET_ABI 99

__attribute__((constructor)) static void construct(void)
{
    abort();
}

/* clang-format off */
SESHET_MODULE(
    .name = "wrong_abi",
)
