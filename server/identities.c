#include "server/identities.h"

#include <stdio.h>
#include <stdlib.h>
#include <uthash.h>

#include "base/xmalloc.h"

#define MAX_KEY 256

struct identity {
    unsigned count;
    UT_hash_handle hh;
    char key[];
};

struct identities {
    struct identity *table;
};

static size_t write_key(char key[MAX_KEY], const char *place, const char *nick)
{
    /* A nick has no space: the key is unambiguous. */
    int len = snprintf(key, MAX_KEY, "%s %s", nick, place);
    return len < MAX_KEY ? (size_t)len : MAX_KEY - 1;
}

static struct identity *find(const struct identities *ids, const char *key, size_t len)
{
    struct identity *found = NULL;
    HASH_FIND(hh, ids->table, key, len, found);
    return found;
}

struct identities *identities_new(void)
{
    return xcalloc(1, sizeof(struct identities));
}

static void drop(struct identities *ids, struct identity *identity)
{
    HASH_DEL(ids->table, identity);
    free(identity);
}

void identities_free(struct identities *ids)
{
    struct identity *identity;
    struct identity *next;
    HASH_ITER(hh, ids->table, identity, next)
    {
        drop(ids, identity);
    }
    free(ids);
}

void identities_add(struct identities *ids, const char *place, const char *nick)
{
    char key[MAX_KEY];
    size_t len = write_key(key, place, nick);
    struct identity *identity = find(ids, key, len);
    if (!identity) {
        identity = xcalloc(1, sizeof *identity + len + 1);
        memcpy(identity->key, key, len + 1);
        HASH_ADD(hh, ids->table, key, len, identity);
    }
    identity->count++;
}

void identities_remove(struct identities *ids, const char *place, const char *nick)
{
    char key[MAX_KEY];
    struct identity *identity = find(ids, key, write_key(key, place, nick));
    if (identity && --identity->count == 0)
        drop(ids, identity);
}

bool identities_has(const struct identities *ids, const char *place, const char *nick)
{
    char key[MAX_KEY];
    return find(ids, key, write_key(key, place, nick)) != NULL;
}
