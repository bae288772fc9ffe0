#include "server/supervise/entries.h"

#include <stdlib.h>
#include <string.h>

#include "base/xmalloc.h"
#include "server/supervise/catalogue.h"
#include "server/supervise/probe.h"

struct catalogue_entry *entries_find(const struct entries *entries, const char *name, size_t len)
{
    struct catalogue_entry *e;
    HASH_FIND(hh, entries->by_name, name, len, e);
    return e;
}

/* Whether its file is gone, that was told, and nobody holds it. */
static bool is_spare(const struct catalogue_entry *e)
{
    return !e->holds && !e->version && !e->fresh && !e->removed && !e->error && !e->probe &&
           !e->waits && !e->marked;
}

/* An entry for a new name: that of one which is forgotten for it, when there are too many. */
static struct catalogue_entry *make_room(struct entries *entries)
{
    if (entries->count < ENTRIES_MAX) {
        struct catalogue_entry *e = xcalloc(1, sizeof *e);
        entries->by_id[entries->count++] = e;
        e->decl.id = (uint32_t)entries->count;
        return e;
    }
    for (size_t i = 0; i < entries->count; i++) {
        struct catalogue_entry *e = entries->by_id[i];
        if (!is_spare(e))
            continue;
        uint32_t id = e->decl.id;
        HASH_DEL(entries->by_name, e);
        free((char *)e->decl.name);
        free(e->path);
        *e = (struct catalogue_entry){.decl.id = id};
        return e;
    }
    return NULL;
}

struct catalogue_entry *entries_get(struct entries *entries, const char *name)
{
    size_t len = strlen(name);
    struct catalogue_entry *e = entries_find(entries, name, len);
    if (e || !(e = make_room(entries)))
        return e;
    e->decl.name = xstrdup(name);
    e->decl.version = e->decl.description = e->decl.path = "";
    HASH_ADD_KEYPTR(hh, entries->by_name, e->decl.name, len, e);
    return e;
}

static void entry_free(struct catalogue_entry *e)
{
    probe_free(e->probe);
    module_version_unref(e->version);
    module_version_unref(e->fresh);
    free(e->copy);
    free(e->path);
    free(e->error);
    free((char *)e->decl.name);
    free(e);
}

const char *entries_name_problem(const char *name)
{
    size_t len = strlen(name);
    if (!len || len > IPC_NAME_MAX || strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-") != len)
        return "a module's file name has 1 to 32 characters a-z, 0-9, _ and -, then .so: rename it";
    if (!strcmp(name, MODULE_NAME_CORE))
        return "\"" MODULE_NAME_CORE "\" is the name of the server's own commands: give the module "
               "and its file another";
    return NULL;
}

void entries_free(struct entries *entries)
{
    HASH_CLEAR(hh, entries->by_name);
    for (size_t i = 0; i < entries->count; i++)
        entry_free(entries->by_id[i]);
}

/* ---- From a handle to its entry ---------------------------------------------------------------
 */

static struct catalogue_entry *entry(const struct module_decl *decl)
{
    return (struct catalogue_entry *)(void *)decl;
}

void catalogue_hold(const struct module_decl *decl)
{
    entry(decl)->holds++;
}

void catalogue_release(const struct module_decl *decl)
{
    entry(decl)->holds--;
}

struct module_version *catalogue_version(const struct module_decl *decl)
{
    return entry(decl)->version;
}
