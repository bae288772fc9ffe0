#include "server/module/storage_quota.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "base/log.h"
#include "base/xmalloc.h"

/* Redis is asked when this part of the bound was written, and by one that is full this often. */
#define PART     16
#define AGAIN_MS 2000

struct place {
    struct storage_quota *quota;
    char *name; /* network/module; neither has a '/' */
    char *network;
    char *module;
    uint64_t used;    /* as Redis said last */
    uint64_t written; /* since it was asked */
    int64_t asked_ms;
    bool asking;
    bool known; /* it was answered */
    bool told;  /* that it is full */
    UT_hash_handle hh;
};

struct storage_quota {
    const struct clock *clock;
    uint64_t most;
    struct place *places;
};

struct storage_quota *storage_quota_new(const struct clock *clock, uint64_t most)
{
    struct storage_quota *quota = xmalloc(sizeof *quota);
    *quota = (struct storage_quota){.clock = clock, .most = most};
    return quota;
}

void storage_quota_set(struct storage_quota *quota, uint64_t most)
{
    quota->most = most;
}

static struct place *find(struct storage_quota *quota, struct storage_place where)
{
    struct place *place;
    char *name = xasprintf("%s/%s", where.network ? where.network : "", where.module);
    HASH_FIND_STR(quota->places, name, place);
    if (place) {
        free(name);
        return place;
    }
    place = xmalloc(sizeof *place);
    *place = (struct place){.quota = quota,
                            .name = name,
                            .network = where.network ? xstrdup(where.network) : NULL,
                            .module = xstrdup(where.module)};
    HASH_ADD_KEYPTR(hh, quota->places, place->name, strlen(place->name), place);
    return place;
}

/* What Redis does not tell (it may not be allowed to) is not bounded. */
static void on_size(void *arg, const struct storage_answer *answer)
{
    struct place *place = arg;
    place->asking = false;
    place->known = true;
    if (answer->result == REGISTRY_OK)
        place->used = (uint64_t)answer->number;
    else if (answer->result == REGISTRY_NOT_FOUND)
        place->used = 0;
    else
        log_debug("storage.size", LOG_MODULE(place->network, place->module),
                  "not known, so not bounded: %s", answer->text);
}

static void ask(struct place *place, struct registry *registry)
{
    struct storage_place where = {place->network, place->module};
    place->asking = true;
    place->asked_ms = clock_now(place->quota->clock);
    place->written = 0;
    storage_size(registry, where, on_size, place);
}

static bool is_full(const struct place *place)
{
    return place->used + place->written > place->quota->most;
}

static void tell(struct place *place, bool full)
{
    if (full && !place->told)
        log_warn("storage.full", LOG_MODULE(place->network, place->module),
                 "it stores more than %llu MB, more is refused: delete keys, or raise "
                 "modules.storage_mb",
                 (unsigned long long)(place->quota->most >> 20));
    place->told = full;
}

bool storage_quota_take(struct storage_quota *quota, struct registry *registry,
                        struct storage_place where, size_t bytes)
{
    struct place *place = find(quota, where);
    bool stale = !place->known || place->written >= quota->most / PART ||
                 (is_full(place) && clock_now(quota->clock) - place->asked_ms >= AGAIN_MS);
    if (stale && !place->asking)
        ask(place, registry);
    bool full = place->known && is_full(place);
    tell(place, full);
    place->written += full ? 0 : bytes;
    return !full;
}

void storage_quota_free(struct storage_quota *quota)
{
    struct place *place;
    struct place *next;
    if (!quota)
        return;
    HASH_ITER(hh, quota->places, place, next)
    {
        HASH_DEL(quota->places, place);
        free(place->name);
        free(place->network);
        free(place->module);
        free(place);
    }
    free(quota);
}
