#include "server/supervise/version.h"

#include <stdlib.h>
#include <strings.h>
#include <unistd.h>

#include "base/xmalloc.h"

struct module_version *module_version_new(const struct ipc_module *declared, char *copy,
                                          uint32_t serial)
{
    struct module_version *v = xmalloc(sizeof *v);
    *v = (struct module_version){
        .refs = 1,
        .serial = serial,
        .copy = copy,
        .version = xstrdup(declared->version),
        .description = xstrdup(declared->description),
        .commands = xcalloc(declared->ncommands + 1U, sizeof *v->commands),
        .ncommands = declared->ncommands,
        .capabilities = xcalloc(declared->ncapabilities + 1U, sizeof *v->capabilities),
        .ncapabilities = declared->ncapabilities,
        .events = declared->events,
    };
    for (size_t i = 0; i < v->ncommands; i++)
        v->commands[i] = (struct module_command){
            .name = xstrdup(declared->commands[i].name),
            .usage = xstrdup(declared->commands[i].usage),
            .help = xstrdup(declared->commands[i].help),
        };
    for (size_t i = 0; i < v->ncapabilities; i++)
        v->capabilities[i] = xstrdup(declared->capabilities[i]);
    return v;
}

struct module_version *module_version_ref(struct module_version *v)
{
    if (v)
        v->refs++;
    return v;
}

void module_version_unref(struct module_version *v)
{
    if (!v || --v->refs)
        return;
    unlink(v->copy);
    for (size_t i = 0; i < v->ncommands; i++) {
        free((char *)v->commands[i].name);
        free((char *)v->commands[i].usage);
        free((char *)v->commands[i].help);
    }
    for (size_t i = 0; i < v->ncapabilities; i++)
        free(v->capabilities[i]);
    free(v->capabilities);
    free(v->commands);
    free(v->copy);
    free(v->version);
    free(v->description);
    free(v);
}

int module_version_command(const struct module_version *v, const char *name)
{
    for (size_t i = 0; i < v->ncommands; i++)
        if (!strcasecmp(v->commands[i].name, name))
            return (int)i;
    return -1;
}
