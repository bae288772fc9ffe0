#include "modules/log/switches.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

enum { KEY_SIZE = 256, CHANNELS_MAX = 500 };

static const char *const names[] = {[SWITCH_OFF] = "off", [SWITCH_CODES] = "codes"};

struct channel {
    int known[2]; /* 0: not asked yet; 1: no; 2: yes */
    UT_hash_handle hh;
    char name[];
};

static struct channel *channels;

void switches_forget(void)
{
    struct channel *c;
    struct channel *next;
    HASH_ITER(hh, channels, c, next)
    {
        HASH_DEL(channels, c);
        free(c);
    }
}

static struct channel *find(const char *folded)
{
    struct channel *c;
    HASH_FIND_STR(channels, folded, c);
    if (c)
        return c;
    if (HASH_COUNT(channels) >= CHANNELS_MAX)
        switches_forget();
    size_t len = strlen(folded);
    c = calloc(1, sizeof *c + len + 1);
    if (!c)
        abort();
    memcpy(c->name, folded, len + 1);
    HASH_ADD_KEYPTR(hh, channels, c->name, len, c);
    return c;
}

static int make_key(char key[KEY_SIZE], enum switch_name name, const char *folded)
{
    return snprintf(key, KEY_SIZE, "%s %s", names[name], folded) < KEY_SIZE ? 0 : SESHET_ESIZE;
}

int switches_get(seshet_ctx *ctx, enum switch_name name, const char *folded)
{
    char key[KEY_SIZE];
    char value[2];
    struct channel *c = find(folded);
    if (c->known[name])
        return c->known[name] == 2;
    int result = make_key(key, name, folded);
    if (result >= 0)
        result = seshet_get(ctx, SESHET_HERE, key, value, sizeof value);
    if (result < 0 && result != SESHET_ENOTFOUND)
        return result;
    c->known[name] = result >= 0 ? 2 : 1;
    return result >= 0;
}

int switches_set(seshet_ctx *ctx, enum switch_name name, const char *folded, bool on)
{
    char key[KEY_SIZE];
    int result = make_key(key, name, folded);
    if (result >= 0)
        result = on ? seshet_set(ctx, SESHET_HERE, key, "1") : seshet_delete(ctx, SESHET_HERE, key);
    if (result >= 0)
        find(folded)->known[name] = on ? 2 : 1;
    return result;
}
