#include "registry/accounts.h"

#include <stdlib.h>
#include <string.h>

#include "base/xmalloc.h"
#include "registry/account_shard.h"

struct accounts *accounts_new(void)
{
    struct accounts *a = xcalloc(1, sizeof *a);
    a->refs = 1;
    a->policy = (struct policy *)record_new(RECORD_POLICY);
    return a;
}

struct accounts *accounts_ref(const struct accounts *a)
{
    struct accounts *mine = (struct accounts *)a;
    mine->refs++;
    return mine;
}

void accounts_unref(const struct accounts *a)
{
    struct accounts *mine = (struct accounts *)a;
    if (!mine || --mine->refs)
        return;
    for (size_t i = 0; i < ACCOUNT_SHARDS; i++)
        account_shard_unref(mine->shards[i]);
    for (size_t i = 0; i < mine->npolicies; i++)
        record_unref(&mine->policies[i]->head);
    for (size_t i = 0; i < mine->nchannels; i++)
        record_unref(&mine->channels[i]->head);
    for (size_t i = 0; i < mine->ngroups; i++)
        record_unref(&mine->groups[i]->head);
    for (size_t i = 0; i < mine->nnetworks; i++)
        record_unref(&mine->networks[i]->head);
    record_unref(&mine->policy->head);
    free(mine->sorted);
    free(mine->policies);
    free(mine->channels);
    free(mine->groups);
    free(mine->networks);
    free(mine);
}

/* ---- Finding ---- */

static int by_name(const void *a, const void *b)
{
    return strcmp((*(struct account *const *)a)->name, (*(struct account *const *)b)->name);
}

const struct account *const *accounts_users(const struct accounts *a)
{
    struct accounts *mine = (struct accounts *)a;
    size_t count = 0;
    if (!mine->sorted) {
        mine->sorted = xcalloc(a->nusers + 1, sizeof(struct account *));
        for (size_t i = 0; i < ACCOUNT_SHARDS; i++)
            for (size_t j = 0; a->shards[i] && j < a->shards[i]->count; j++)
                mine->sorted[count++] = a->shards[i]->users[j];
        qsort(mine->sorted, count, sizeof(struct account *), by_name);
    }
    return (const struct account *const *)mine->sorted;
}

const struct account *accounts_user(const struct accounts *a, const char *name)
{
    char folded[ACCOUNT_MAX_NAME + 1];
    if (!account_name_valid(name))
        return NULL;
    account_name_fold(folded, sizeof folded, name);
    return account_shard_find(a->shards[account_shard_of(folded)], folded);
}

static int compare_policy(const void *key, const void *element)
{
    return strcmp(key, (*(struct policy *const *)element)->network);
}

/* Of a network; NULL for none. */
static const struct policy *own_policy(const struct accounts *a, const char *network)
{
    struct policy *const *found = a->npolicies ? bsearch(network, a->policies, a->npolicies,
                                                         sizeof(struct policy *), compare_policy)
                                               : NULL;
    return found ? *found : NULL;
}

const struct policy *accounts_policy(const struct accounts *a, const char *network)
{
    return *network ? own_policy(a, network) : a->policy;
}

struct channel_name {
    const char *network;
    const char *channel;
};

static int compare_channel(const void *key, const void *element)
{
    const struct channel_name *name = key;
    const struct channel_record *c = *(struct channel_record *const *)element;
    int order = strcmp(name->network, c->network);
    return order ? order : strcmp(name->channel, c->channel);
}

const struct channel_record *accounts_channel(const struct accounts *a, const char *network,
                                              const char *folded_channel)
{
    const struct channel_name name = {network, folded_channel};
    struct channel_record *const *found =
        a->nchannels ? bsearch(&name, a->channels, a->nchannels, sizeof(struct channel_record *),
                               compare_channel)
                     : NULL;
    return found ? *found : NULL;
}

static int compare_group(const void *key, const void *element)
{
    return strcmp(key, (*(struct auth_group *const *)element)->name);
}

const struct auth_group *accounts_group(const struct accounts *a, const char *name)
{
    struct auth_group *const *found =
        a->ngroups
            ? bsearch(name, a->groups, a->ngroups, sizeof(struct auth_group *), compare_group)
            : NULL;
    return found ? *found : NULL;
}

static int compare_network(const void *key, const void *element)
{
    return strcmp(key, (*(struct network_record *const *)element)->network);
}

const struct network_record *accounts_network(const struct accounts *a, const char *network)
{
    struct network_record *const *found =
        a->nnetworks ? bsearch(network, a->networks, a->nnetworks, sizeof(struct network_record *),
                               compare_network)
                     : NULL;
    return found ? *found : NULL;
}

/* ---- Policies ---- */

bool accounts_default_ignore(const struct accounts *a, const char *network)
{
    const struct policy *own = own_policy(a, network);
    return own && own->has_default_ignore ? own->default_ignore : a->policy->default_ignore;
}

enum policy_registration accounts_registration(const struct accounts *a, const char *network)
{
    const struct policy *own = own_policy(a, network);
    return own && own->has_registration ? own->registration : a->policy->registration;
}

const struct accounts *snapshot_accounts(const struct snapshot *s)
{
    return s->accounts;
}
