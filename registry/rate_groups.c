#include "registry/rate_groups.h"

#include <stdlib.h>
#include <string.h>

#include "base/xmalloc.h"
#include "registry/view.h"

/* What one kind of limit in one group counts. */
struct counted {
    const char *group;   /* of a module's view */
    const char *command; /* likewise; "" for whole modules */
    enum module_field field;
    struct rate most;
};

struct rate_groups {
    size_t count;
    struct counted items[]; /* sorted */
};

static int compare(const void *a, const void *b)
{
    const struct counted *ca = a;
    const struct counted *cb = b;
    int order = strcmp(ca->group, cb->group);
    if (!order)
        order = (ca->field > cb->field) - (ca->field < cb->field);
    return order ? order : strcmp(ca->command, cb->command);
}

/* Writes the module's limits, of which there are at most 3 + ncommand_rates; how many. */
static size_t take_limits(const struct module_fields *f, struct counted *items)
{
    const struct counted whole[] = {{f->rate_group, "", FIELD_RATE_USER, f->rate_user},
                                    {f->rate_group, "", FIELD_RATE_CHANNEL, f->rate_channel},
                                    {f->rate_group, "", FIELD_RATE_NETWORK, f->rate_network}};
    size_t count = 0;
    for (size_t i = 0; i < sizeof whole / sizeof *whole; i++)
        if (rate_limits(whole[i].most))
            items[count++] = whole[i];
    for (size_t i = 0; i < f->ncommand_rates; i++) {
        const struct command_rate *own = &f->command_rates[i];
        if (rate_limits(own->rate))
            items[count++] = (struct counted){f->rate_group, own->command, own->field, own->rate};
    }
    return count;
}

/* Those of one group, field and command become one. */
static size_t join_equal(struct counted *items, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (!kept || compare(&items[kept - 1], &items[i]) != 0) {
            items[kept++] = items[i];
            continue;
        }
        struct rate *most = &items[kept - 1].most;
        if (most->count < items[i].most.count)
            most->count = items[i].most.count;
        if (most->window_ms < items[i].most.window_ms)
            most->window_ms = items[i].most.window_ms;
    }
    return kept;
}

struct rate_groups *rate_groups_new(const struct module_view *const *modules, size_t count)
{
    size_t most = 0;
    for (size_t i = 0; i < count; i++)
        if (*modules[i]->fields.rate_group)
            most += 3 + modules[i]->fields.ncommand_rates;
    if (!most)
        return NULL;
    struct rate_groups *groups = xcalloc(1, sizeof *groups + most * sizeof *groups->items);
    for (size_t i = 0; i < count; i++)
        if (*modules[i]->fields.rate_group)
            groups->count += take_limits(&modules[i]->fields, groups->items + groups->count);
    qsort(groups->items, groups->count, sizeof *groups->items, compare);
    groups->count = join_equal(groups->items, groups->count);
    if (groups->count)
        return groups;
    free(groups);
    return NULL;
}

void rate_groups_free(struct rate_groups *groups)
{
    free(groups);
}

const struct rate *rate_groups_find(const struct rate_groups *groups, const char *group,
                                    enum module_field field, const char *command)
{
    const struct counted key = {.group = group, .command = command, .field = field};
    const struct counted *found =
        groups ? bsearch(&key, groups->items, groups->count, sizeof key, compare) : NULL;
    return found ? &found->most : NULL;
}
