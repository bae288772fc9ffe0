#ifndef TESTS_SAID_H
#define TESTS_SAID_H

#include <stdio.h>
#include <string.h>

#include "net/link/sink.h"
#include "net/proto/message.h"

/* A sink that keeps what was sent, joined by '|'. */
struct said {
    char text[8192];
    struct sink sink;
    int refuse; /* non-zero: takes nothing */
};

static inline int said_send(void *arg, const char *line, size_t len)
{
    struct said *said = arg;
    if (said->refuse)
        return -1;
    size_t at = strlen(said->text);
    snprintf(said->text + at, sizeof said->text - at, "%s%.*s", at ? "|" : "", (int)len, line);
    return 0;
}

static inline void said_init(struct said *said)
{
    memset(said, 0, sizeof *said);
    said->sink = (struct sink){.send = said_send, .arg = said};
}

/* What was said since the last call. */
static inline const char *said_take(struct said *said)
{
    static char text[8192];
    memcpy(text, said->text, sizeof text);
    said->text[0] = '\0';
    return text;
}

/* Parses a literal; the message points into a buffer that lives until the next call. */
static inline const struct irc_msg *message(const char *line)
{
    static char copy[8192];
    static struct irc_msg msg;
    snprintf(copy, sizeof copy, "%s", line);
    if (irc_parse(&msg, copy))
        return NULL;
    return &msg;
}

#endif
