#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "server/auth/nickserv_reply.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Nick and account are words that stand in the text, but for control bytes within them. */
static void must_be_word(const char *word)
{
    for (; *word; word++)
        if ((unsigned char)*word <= ' ' || *word == 0x7f)
            abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct nickserv_reply reply;
    char *text = malloc(size + 1);
    memcpy(text, data, size);
    text[size] = '\0';
    nickserv_reply_parse(&reply, text);
    must_be_word(reply.nick);
    must_be_word(reply.account);
    if ((reply.kind == NICKSERV_ANSWER) != (*reply.nick != '\0'))
        abort();
    if (*reply.account && (reply.kind != NICKSERV_ANSWER || !strchr(text, '3')))
        abort();
    free(text);
    return 0;
}
