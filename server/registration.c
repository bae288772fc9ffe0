#include "server/registration.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "base/xmalloc.h"
#include "registry/register.h"
#include "server/route/facts.h"
#include "server/server.h"

struct registration {
    char *name;
    char *description;
    char *usage;
    UT_hash_handle hh; /* by name */
};

/* One that was not answered yet. */
struct begun {
    struct server *server;
    struct registration *what;
    registry_done_fn *done;
};

static void free_one(struct registration *r)
{
    free(r->name);
    free(r->description);
    free(r->usage);
    free(r);
}

static void on_done(void *arg, enum registry_result result, const char *text)
{
    struct begun *b = arg;
    struct registration *old = NULL;
    struct registration *r = b->what;
    if (result == REGISTRY_OK) {
        HASH_REPLACE(hh, b->server->registrations, name[0], strlen(r->name), r, old);
        r = old;
    }
    if (r)
        free_one(r);
    b->done(b->server, result, text);
    free(b);
}

/* "roll [SIDES]; flip" */
static void write_usage(char *dst, size_t size, const struct module_decl *module)
{
    size_t len = 0;
    *dst = '\0';
    for (size_t i = 0; i < module->ncommands && len < size; i++)
        len += (size_t)snprintf(dst + len, size - len, "%s%s%s%s", i ? "; " : "",
                                module->commands[i].name, *module->commands[i].usage ? " " : "",
                                module->commands[i].usage);
}

void registration_begin(struct server *server, const struct module_decl *module,
                        registry_done_fn *done)
{
    char usage[1024];
    const struct registration *old;
    write_usage(usage, sizeof usage, module);
    HASH_FIND_STR(server->registrations, module->name, old);
    struct registry_module entry = {.name = module->name,
                                    .description = module->description,
                                    .usage = usage,
                                    .old_description = old ? old->description : NULL,
                                    .old_usage = old ? old->usage : NULL,
                                    .event_types = facts_handles(module)};
    struct begun *b = xmalloc(sizeof *b);
    *b = (struct begun){server, xcalloc(1, sizeof *b->what), done};
    b->what->name = xstrdup(module->name);
    b->what->description = xstrdup(module->description);
    b->what->usage = xstrdup(usage);
    registry_register_module(server->registry, &entry, server->conf->modules.enable_new, on_done,
                             b);
}

void registrations_free(struct registration **all)
{
    struct registration *r;
    struct registration *next;
    HASH_ITER(hh, *all, r, next)
    {
        HASH_DEL(*all, r);
        free_one(r);
    }
}
