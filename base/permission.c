#include "base/permission.h"

#include <stdio.h>
#include <strings.h>

static const struct {
    const char *name;
    uint32_t bit;
} rows[] = {
#define X(name, bit, text) {text, bit},
    PERMISSION_LIST(X)
#undef X
};
#define COUNT (sizeof rows / sizeof *rows)

uint32_t permission_find(const char *name)
{
    for (size_t i = 0; i < COUNT; i++)
        if (!strcasecmp(name, rows[i].name))
            return rows[i].bit;
    return 0;
}

const char *permissions_write(char dst[PERMISSIONS_TEXT_SIZE], uint32_t bits)
{
    size_t len = 0;
    *dst = '\0';
    for (size_t i = 0; i < COUNT; i++)
        if (bits & rows[i].bit)
            len += (size_t)snprintf(dst + len, PERMISSIONS_TEXT_SIZE - len, "%s%s", len ? " " : "",
                                    rows[i].name);
    return dst;
}
