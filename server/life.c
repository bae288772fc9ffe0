#include "server/life.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "base/xmalloc.h"
#include "modules/ipc/codec.h"
#include "registry/dotted.h"
#include "server/supervise/supervisor.h"

/* A module that is on, and was told so. */
struct living {
    char name[REGISTRY_MAX_NAME + 1];
    struct module_fields fields; /* as they were when it was told of them last */
    unsigned round;              /* the last that found it on */
    UT_hash_handle hh;
};

struct life {
    struct living *modules;
    unsigned round;
};

static void copy_fields(struct module_fields *dst, const struct module_fields *src)
{
    module_fields_init(dst);
    for (int i = 0; i < FIELD_COUNT; i++)
        module_fields_copy_one(dst, src, (enum module_field)i);
    dotted_merge(dst, src);
}

/* What the server writes itself changes nothing for a module. */
static bool same_definition(const struct module_fields *a, const struct module_fields *b)
{
    struct module_fields copy;
    copy_fields(&copy, a);
    for (int i = 0; i < FIELD_COUNT; i++)
        if (module_field_rows[i].flags & FIELD_SERVER)
            module_fields_copy_one(&copy, b, (enum module_field)i);
    bool same = module_fields_equal(&copy, b);
    module_fields_clear(&copy);
    return same;
}

/* only_running: see modhost_send_life. */
static void tell(struct network *n, const struct living *m, uint8_t type, bool only_running)
{
    struct supervisor *sup = n->server->supervisor;
    const struct module_decl *decl = supervisor_find(sup, m->name);
    struct modhost_kind kind = {
        .group = m->fields.group, .permissions = m->fields.permissions, .module = m->name};
    struct modhost *host = decl ? supervisor_host(sup, n->key, &kind) : NULL;
    if (host)
        modhost_send_life(host, decl, type, only_running);
}

static void forget(struct life *life, struct living *m)
{
    HASH_DEL(life->modules, m);
    module_fields_clear(&m->fields);
    free(m);
}

static struct living *find(const struct life *life, const char *name)
{
    struct living *m = NULL;
    HASH_FIND_STR(life->modules, name, m);
    return m;
}

static void begin(struct network *n, const struct module_view *now)
{
    struct living *m = xcalloc(1, sizeof *m);
    str_copy(m->name, sizeof m->name, now->name);
    copy_fields(&m->fields, &now->fields);
    m->round = n->life->round;
    HASH_ADD_STR(n->life->modules, name, m);
    tell(n, m, IPC_EVENT_ENABLED, false);
}

/* Where the definition puts it now is where it is told. */
static void go_on(struct network *n, struct living *m, const struct module_view *now)
{
    m->round = n->life->round;
    if (same_definition(&m->fields, &now->fields))
        return;
    module_fields_clear(&m->fields);
    copy_fields(&m->fields, &now->fields);
    tell(n, m, IPC_EVENT_CONFIG, true);
}

static void end(struct network *n, struct living *m, const struct module_view *now)
{
    const struct module_decl *decl = supervisor_find(n->server->supervisor, m->name);
    bool has_file = decl && decl->present;
    if (now && has_file)
        tell(n, m, IPC_EVENT_DISABLED, false);
    else
        tell(n, m, IPC_EVENT_REMOVED, !has_file);
    forget(n->life, m);
}

static void follow(struct network *n, const struct module_view *now)
{
    const struct module_decl *decl = supervisor_find(n->server->supervisor, now->name);
    bool on = now->fields.enabled && decl && decl->present;
    struct living *m = find(n->life, now->name);
    if (m && on)
        go_on(n, m, now);
    else if (m)
        end(n, m, now);
    else if (on && decl->life)
        begin(n, now);
}

void life_change(struct network *n, const struct module_view *old, const struct module_view *now)
{
    struct living *m = now ? NULL : find(n->life, old->name);
    if (now)
        follow(n, now);
    else if (m)
        end(n, m, NULL);
}

void life_begin(struct network *n)
{
    if (!n->life)
        n->life = xcalloc(1, sizeof *n->life);
    n->life->round++;
    for (size_t i = 0; i < n->view->count; i++)
        follow(n, n->view->modules[i]);
    for (struct living *m = n->life->modules, *next; m; m = next) {
        next = m->hh.next;
        if (m->round != n->life->round)
            end(n, m, NULL);
    }
}

void life_files_gone(struct network *n)
{
    for (struct living *m = n->life ? n->life->modules : NULL, *next; m; m = next) {
        next = m->hh.next;
        const struct module_decl *decl = supervisor_find(n->server->supervisor, m->name);
        if (!decl || !decl->present)
            end(n, m, NULL);
    }
}

void life_free(struct life *life)
{
    if (!life)
        return;
    while (life->modules)
        forget(life, life->modules);
    free(life);
}
