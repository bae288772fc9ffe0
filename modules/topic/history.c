#include "modules/topic/history.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    KEY_SIZE = 256,
    VALUE_SIZE = HISTORY_MAX * TOPIC_SIZE,
    WAIT_MS = 10000 /* what was asked for so long ago was refused */
};

#define USUAL_SEPARATOR "|"

static int make_key(seshet_ctx *ctx, char key[KEY_SIZE], const char *kind, const char *channel)
{
    int len = snprintf(key, KEY_SIZE, "%s ", kind);
    return seshet_fold(ctx, key + len, KEY_SIZE - (size_t)len, channel);
}

static int get(seshet_ctx *ctx, seshet_scope scope, const char *kind, const char *channel,
               char *value, size_t size)
{
    char key[KEY_SIZE];
    int result = make_key(ctx, key, kind, channel);
    return result < 0 ? result : seshet_get(ctx, scope, key, value, size);
}

static int set(seshet_ctx *ctx, seshet_scope scope, const char *kind, const char *channel,
               const char *value)
{
    char key[KEY_SIZE];
    int result = make_key(ctx, key, kind, channel);
    return result < 0 ? result : seshet_set(ctx, scope, key, value);
}

int history_separator(seshet_ctx *ctx, const char *channel, char separator[SEPARATOR_SIZE])
{
    int result = get(ctx, SESHET_HERE, "separator", channel, separator, SEPARATOR_SIZE);
    if (result > 0)
        return result;
    snprintf(separator, SEPARATOR_SIZE, USUAL_SEPARATOR);
    return result == SESHET_ENOTFOUND || result == SESHET_ESIZE ? 0 : result;
}

int history_set_separator(seshet_ctx *ctx, const char *channel, const char *separator)
{
    return set(ctx, SESHET_HERE, "separator", channel, separator);
}

int history_topic(seshet_ctx *ctx, const char *channel, char topic[TOPIC_SIZE])
{
    char asked[TOPIC_SIZE + 32];
    if (get(ctx, SESHET_SESSION, "asked", channel, asked, sizeof asked) > 0) {
        char *space = strchr(asked, ' ');
        int64_t age = seshet_now(ctx) - strtoll(asked, NULL, 10);
        if (space && age >= 0 && age < WAIT_MS) {
            snprintf(topic, TOPIC_SIZE, "%s", space + 1);
            return 0;
        }
    }
    int result = seshet_topic(ctx, channel, topic, TOPIC_SIZE);
    if (result >= 0 || result != SESHET_ENOTFOUND)
        return result;
    topic[0] = 0; /* it has none */
    return 0;
}

int history_ask(seshet_ctx *ctx, const char *channel, const char *topic)
{
    char asked[TOPIC_SIZE + 32];
    snprintf(asked, sizeof asked, "%" PRId64 " %s", seshet_now(ctx), topic);
    int result = set(ctx, SESHET_SESSION, "asked", channel, asked);
    return result < 0 ? result : set(ctx, SESHET_HERE, "last", channel, topic);
}

int history_push(seshet_ctx *ctx, const char *channel, const char *before, const char *topic)
{
    char old[VALUE_SIZE];
    char value[VALUE_SIZE];
    int result = get(ctx, SESHET_HERE, "history", channel, old, sizeof old);
    if (result == SESHET_ENOTFOUND || result == SESHET_ESIZE)
        old[0] = 0;
    else if (result < 0)
        return result;
    size_t len = (size_t)snprintf(value, sizeof value, "%s\n", before);
    const char *line = old;
    for (int n = 1; n < HISTORY_MAX && *line; n++) {
        size_t line_len = strcspn(line, "\n") + 1;
        if (len + line_len >= sizeof value || !line[line_len - 1])
            break;
        memcpy(value + len, line, line_len);
        len += line_len;
        line += line_len;
    }
    value[len] = 0;
    result = set(ctx, SESHET_HERE, "history", channel, value);
    return result < 0 ? result : history_ask(ctx, channel, topic);
}

int history_pop(seshet_ctx *ctx, const char *channel, char topic[TOPIC_SIZE])
{
    char value[VALUE_SIZE];
    int result = get(ctx, SESHET_HERE, "history", channel, value, sizeof value);
    if (result < 0)
        return result;
    char *end = strchr(value, '\n');
    if (!end || end - value >= TOPIC_SIZE)
        return SESHET_ENOTFOUND;
    *end = 0;
    memcpy(topic, value, (size_t)(end - value) + 1);
    return set(ctx, SESHET_HERE, "history", channel, end + 1);
}

int history_last(seshet_ctx *ctx, const char *channel, char topic[TOPIC_SIZE])
{
    return get(ctx, SESHET_HERE, "last", channel, topic, TOPIC_SIZE);
}

void history_confirm(seshet_ctx *ctx, const char *channel, const char *topic, int from_me)
{
    char key[KEY_SIZE];
    char asked[TOPIC_SIZE + 32];
    if (make_key(ctx, key, "asked", channel) < 0 ||
        seshet_get(ctx, SESHET_SESSION, key, asked, sizeof asked) < 0)
        return;
    const char *space = strchr(asked, ' ');
    /* An earlier change of our own says nothing about a later one that is still on its way. */
    if (!from_me || (space && strcmp(space + 1, topic) == 0))
        (void)seshet_delete(ctx, SESHET_SESSION, key);
}
