#include "modules/remind/list.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "modules/common/phrase.h"

enum { KEY_SIZE = 32, RECORD_SIZE = 1024 };

static const char prefix[] = "r/";

static struct reminder all[LIST_MAX];
static size_t count;
static int is_read;

static void make_key(char key[KEY_SIZE], int64_t number)
{
    snprintf(key, KEY_SIZE, "%s%" PRId64, prefix, number);
}

static int read_one(seshet_ctx *ctx, const char *key, void *arg)
{
    char record[RECORD_SIZE];
    struct reminder r = {.number = strtoll(key + strlen(prefix), NULL, 10)};
    int *error = arg;
    int len = seshet_get(ctx, SESHET_HERE, key, record, sizeof record);
    if (len == SESHET_ENOTFOUND)
        return 0;
    if (len < 0) {
        *error = len;
        return 1;
    }
    const char *text = record;
    if (phrase_number(&text, &r.due) || phrase_number(&text, &r.set)) {
        seshet_log(ctx, 2, "reminder %" PRId64 " cannot be read: %.100s", r.number, record);
        return 0;
    }
    text = phrase_word(text, r.nick, sizeof r.nick);
    text = phrase_word(text, r.who, sizeof r.who);
    text = phrase_word(text, r.channel, sizeof r.channel);
    phrase_copy(r.text, sizeof r.text, text);
    if (strcmp(r.channel, "-") == 0)
        r.channel[0] = 0;
    if (count < LIST_MAX && !list_find(r.number))
        all[count++] = r;
    return 0;
}

int list_read(seshet_ctx *ctx)
{
    int error = 0;
    if (is_read)
        return 0;
    int result = seshet_keys(ctx, SESHET_HERE, prefix, read_one, &error);
    if (!error && result < 0)
        error = result;
    is_read = !error;
    return error;
}

int list_add(seshet_ctx *ctx, struct reminder *r)
{
    char key[KEY_SIZE];
    char record[RECORD_SIZE];
    if (count >= LIST_MAX)
        return SESHET_ESIZE;
    int error = seshet_increment(ctx, SESHET_HERE, "last", 1, &r->number);
    if (error)
        return error;
    make_key(key, r->number);
    snprintf(record, sizeof record, "%" PRId64 " %" PRId64 " %s %s %s %s", r->due, r->set, r->nick,
             r->who, r->channel[0] ? r->channel : "-", r->text);
    error = seshet_set(ctx, SESHET_HERE, key, record);
    if (!error)
        all[count++] = *r;
    return error;
}

int list_take(seshet_ctx *ctx, const struct reminder *r)
{
    char key[KEY_SIZE];
    make_key(key, r->number);
    return seshet_delete(ctx, SESHET_HERE, key);
}

void list_drop(struct reminder *r)
{
    *r = all[--count];
}

size_t list_count(void)
{
    return count;
}

struct reminder *list_at(size_t i)
{
    return &all[i];
}

struct reminder *list_find(int64_t number)
{
    for (size_t i = 0; i < count; i++)
        if (all[i].number == number)
            return &all[i];
    return NULL;
}
