#include "modules/seen/index.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_SIZE = 32, RECORD_SIZE = 1536 };

static void place_key(char key[KEY_SIZE], int64_t place)
{
    snprintf(key, KEY_SIZE, "#%" PRId64, place % INDEX_MAX);
}

/* Who is at a place, "" for nobody, and when they were seen, 0 for never. 0, or an error. */
static int look(seshet_ctx *ctx, int64_t place, char nick[INDEX_NICK_SIZE], int64_t *time)
{
    char key[KEY_SIZE];
    char record[RECORD_SIZE];
    *time = 0;
    nick[0] = 0;
    place_key(key, place);
    int len = seshet_get(ctx, SESHET_HERE, key, nick, INDEX_NICK_SIZE);
    if (len > 0) {
        len = seshet_get(ctx, SESHET_HERE, nick, record, sizeof record);
        if (len > 0)
            *time = strtoll(record, NULL, 10);
    }
    return len == SESHET_ESTORAGE || len == SESHET_ESERVER ? len : 0;
}

/* Frees the place: whoever is there moves to that of the oldest one nearby, who is forgotten. */
static int make_room(seshet_ctx *ctx, int64_t place, char forgotten[INDEX_NICK_SIZE])
{
    char key[KEY_SIZE];
    char here[INDEX_NICK_SIZE];
    char nick[INDEX_NICK_SIZE];
    int64_t oldest;
    int64_t at = place;
    int error = look(ctx, place, here, &oldest);
    snprintf(forgotten, INDEX_NICK_SIZE, "%s", here);
    for (int64_t i = 1; i < INDEX_LOOK && !error && oldest; i++) {
        int64_t time;
        error = look(ctx, place + i, nick, &time);
        if (error || time >= oldest)
            continue;
        oldest = time;
        at = place + i;
        snprintf(forgotten, INDEX_NICK_SIZE, "%s", nick);
    }
    if (!error && at != place) {
        place_key(key, at);
        error = seshet_set(ctx, SESHET_HERE, key, here);
    }
    if (!error && forgotten[0])
        error = seshet_delete(ctx, SESHET_HERE, forgotten);
    return error < 0 ? error : 0;
}

/* A place for whoever has none. */
static int give_place(seshet_ctx *ctx, const char *nick, char forgotten[INDEX_NICK_SIZE])
{
    char key[KEY_SIZE];
    int64_t number;
    int error = seshet_increment(ctx, SESHET_HERE, "#next", 1, &number);
    if (!error && number > INDEX_MAX)
        error = make_room(ctx, number - 1, forgotten);
    place_key(key, number - 1);
    return error ? error : seshet_set(ctx, SESHET_HERE, key, nick);
}

static int place_one(seshet_ctx *ctx, const char *key, void *arg)
{
    (void)arg;
    char forgotten[INDEX_NICK_SIZE];
    return key[0] == '#' || strlen(key) >= INDEX_NICK_SIZE ? 0 : give_place(ctx, key, forgotten);
}

/* Once, before anything else. 0, or an error. */
static int begin(seshet_ctx *ctx)
{
    static bool begun;
    char next[32];
    if (begun)
        return 0;
    int result = seshet_get(ctx, SESHET_HERE, "#next", next, sizeof next);
    if (result == SESHET_ENOTFOUND)
        result = seshet_keys(ctx, SESHET_HERE, "", place_one, NULL);
    begun = result >= 0;
    return begun ? 0 : result;
}

int index_add(seshet_ctx *ctx, const char *nick, char forgotten[INDEX_NICK_SIZE])
{
    char record[RECORD_SIZE];
    forgotten[0] = 0;
    int error = begin(ctx);
    if (error)
        return error;
    int len = seshet_get(ctx, SESHET_HERE, nick, record, sizeof record);
    if (len != SESHET_ENOTFOUND)
        return len < 0 ? len : 0;
    return give_place(ctx, nick, forgotten);
}
