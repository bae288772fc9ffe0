#include "registry/account_shard.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/xmalloc.h"

unsigned account_shard_of(const char *name)
{
    uint32_t h = UINT32_C(2166136261);
    for (; *name; name++)
        h = (h ^ (unsigned char)*name) * UINT32_C(16777619);
    return (h ^ (h >> 16)) % ACCOUNT_SHARDS;
}

static int by_name(const void *a, const void *b)
{
    return strcmp((*(struct account *const *)a)->name, (*(struct account *const *)b)->name);
}

struct account_shard *account_shard_new(struct account **users, size_t count)
{
    if (!count) {
        free(users);
        return NULL;
    }
    struct account_shard *s = xcalloc(1, sizeof *s);
    *s = (struct account_shard){.refs = 1, .count = count, .users = users};
    qsort(users, count, sizeof(struct account *), by_name);
    return s;
}

struct account_shard *account_shard_ref(struct account_shard *s)
{
    if (s)
        s->refs++;
    return s;
}

static void index_free(struct account_index *index)
{
    if (!index)
        return;
    maskset_free(index->masks);
    for (size_t i = 0; i < index->nservices; i++)
        free(index->services[i].name);
    free(index->services);
    free(index->of);
    free(index);
}

void account_shard_unref(struct account_shard *s)
{
    if (!s || --s->refs)
        return;
    for (size_t i = 0; i < SNAPSHOT_CASEMAPPINGS; i++)
        index_free(s->index[i]);
    for (size_t i = 0; i < s->count; i++)
        record_unref(&s->users[i]->head);
    free(s->users);
    free(s);
}

static int compare_name(const void *key, const void *element)
{
    return strcmp(key, (*(struct account *const *)element)->name);
}

const struct account *account_shard_find(const struct account_shard *s, const char *name)
{
    struct account *const *found =
        s ? bsearch(name, s->users, s->count, sizeof(struct account *), compare_name) : NULL;
    return found ? *found : NULL;
}

/* ---- What is searched ---- */

static size_t count_of(const struct item_list *list)
{
    return list ? list->count : 0;
}

static void index_masks(struct account_index *index, const struct account_shard *s,
                        enum casemapping casemapping)
{
    size_t count = 0;
    size_t n = 0;
    for (size_t i = 0; i < s->count; i++)
        count += count_of(s->users[i]->hostmasks);
    const char **globs = xcalloc(count + 1, sizeof *globs);
    index->of = xcalloc(count + 1, sizeof *index->of);
    for (size_t i = 0; i < s->count; i++) {
        const struct item_list *list = s->users[i]->hostmasks;
        for (size_t j = 0; j < count_of(list); j++, n++) {
            size_t network_len;
            list_item_split(list->items[j], &globs[n], &network_len);
            index->of[n] =
                (struct account_mask){list->items[j], (uint32_t)i, (uint16_t)network_len};
        }
    }
    index->masks = maskset_new(casemapping, globs, count);
    free(globs);
}

static int by_service(const void *a, const void *b)
{
    return strcmp(((const struct account_service *)a)->name,
                  ((const struct account_service *)b)->name);
}

static void index_services(struct account_index *index, const struct account_shard *s,
                           enum casemapping casemapping)
{
    size_t count = 0;
    for (size_t i = 0; i < s->count; i++)
        count += count_of(s->users[i]->services);
    index->services = xcalloc(count + 1, sizeof *index->services);
    for (size_t i = 0; i < s->count; i++) {
        const struct item_list *list = s->users[i]->services;
        for (size_t j = 0; j < count_of(list); j++) {
            char *name = xstrdup(list->items[j]);
            irc_fold(casemapping, strchr(name, '/') + 1);
            index->services[index->nservices++] =
                (struct account_service){name, list->items[j], (uint32_t)i};
        }
    }
    qsort(index->services, index->nservices, sizeof *index->services, by_service);
}

const struct account_index *account_shard_index(struct account_shard *s,
                                                enum casemapping casemapping)
{
    if (!s->index[casemapping]) {
        struct account_index *index = xcalloc(1, sizeof *index);
        index_masks(index, s, casemapping);
        index_services(index, s, casemapping);
        s->index[casemapping] = index;
    }
    return s->index[casemapping];
}
