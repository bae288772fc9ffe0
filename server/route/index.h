#ifndef SERVER_ROUTE_INDEX_H
#define SERVER_ROUTE_INDEX_H

#include <stddef.h>
#include <stdint.h>

#include "registry/view.h"
#include "server/supervise/supervisor.h"

/*
 * Who on a network answers to a command word, and who wants which events: made from the registry's
 * view and the modules that exist, so that a message costs one look-up and not a walk over all
 * modules. Each command is found by its name and as "module.name".
 */
struct core_command;

struct command_target {
    const struct core_command *core; /* or NULL, and then the module's: */
    const struct module_view *view;
    const struct module_decl *module;
    struct modhost *host;
    int command;                       /* index into module->commands */
    char prefix;                       /* what stands before the word unless the bot is addressed */
    const struct command_target *next; /* another one of the same name */
};

struct subscriber {
    const struct module_view *view;
    const struct module_decl *module;
    struct modhost *host;
};

struct command_index;

/* Module hosts learn what they are wanted for, and those that no module needs end: an index made
 * before must not be used any more. */
struct command_index *command_index_new(struct supervisor *sup, const struct registry_view *view);
/* One module's view became another one (registry_view_follow), with the same modules in existence.
 * old, now: NULL for none. */
void command_index_change(struct command_index *index, struct supervisor *sup,
                          const struct registry_view *view, const struct module_view *old,
                          const struct module_view *now);
void command_index_free(struct command_index *index); /* NULL is fine */

/* name: ASCII lower case. NULL when nobody answers to it. */
const struct command_target *command_index_find(const struct command_index *index,
                                                const char *name);
/* from, or the first behind it that is called with that prefix ('\0': the bot is addressed, and any
 * fits). NULL: there is none. */
const struct command_target *command_index_called(const struct command_target *from, char prefix);
/* The host that the definition puts the module into; NULL: the network is not known. */
struct modhost *command_index_host(struct supervisor *sup, const struct registry_view *view,
                                   const struct module_view *m);
/* type: enum event_type. */
const struct subscriber *command_index_subscribers(const struct command_index *index, int type,
                                                   size_t *count);

#endif
