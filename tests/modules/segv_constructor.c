/* Dies while it is mapped, before anybody has looked at its descriptor. */
#include <seshet/module.h>

__attribute__((constructor)) static void construct(void)
{
    int *volatile nowhere = (int *)8;
    *nowhere = 1;
}

/* clang-format off */
SESHET_MODULE(
    .name = "segv_constructor",
)
