#include "server/route/index.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "base/xmalloc.h"
#include "net/proto/event_type.h"
#include "registry/decide.h"
#include "server/admin/commands.h"

#define MAX_NAME 80 /* module, dot, command */

struct entry {
    struct command_target *first;
    UT_hash_handle hh;
    char name[];
};

struct list {
    struct subscriber *items;
    size_t count;
};

struct command_index {
    struct entry *entries;
    struct list subscribers[EVENT_TYPE_END];
};

static void add_name(struct command_index *index, const char *name,
                     const struct command_target *target)
{
    char lower[MAX_NAME];
    irc_fold_copy(CASEMAPPING_ASCII, lower, sizeof lower, name);
    struct entry *entry = NULL;
    HASH_FIND_STR(index->entries, lower, entry);
    if (!entry) {
        size_t len = strlen(lower);
        entry = xcalloc(1, sizeof *entry + len + 1);
        memcpy(entry->name, lower, len + 1);
        HASH_ADD_KEYPTR(hh, index->entries, entry->name, len, entry);
    }
    struct command_target *copy = xmemdup(target, sizeof *target);
    copy->next = entry->first;
    entry->first = copy;
}

static void add_command(struct command_index *index, const char *module, const char *name,
                        const struct command_target *target)
{
    char qualified[MAX_NAME];
    snprintf(qualified, sizeof qualified, "%s.%s", module, name);
    add_name(index, name, target);
    add_name(index, qualified, target);
}

/* Sorted by module, so that all get an event in the same order whatever was edited when. */
static void add_subscriber(struct list *list, const struct subscriber *subscriber)
{
    /* Grows by doubling at the powers of two, where the count says that it may be full. */
    if ((list->count & (list->count - 1)) == 0)
        list->items =
            xrealloc(list->items, (list->count ? list->count * 2 : 1) * sizeof *list->items);
    size_t at = list->count++;
    for (; at && strcmp(list->items[at - 1].module->name, subscriber->module->name) > 0; at--)
        list->items[at] = list->items[at - 1];
    list->items[at] = *subscriber;
}

/* By their first words; which command is meant is told by those that follow. */
static void add_core(struct command_index *index, char prefix)
{
    char last[MAX_NAME] = "";
    for (const struct core_command *core = core_commands; core->name; core++) {
        char word[MAX_NAME];
        snprintf(word, sizeof word, "%.*s", (int)strcspn(core->name, " "), core->name);
        if (strcmp(word, last) != 0) {
            struct command_target target = {.core = core, .prefix = prefix, .command = -1};
            add_command(index, CORE_MODULE, word, &target);
        }
        memcpy(last, word, sizeof last);
    }
}

static void add_module(struct command_index *index, const struct registry_view *view,
                       const struct module_view *m, const struct module_decl *module,
                       struct modhost *host)
{
    struct command_target target = {
        .view = m, .module = module, .host = host, .prefix = registry_view_prefix(view, m)};
    for (size_t i = 0; i < module->ncommands; i++) {
        target.command = (int)i;
        add_command(index, module->name, module->commands[i].name, &target);
    }
    struct subscriber subscriber = {.view = m, .module = module, .host = host};
    for (int type = 1; type < EVENT_TYPE_END; type++)
        if (module->events & EVENT_BIT(type) && decide_may_get(m, (enum event_type)type))
            add_subscriber(&index->subscribers[type], &subscriber);
}

/* ---- Following edits --------------------------------------------------------------------------
 */

struct modhost *command_index_host(struct supervisor *sup, const struct registry_view *view,
                                   const struct module_view *m)
{
    struct modhost_kind kind = {
        .group = m->fields.group, .permissions = m->fields.permissions, .module = m->name};
    return supervisor_host(sup, view->network, &kind);
}

static void take_up(struct command_index *index, struct supervisor *sup,
                    const struct registry_view *view, const struct module_view *m)
{
    const struct module_decl *module = supervisor_find(sup, m->name);
    if (!module || !m->fields.enabled)
        return;
    struct modhost *host = command_index_host(sup, view, m);
    if (!host)
        return;
    modhost_want(host, module, true);
    modhost_set_deadline(host, module, m->fields.deadline);
    add_module(index, view, m, module, host);
}

static void remove_name(struct command_index *index, const char *name,
                        const struct module_decl *module)
{
    char lower[MAX_NAME];
    struct entry *entry = NULL;
    irc_fold_copy(CASEMAPPING_ASCII, lower, sizeof lower, name);
    HASH_FIND_STR(index->entries, lower, entry);
    if (!entry)
        return;
    for (struct command_target **link = &entry->first; *link;) {
        struct command_target *target = *link;
        if (target->module == module) {
            *link = (struct command_target *)target->next;
            free(target);
        } else {
            link = (struct command_target **)&target->next;
        }
    }
    if (!entry->first) {
        HASH_DEL(index->entries, entry);
        free(entry);
    }
}

static void remove_subscriber(struct list *list, const struct module_decl *module)
{
    size_t kept = 0;
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i].module != module)
            list->items[kept++] = list->items[i];
    list->count = kept;
}

static void give_up(struct command_index *index, struct supervisor *sup,
                    const struct registry_view *view, const struct module_view *m)
{
    const struct module_decl *module = supervisor_find(sup, m->name);
    if (!module || !m->fields.enabled)
        return;
    struct modhost *host = command_index_host(sup, view, m);
    if (host)
        modhost_want(host, module, false);
    for (size_t i = 0; i < module->ncommands; i++) {
        char qualified[MAX_NAME];
        snprintf(qualified, sizeof qualified, "%s.%s", module->name, module->commands[i].name);
        remove_name(index, module->commands[i].name, module);
        remove_name(index, qualified, module);
    }
    for (int type = 1; type < EVENT_TYPE_END; type++)
        remove_subscriber(&index->subscribers[type], module);
}

void command_index_change(struct command_index *index, struct supervisor *sup,
                          const struct registry_view *view, const struct module_view *old,
                          const struct module_view *now)
{
    if (old)
        give_up(index, sup, view, old);
    if (now)
        take_up(index, sup, view, now);
}

/* ---- Interface --------------------------------------------------------------------------------
 */

struct command_index *command_index_new(struct supervisor *sup, const struct registry_view *view)
{
    struct command_index *index = xcalloc(1, sizeof *index);
    add_core(index, view->default_prefix);
    supervisor_want_begin(sup, view->network);
    for (size_t i = 0; i < view->count; i++)
        take_up(index, sup, view, view->modules[i]);
    supervisor_want_end(sup, view->network);
    return index;
}

void command_index_free(struct command_index *index)
{
    struct entry *entry;
    struct entry *next;
    if (!index)
        return;
    HASH_ITER(hh, index->entries, entry, next)
    {
        HASH_DEL(index->entries, entry);
        while (entry->first) {
            struct command_target *target = entry->first;
            entry->first = (struct command_target *)target->next;
            free(target);
        }
        free(entry);
    }
    for (int type = 0; type < EVENT_TYPE_END; type++)
        free(index->subscribers[type].items);
    free(index);
}

const struct command_target *command_index_find(const struct command_index *index, const char *name)
{
    struct entry *entry = NULL;
    HASH_FIND_STR(index->entries, name, entry);
    return entry ? entry->first : NULL;
}

const struct command_target *command_index_called(const struct command_target *from, char prefix)
{
    while (from && prefix && from->prefix != prefix)
        from = from->next;
    return from;
}

const struct subscriber *command_index_subscribers(const struct command_index *index, int type,
                                                   size_t *count)
{
    *count = index->subscribers[type].count;
    return index->subscribers[type].items;
}
