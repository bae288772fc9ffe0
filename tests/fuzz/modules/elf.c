/* The check of a module's file, before anything of it is run. */
#include <stdint.h>
#include <stdlib.h>

#include "modules/host/elf_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char why[256] = "";
    if (elf_check(data, size, elf_machine(), 1, why, sizeof why) && !why[0])
        abort();
    return 0;
}
