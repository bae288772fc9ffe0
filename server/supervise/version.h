#ifndef SERVER_SUPERVISE_VERSION_H
#define SERVER_SUPERVISE_VERSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "modules/ipc/codec.h"
#include "server/supervise/module_decl.h"

/*
 * One version of a module file: what it declares, and the private copy of it that module hosts
 * load. Counted references; the copy is deleted with the last one. Never changes.
 */
struct module_version {
    unsigned refs;
    uint32_t serial;
    char *copy; /* path */
    bool from_user_dir;
    char *version;
    char *description;
    struct module_command *commands; /* strings are the version's */
    size_t ncommands;
    char **capabilities;
    size_t ncapabilities;
    uint32_t events; /* also those of its life */
    int64_t loaded_ms;
};

/* Takes `copy`; one reference. */
struct module_version *module_version_new(const struct ipc_module *declared, char *copy,
                                          uint32_t serial);
/* NULL stays NULL. */
struct module_version *module_version_ref(struct module_version *v);
/* NULL is fine. */
void module_version_unref(struct module_version *v);
/* The index of the command of that name, compared without ASCII case; -1: none. */
int module_version_command(const struct module_version *v, const char *name);

#endif
