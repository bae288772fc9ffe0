#ifndef SERVER_SUPERVISE_CATALOGUE_H
#define SERVER_SUPERVISE_CATALOGUE_H

#include "server/supervise/supervisor.h"
#include "server/supervise/version.h"

/*
 * Which modules there are: the files NAME.so of the user's folder, then those of the system folder.
 * Both are watched; a file that is new or changed is probed once two listings agree about it (so it
 * is whole), and then there is a new version of the module. A file that cannot be loaded leaves the
 * last good version in service.
 */
struct catalogue;

struct catalogue_hooks {
    void (*changed)(void *arg);                                   /* as on_modules */
    void (*error)(void *arg, const char *name, const char *text); /* as on_module_error */
};

/* NULL and *error (free() it) when STATE/module-copies cannot be made. */
struct catalogue *catalogue_new(const struct supervisor_env *env,
                                const struct supervisor_config *config,
                                const struct catalogue_hooks *hooks, void *arg, char **error);
void catalogue_free(struct catalogue *c);
/* Looks at the folders again, and loads that module anew though its file looks as before; NULL:
 * only what changed. `done` is called once, when what was found is in service or refused; also at
 * the end. */
void catalogue_reload(struct catalogue *c, const char *name, void (*done)(void *arg), void *arg);
/* Starts no probe from now on, and ends those that run. */
void catalogue_stop(struct catalogue *c);

const struct module_decl *catalogue_find(const struct catalogue *c, const char *name);
const struct module_decl *catalogue_get(const struct catalogue *c, size_t i);
/* Between them the module keeps its name, also when it has no file. */
void catalogue_hold(const struct module_decl *decl);
void catalogue_release(const struct module_decl *decl);
/* The version in service; NULL when there is none. Borrowed: valid until the next `changed`. */
struct module_version *catalogue_version(const struct module_decl *decl);

#endif
