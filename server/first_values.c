#include "server/first_values.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/xmalloc.h"
#include "registry/check.h"
#include "registry/edit.h"
#include "registry/registry.h"

static const char *const *values_of(const struct conf_first *first)
{
    return (const char *const *)first->values;
}

/* Of all its values alike. */
static int check_name(const struct conf_first *first, char *why, size_t why_size)
{
    if (!registry_name_valid(first->module)) {
        snprintf(why, why_size, "a module's name is letters, digits, '-' and '_'");
        return -1;
    }
    if (module_list_find(first->name) < 0 && first->is_list) {
        snprintf(why, why_size,
                 "there is no such list; the lists are echannels, dchannels, enicks, "
                 "dnicks, whitelist, blacklist");
        return -1;
    }
    if (!first->is_list && module_list_find(first->name) >= 0) {
        snprintf(why, why_size, "is a list: write [ \"one\", \"two\" ]");
        return -1;
    }
    return 0;
}

char *first_values_judge(const struct conf_first *first, size_t i)
{
    char why[REGISTRY_WHY_SIZE];
    if (check_name(first, why, sizeof why))
        return i ? NULL : xstrdup(why); /* told once */
    if (i >= first->nvalues)
        return NULL;
    const char *value = first->values[i];
    int wrong = first->is_list ? registry_check_item(first->name, value, why, sizeof why)
                               : registry_check_field(first->module, first->name, value, true, why,
                                                      sizeof why);
    return wrong ? xstrdup(why) : NULL;
}

/* What was asked for, to tell what was done. */
struct giving {
    struct server *server;
    char *network;
    size_t count;
    struct given {
        char *text; /* "dice.echannels" */
        size_t writes;
    } items[];
};

static void tell(const struct giving *g, const struct edit_answer *answer)
{
    size_t write = 0;
    for (size_t i = 0; i < g->count; i++) {
        bool any = false;
        /* The first write of each only asks whether it was given before. */
        for (size_t k = 1; k < g->items[i].writes; k++)
            any = any || answer->changed[write + k];
        if (any)
            log_info("registry.first", LOG_NETWORK(g->network), "%s", g->items[i].text);
        write += g->items[i].writes;
    }
}

static void on_given(void *arg, const struct edit_answer *answer)
{
    struct giving *g = arg;
    if (answer->result == REGISTRY_OK)
        tell(g, answer);
    else
        log_warn("registry.first", LOG_NETWORK(g->network),
                 "first values were not written, or nobody knows: %s; what is missing will be when "
                 "the registry is in step again",
                 answer->text);
    for (size_t i = 0; i < g->count; i++)
        free(g->items[i].text);
    free(g->network);
    free(g);
}

/* "dice.rate_user = 5/1m" */
static char *describe(const struct conf_first *first)
{
    struct buf out = {0};
    buf_printf(&out, "%s.%s =", first->module, first->name);
    for (size_t i = 0; i < first->nvalues && out.len < 300; i++)
        buf_printf(&out, " %s", first->values[i]);
    buf_append(&out, "", 1);
    char *text = xstrdup(buf_data(&out));
    buf_free(&out);
    return text;
}

void first_values_give(const struct network *n)
{
    char why[REGISTRY_WHY_SIZE];
    const struct conf_network *conf = n->conf;
    struct registry *registry = n->server->registry;
    if (!conf->nfirst || registry_state(registry) != REGISTRY_SYNCED)
        return;
    struct registry_edit *edit = registry_edit_new();
    struct giving *g = xcalloc(1, sizeof *g + conf->nfirst * sizeof *g->items);
    g->server = n->server;
    g->network = xstrdup(n->key);
    for (size_t i = 0; i < conf->nfirst; i++) {
        const struct conf_first *first = &conf->first[i];
        struct edit_place place = {.network = n->key, .module = first->module};
        size_t before = registry_edit_count(edit);
        if (registry_edit_first(edit, place, first->name, values_of(first), first->nvalues, why,
                                sizeof why)) {
            log_error("registry.first", LOG_MODULE(n->key, first->module), "%s: %s", first->name,
                      why);
            continue;
        }
        g->items[g->count++] = (struct given){describe(first), registry_edit_count(edit) - before};
    }
    registry_edit_commit(edit, registry, on_given, g);
}
