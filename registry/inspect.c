#include "registry/inspect.h"

#include <stdlib.h>
#include <string.h>

#include "base/xmalloc.h"
#include "registry/commands.h"

#define SCAN_COUNT "500" /* keys that Redis looks at in one step */

struct scan {
    size_t prefix_len;
    registry_scan_fn *done;
    void *arg;
};

static void on_scanned(void *arg, enum registry_result result, const redisReply *reply,
                       const char *text)
{
    struct scan *scan = arg;
    struct scan_answer answer = {.result = result, .text = text};
    const redisReply *found = reply && reply->type == REDIS_REPLY_ARRAY && reply->elements == 2
                                  ? reply->element[1]
                                  : NULL;
    const char **keys = xcalloc((found ? found->elements : 0) + 1, sizeof *keys);
    answer.keys = keys;
    if (found) {
        for (size_t i = 0; i < found->elements; i++)
            if (found->element[i]->len >= scan->prefix_len)
                keys[answer.count++] = found->element[i]->str + scan->prefix_len;
        answer.next = strcmp(reply->element[0]->str, "0") != 0 ? reply->element[0]->str : NULL;
    }
    scan->done(scan->arg, &answer);
    free(keys);
    free(scan);
}

/* The prefix may hold what a glob takes for a wildcard. */
static char *pattern_of(const char *prefix, const char *glob)
{
    char *pattern = xmalloc(2 * strlen(prefix) + strlen(glob) + 1);
    char *to = pattern;
    for (const char *from = prefix; *from; from++) {
        if (strchr("*?[]\\", *from))
            *to++ = '\\';
        *to++ = *from;
    }
    memcpy(to, glob, strlen(glob) + 1);
    return pattern;
}

void registry_scan(struct registry *r, const char *cursor, const char *glob, registry_scan_fn *done,
                   void *arg)
{
    struct scan *scan = xmalloc(sizeof *scan);
    char *pattern = pattern_of(registry_prefix(r), glob);
    const char *argv[] = {"SCAN", cursor, "MATCH", pattern, "COUNT", SCAN_COUNT};
    *scan = (struct scan){strlen(registry_prefix(r)), done, arg};
    registry_command(r, on_scanned, scan, sizeof argv / sizeof *argv, argv, NULL);
    free(pattern);
}

struct typing {
    registry_type_fn *done;
    void *arg;
};

static void on_type(void *arg, enum registry_result result, const redisReply *reply,
                    const char *text)
{
    struct typing *typing = arg;
    bool told = reply && reply->type == REDIS_REPLY_STATUS;
    typing->done(typing->arg, result, told ? reply->str : "none", text);
    free(typing);
}

void registry_type(struct registry *r, const char *key, registry_type_fn *done, void *arg)
{
    struct typing *typing = xmalloc(sizeof *typing);
    char *name = xasprintf("%s%s", registry_prefix(r), key);
    const char *argv[] = {"TYPE", name};
    *typing = (struct typing){done, arg};
    registry_command(r, on_type, typing, 2, argv, NULL);
    free(name);
}

struct reading {
    registry_hash_fn *done;
    void *arg;
};

static void on_hash(void *arg, enum registry_result result, const redisReply *reply,
                    const char *text)
{
    struct reading *reading = arg;
    struct hash_answer answer = {.result = result, .text = text};
    size_t count = reply && reply->type == REDIS_REPLY_ARRAY ? reply->elements / 2 * 2 : 0;
    const char **pairs = xcalloc(count + 1, sizeof *pairs);
    size_t *lens = xcalloc(count + 1, sizeof *lens);
    for (size_t i = 0; i < count; i++) {
        pairs[i] = reply->element[i]->str;
        lens[i] = reply->element[i]->len;
    }
    answer.pairs = pairs;
    answer.lens = lens;
    answer.count = count / 2;
    if (result == REGISTRY_OK && !count)
        answer.result = REGISTRY_NOT_FOUND;
    reading->done(reading->arg, &answer);
    free(pairs);
    free(lens);
    free(reading);
}

void registry_hash(struct registry *r, const char *key, registry_hash_fn *done, void *arg)
{
    struct reading *reading = xmalloc(sizeof *reading);
    char *name = xasprintf("%s%s", registry_prefix(r), key);
    const char *argv[] = {"HGETALL", name};
    *reading = (struct reading){done, arg};
    registry_command(r, on_hash, reading, 2, argv, NULL);
    free(name);
}
