/* The splitter gives the same lines whatever portions the bytes come in. The first byte of the
 * input says how long the portions are. */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/xmalloc.h"
#include "net/proto/line.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int collect(void *arg, char *line, size_t len)
{
    if (!len || strlen(line) != len || strpbrk(line, "\r\n") ||
        len > LINE_MAX_TAGS + LINE_MAX_REST || (*line != '@' && len > LINE_MAX_REST))
        abort();
    buf_append(arg, line, len + 1);
    memset(line, '\n', len);
    return 0;
}

static struct line_splitter feed(struct buf *out, const uint8_t *data, size_t size, size_t portion)
{
    struct line_splitter s = {0};
    while (size) {
        size_t n = size < portion ? size : portion;
        char *copy = xmemdup(data, n);
        line_feed(&s, copy, n, collect, out);
        free(copy);
        data += n;
        size -= n;
    }
    line_free(&s);
    return s;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!size)
        return 0;
    struct buf whole = {0};
    struct buf parts = {0};
    struct line_splitter a = feed(&whole, data + 1, size - 1, size);
    struct line_splitter b = feed(&parts, data + 1, size - 1, (size_t)*data + 1);
    if (whole.len != parts.len || a.cut != b.cut || a.nuls != b.nuls ||
        (whole.len && memcmp(buf_data(&whole), buf_data(&parts), whole.len) != 0))
        abort();
    buf_free(&whole);
    buf_free(&parts);
    return 0;
}
