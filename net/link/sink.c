#include "net/link/sink.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int sink_printf(const struct sink *sink, const char *fmt, ...)
{
    char line[1024];
    va_list ap;
    va_start(ap, fmt);
    int len = vsnprintf(line, sizeof line, fmt, ap);
    va_end(ap);
    if (len < 0)
        return -1;
    size_t n = (size_t)len < sizeof line ? (size_t)len : sizeof line - 1;
    int rc = sink->send(sink->arg, line, n);
    explicit_bzero(line, n); /* passwords come this way too */
    return rc;
}
