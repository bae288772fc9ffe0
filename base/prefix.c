#include "base/prefix.h"

#include <stdbool.h>
#include <string.h>

static bool may_begin(char c)
{
    bool printable = c > ' ' && c < 0x7f;
    bool word = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    return printable && !word && !strchr("/#&", c);
}

const char *prefix_check(const char *text)
{
    return *text && may_begin(*text) && !text[1]
               ? NULL
               : "must be one character such as ! or . (no letter, digit or space, no / # &)";
}
