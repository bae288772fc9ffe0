#include <stdlib.h>
#include <string.h>

#include "base/xmalloc.h"
#include "registry/fields.h"
#include "server/stage/stage.h"

/* What somebody was given. Nobody has anything by default: defaults are the registry's. */

struct stage_rights {
    unsigned refs;
    size_t count;
    struct capability *items;
};

struct stage_rights *rights_new(void)
{
    struct stage_rights *r = xmalloc(sizeof *r);
    *r = (struct stage_rights){.refs = 1};
    return r;
}

struct stage_rights *rights_ref(struct stage_rights *r)
{
    if (r)
        r->refs++;
    return r;
}

void rights_unref(struct stage_rights *r)
{
    if (!r || --r->refs)
        return;
    free(r->items);
    free(r);
}

/* Its place; r->count: it is not there. */
static size_t find(const struct stage_rights *r, enum casemapping map, const struct capability *c)
{
    size_t i = 0;
    while (i < r->count && (r->items[i].anti != c->anti || strcmp(r->items[i].name, c->name) != 0 ||
                            !irc_equal(map, r->items[i].channel, c->channel)))
        i++;
    return i;
}

void rights_give(struct stage_rights *r, enum casemapping map, const struct capability *c, bool on)
{
    size_t at = find(r, map, c);
    if (!on && at < r->count)
        r->items[at] = r->items[--r->count];
    if (!on || at < r->count)
        return;
    r->items = xrealloc(r->items, (r->count + 1) * sizeof *r->items);
    r->items[r->count++] = *c;
}

bool rights_has(const struct stage_rights *r, enum casemapping map, const struct capability *c)
{
    const struct capability owner = {.name = "owner"};
    struct capability op = {.name = "op"};
    if (!r)
        return false;
    if (find(r, map, c) < r->count)
        return true;
    if (c->anti)
        return false;
    memcpy(op.channel, c->channel, sizeof op.channel);
    return find(r, map, &owner) < r->count || (*c->channel && find(r, map, &op) < r->count);
}

uint32_t rights_bits(const struct stage_rights *r, enum casemapping map, char *const *capabilities,
                     size_t count)
{
    uint32_t bits = 0;
    for (size_t i = 0; i < count; i++) {
        struct capability c;
        char why[REGISTRY_WHY_SIZE];
        if (!capability_parse(&c, capabilities[i], why, sizeof why) && rights_has(r, map, &c))
            bits |= UINT32_C(1) << i;
    }
    return bits;
}
