#include "registry/storage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/str.h"
#include "base/xmalloc.h"
#include "registry/commands.h"
#include "registry/keys.h"

#define MAX_STORAGE_KEY (KEY_MAX_PREFIX + KEY_MAX)

enum operation { GET, SET, DELETE, INCREMENT, KEYS, FIRST, SIZE };

struct call {
    enum operation operation;
    storage_fn *done;
    void *arg;
    char *where; /* the key in Redis; NULL: it was not asked */
};

static struct call *call_new(enum operation operation, storage_fn *done, void *arg)
{
    struct call *call = xmalloc(sizeof *call);
    *call = (struct call){operation, done, arg, NULL};
    return call;
}

/* The hash that holds it; 0, or -1 when a name is none. */
static int hash_name(const struct registry *r, struct storage_place place, char *dst, size_t size)
{
    if (!registry_name_valid(place.module) ||
        (place.network && !registry_network_valid(place.network)))
        return -1;
    if (place.network)
        snprintf(dst, size, "%sstorage:network:%s:module:%s", registry_prefix(r), place.network,
                 place.module);
    else
        snprintf(dst, size, "%sstorage:module:%s", registry_prefix(r), place.module);
    return 0;
}

/* HSCAN: the cursor, and fields with their values. */
static void read_page(const redisReply *reply, struct buf *keys, struct storage_answer *answer)
{
    if (reply->type == REDIS_REPLY_ARRAY && reply->elements == 2 &&
        reply->element[1]->type == REDIS_REPLY_ARRAY) {
        const redisReply *pairs = reply->element[1];
        answer->number = strtoll(reply->element[0]->str, NULL, 10);
        for (size_t i = 0; i + 1 < pairs->elements; i += 2)
            if (pairs->element[i]->type == REDIS_REPLY_STRING)
                buf_append_line(keys, pairs->element[i]->str, pairs->element[i]->len);
    }
    buf_append(keys, "", 1);
    answer->value = buf_data(keys);
    answer->value_len = keys->len - 1;
}

/* HINCRBY refuses with these, and has no codes for them. */
static bool is_about_number(const char *text)
{
    return strstr(text, "is not an integer") || strstr(text, "would overflow");
}

/* What was refused as Redis says it, or where the wrong key is. The caller frees it. */
static char *refusal(const struct call *call, const char *text)
{
    if (!call->where || !strstr(text, "WRONGTYPE"))
        return xstrdup(text);
    return xasprintf("the key %s has the wrong type: it must be a %s; rename or delete it",
                     call->where, call->operation == FIRST ? "set" : "hash");
}

static void on_answer(void *arg, enum registry_result result, const redisReply *reply,
                      const char *text)
{
    struct call *call = arg;
    char *refused = refusal(call, text);
    struct storage_answer answer = {.result = result, .text = refused};
    struct buf keys = {0};
    answer.no_number =
        call->operation == INCREMENT && result == REGISTRY_DENIED && is_about_number(text);
    if (reply) {
        switch (call->operation) {
        case GET:
            if (reply->type == REDIS_REPLY_STRING) {
                answer.value = reply->str;
                answer.value_len = reply->len;
            } else {
                answer.result = REGISTRY_NOT_FOUND;
            }
            break;
        case SET:
            break;
        case DELETE:
            if (!reply->integer)
                answer.result = REGISTRY_NOT_FOUND;
            break;
        case INCREMENT:
        case FIRST:
            answer.number = reply->integer;
            break;
        case SIZE:
            if (reply->type == REDIS_REPLY_INTEGER)
                answer.number = reply->integer;
            else
                answer.result = REGISTRY_NOT_FOUND;
            break;
        case KEYS:
            read_page(reply, &keys, &answer);
            break;
        }
    }
    call->done(call->arg, &answer);
    buf_free(&keys);
    free(refused);
    free(call->where);
    free(call);
}

static void run(struct registry *r, enum operation operation, struct storage_place place,
                const char *key, const char *value, size_t value_len, storage_fn *done, void *arg)
{
    static const char *const names[] = {"HGET", "HSET", "HDEL", "HINCRBY"};
    char hash[MAX_STORAGE_KEY];
    struct call *call = call_new(operation, done, arg);
    size_t key_len = strlen(key);
    if (hash_name(r, place, hash, sizeof hash)) {
        registry_deny(r, on_answer, call, "that is no name of a module or a network");
    } else if (!key_len || key_len > STORAGE_MAX_KEY) {
        registry_deny(r, on_answer, call, "a storage key must be 1 to 256 bytes long");
    } else if (value_len > STORAGE_MAX_VALUE) {
        registry_deny(r, on_answer, call, "a stored value may be at most 65536 bytes long");
    } else {
        const char *argv[] = {names[operation], hash, key, value};
        const size_t lens[] = {strlen(argv[0]), strlen(hash), key_len, value_len};
        call->where = xstrdup(hash);
        registry_command(r, on_answer, call, value ? 4 : 3, argv, lens);
    }
}

void storage_get(struct registry *r, struct storage_place place, const char *key, storage_fn *done,
                 void *arg)
{
    run(r, GET, place, key, NULL, 0, done, arg);
}

void storage_set(struct registry *r, struct storage_place place, const char *key, const char *value,
                 size_t value_len, storage_fn *done, void *arg)
{
    run(r, SET, place, key, value, value_len, done, arg);
}

void storage_delete(struct registry *r, struct storage_place place, const char *key,
                    storage_fn *done, void *arg)
{
    run(r, DELETE, place, key, NULL, 0, done, arg);
}

void storage_increment(struct registry *r, struct storage_place place, const char *key, int64_t by,
                       storage_fn *done, void *arg)
{
    char number[24];
    int len = snprintf(number, sizeof number, "%lld", (long long)by);
    run(r, INCREMENT, place, key, number, (size_t)len, done, arg);
}

/* What begins so, as a glob of Redis. */
static void write_glob(struct buf *out, const char *prefix)
{
    for (; *prefix; prefix++) {
        if (strchr("*?[]\\^", *prefix))
            buf_append(out, "\\", 1);
        buf_append(out, prefix, 1);
    }
    buf_append(out, "*", 2);
}

void storage_keys(struct registry *r, struct storage_place place, const char *prefix,
                  int64_t cursor, storage_fn *done, void *arg)
{
    char hash[MAX_STORAGE_KEY];
    char from[24];
    struct buf glob = {0};
    struct call *call = call_new(KEYS, done, arg);
    write_glob(&glob, prefix);
    snprintf(from, sizeof from, "%lld", (long long)cursor);
    if (hash_name(r, place, hash, sizeof hash)) {
        registry_deny(r, on_answer, call, "that is no name of a module or a network");
    } else {
        call->where = xstrdup(hash);
        const char *argv[] = {"HSCAN", hash, from, "MATCH", buf_data(&glob), "COUNT", "100"};
        registry_command(r, on_answer, call, sizeof argv / sizeof *argv, argv, NULL);
    }
    buf_free(&glob);
}

void storage_size(struct registry *r, struct storage_place place, storage_fn *done, void *arg)
{
    char hash[MAX_STORAGE_KEY];
    struct call *call = call_new(SIZE, done, arg);
    if (hash_name(r, place, hash, sizeof hash)) {
        registry_deny(r, on_answer, call, "that is no name of a module or a network");
        return;
    }
    const char *argv[] = {"MEMORY", "USAGE", hash, "SAMPLES", "0"};
    registry_command(r, on_answer, call, sizeof argv / sizeof *argv, argv, NULL);
}

void storage_first(struct registry *r, struct storage_place place, storage_fn *done, void *arg)
{
    struct call *call = call_new(FIRST, done, arg);
    if (!registry_name_valid(place.module) || !registry_network_valid(place.network)) {
        registry_deny(r, on_answer, call, "that is no name of a module or a network");
        return;
    }
    call->where = xasprintf("%snetwork:%s:installed", registry_prefix(r), place.network);
    const char *argv[] = {"SADD", call->where, place.module};
    registry_command(r, on_answer, call, 3, argv, NULL);
}

static void on_status(void *arg, enum registry_result result, const redisReply *reply,
                      const char *text)
{
    (void)arg;
    (void)reply;
    if (result != REGISTRY_OK)
        log_debug("registry.status", LOG_NOBODY, "not written: %s", text);
}

void registry_status_set(struct registry *r, const char *key, const char *field, const char *value)
{
    char *name = xasprintf("%sstatus:%s", registry_prefix(r), key);
    const char *argv[] = {value ? "HSET" : "HDEL", name, field, value};
    registry_command(r, on_status, NULL, value ? 4 : 3, argv, NULL);
    free(name);
}
