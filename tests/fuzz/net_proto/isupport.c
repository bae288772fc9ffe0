/* Whatever a 005 says, what is believed stays within its bounds; modes are sorted by it. The input
 * is lines of tokens. */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/xmalloc.h"
#include "net/proto/isupport.h"
#include "net/proto/line.h"
#include "net/proto/modes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void count_change(void *arg, const struct mode_change *change)
{
    (void)change;
    ++*(size_t *)arg;
}

static void check(const struct isupport *is)
{
    if (strlen(is->prefix_modes) != strlen(is->prefix_symbols) || is->linelen < 512 ||
        is->linelen > 8192 || !is->nicklen || is->nicklen > 8192 || !is->channellen ||
        !memchr(is->network, '\0', sizeof is->network) ||
        !memchr(is->chantypes, '\0', sizeof is->chantypes) ||
        !memchr(is->statusmsg, '\0', sizeof is->statusmsg))
        abort();
    for (int i = 0; i < 4; i++)
        if (!memchr(is->chanmodes[i], '\0', sizeof is->chanmodes[i]))
            abort();
}

static int apply(void *arg, char *line, size_t len)
{
    struct isupport *is = arg;
    struct irc_msg msg;
    size_t changes = 0;
    (void)len;
    char *text = xasprintf("005 me %s :end", line);
    if (irc_parse(&msg, text) == 0) {
        isupport_apply(is, &msg);
        check(is);
        modes_parse(is, irc_param(&msg, 1), msg.params, msg.nparams, count_change, &changes);
        if (changes > strlen(irc_param(&msg, 1)))
            abort();
        isupport_is_channel(is, irc_param(&msg, 1));
        isupport_skip_statusmsg(is, irc_param(&msg, 1));
    }
    free(text);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct isupport is;
    struct line_splitter s = {0};
    isupport_init(&is);
    char *copy = xmemdup(data, size);
    line_feed(&s, copy, size, apply, &is);
    line_free(&s);
    free(copy);
    return 0;
}
