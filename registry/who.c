#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "base/xmalloc.h"
#include "registry/account_shard.h"
#include "registry/accounts.h"

struct who {
    const struct accounts *accounts;
    char network[REGISTRY_MAX_NAME + 1];
    enum casemapping casemapping;
};

struct who *who_new(const struct accounts *a, const char *network, enum casemapping casemapping)
{
    struct who *w = xcalloc(1, sizeof *w);
    w->accounts = accounts_ref(a);
    w->casemapping = casemapping;
    str_copy(w->network, sizeof w->network, network);
    return w;
}

void who_free(struct who *w)
{
    if (!w)
        return;
    accounts_unref(w->accounts);
    free(w);
}

/* The accounts found so far: the first, and another one. */
struct found {
    const struct account *first;
    const struct account *second;
    const char *item; /* of the first */
    bool by_services;
};

static void find(struct found *found, const struct account *account, const char *item,
                 bool by_services)
{
    if (found->first == account || found->second)
        return;
    if (found->first) {
        found->second = account;
        return;
    }
    *found = (struct found){account, NULL, item, by_services};
}

/* ---- Services accounts ---- */

static int compare_service(const void *key, const void *element)
{
    return strcmp(key, ((const struct account_service *)element)->name);
}

static void find_services(const struct account_shard *shard, const struct account_index *index,
                          const char *name, struct found *found)
{
    const struct account_service *at =
        bsearch(name, index->services, index->nservices, sizeof *index->services, compare_service);
    const struct account_service *end = index->services + index->nservices;
    if (!at)
        return;
    while (at > index->services && !strcmp(at[-1].name, name))
        at--;
    for (; at < end && !strcmp(at->name, name); at++)
        find(found, shard->users[at->user], at->item, true);
}

/* ---- Hostmasks ---- */

struct search {
    const struct who *who;
    const struct account_shard *shard;
    const struct account_index *index;
    const struct account *but; /* not this one */
};

/* Whether the mask holds on this network, and for somebody who is not known to match already. */
static bool accept(const void *arg, size_t number)
{
    const struct search *s = arg;
    const struct account_mask *mask = &s->index->of[number];
    size_t len = mask->network_len;
    return s->shard->users[mask->user] != s->but &&
           (!len || (strlen(s->who->network) == len && !memcmp(mask->item, s->who->network, len)));
}

static void find_hostmasks(const struct who *w, const struct account_shard *shard,
                           const struct account_index *index, const struct mask_source *source,
                           struct found *found)
{
    struct search search = {w, shard, index, found->first};
    long number;
    while (!found->second && (number = maskset_find(index->masks, source, accept, &search)) >= 0) {
        const struct account_mask *mask = &index->of[number];
        search.but = shard->users[mask->user];
        find(found, shard->users[mask->user], mask->item, false);
    }
}

/* ---- Interface ---- */

static struct who_match judge(const struct found *found)
{
    if (found->second)
        return (struct who_match){.ambiguous = found->second, .other = found->first};
    if (found->first && found->first->secure)
        return (struct who_match){.other = found->first,
                                  .item = found->item,
                                  .by_services = found->by_services,
                                  .needs_session = true};
    return (struct who_match){
        .account = found->first, .item = found->item, .by_services = found->by_services};
}

struct who_match who_match(const struct who *w, const struct mask_source *source,
                           const char *services_account)
{
    char name[REGISTRY_MAX_NAME + MASK_MAX_PART + 3] = "";
    struct found found = {0};
    if (services_account && *services_account && strlen(services_account) <= MASK_MAX_PART) {
        size_t len = strlen(w->network);
        memcpy(name, w->network, len);
        name[len] = '/';
        irc_fold_copy(w->casemapping, name + len + 1, sizeof name - len - 1, services_account);
    }
    /* Services accounts first: by them a source is known best, and nobody else's hostmask takes
     * that away. */
    for (size_t i = 0; i < ACCOUNT_SHARDS && *name; i++) {
        struct account_shard *shard = w->accounts->shards[i];
        if (shard)
            find_services(shard, account_shard_index(shard, w->casemapping), name, &found);
    }
    bool by_services = found.first != NULL;
    for (size_t i = 0; i < ACCOUNT_SHARDS && !by_services && !found.second; i++) {
        struct account_shard *shard = w->accounts->shards[i];
        if (shard)
            find_hostmasks(w, shard, account_shard_index(shard, w->casemapping), source, &found);
    }
    return judge(&found);
}
