#include "server/identities.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "base/xmalloc.h"

struct identity {
    unsigned count;
    UT_hash_handle hh;
    char nick[];
};

struct identity_place {
    struct identity *nicks;
    UT_hash_handle hh;
    char name[];
};

struct identities {
    struct identity_place *places;
};

struct identities *identities_new(void)
{
    return xcalloc(1, sizeof(struct identities));
}

static void drop_nick(struct identity_place *place, struct identity *identity)
{
    HASH_DEL(place->nicks, identity);
    free(identity);
}

static void drop_place(struct identities *ids, struct identity_place *place)
{
    HASH_DEL(ids->places, place);
    free(place);
}

void identities_free(struct identities *ids)
{
    struct identity_place *place;
    struct identity_place *next_place;
    struct identity *identity;
    struct identity *next;
    if (!ids)
        return;
    HASH_ITER(hh, ids->places, place, next_place)
    {
        HASH_ITER(hh, place->nicks, identity, next)
        {
            drop_nick(place, identity);
        }
        drop_place(ids, place);
    }
    free(ids);
}

struct identity_place *identities_add(struct identities *ids, const char *name, const char *nick)
{
    struct identity_place *place = NULL;
    struct identity *identity = NULL;
    HASH_FIND_STR(ids->places, name, place);
    if (!place) {
        size_t len = strlen(name);
        place = xcalloc(1, sizeof *place + len + 1);
        memcpy(place->name, name, len + 1);
        HASH_ADD_KEYPTR(hh, ids->places, place->name, len, place);
    }
    HASH_FIND_STR(place->nicks, nick, identity);
    if (!identity) {
        size_t len = strlen(nick);
        identity = xcalloc(1, sizeof *identity + len + 1);
        memcpy(identity->nick, nick, len + 1);
        HASH_ADD_KEYPTR(hh, place->nicks, identity->nick, len, identity);
    }
    identity->count++;
    return place;
}

void identities_remove(struct identities *ids, struct identity_place *place, const char *nick)
{
    struct identity *identity = NULL;
    HASH_FIND_STR(place->nicks, nick, identity);
    if (!identity || --identity->count)
        return;
    drop_nick(place, identity);
    if (!place->nicks)
        drop_place(ids, place);
}

bool identity_place_has(const struct identity_place *place, const char *nick)
{
    struct identity *identity = NULL;
    HASH_FIND_STR(place->nicks, nick, identity);
    return identity != NULL;
}

bool identity_place_shared(const struct identity_place *place)
{
    return HASH_COUNT(place->nicks) > 1;
}
