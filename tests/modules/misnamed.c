/* Its descriptor has another name than its file. */
#include <seshet/module.h>

/* clang-format off */
SESHET_MODULE(
    .name = "other",
)
