#ifndef SERVER_ADMIN_ADMIN_H
#define SERVER_ADMIN_ADMIN_H

#include "registry/edit.h"
#include "server/control/control.h"
#include "server/server.h"
#include "server/spec/spec.h"

/*
 * What an administrator can ask of the running server: for each command of the table
 * (server/spec) the function that does it. The argument of the functions is the server.
 */
struct admin_handler {
    int (*run)(void *arg, json_t *args, json_t **result, char **error);
    void (*begin)(void *arg, json_t *args, struct control_request *request);
};

/* By enum command; each group fills in its own. */
void report_handlers(struct admin_handler *handlers);
void admin_module_handlers(struct admin_handler *handlers);
void admin_reload_handlers(struct admin_handler *handlers);
void admin_network_handlers(struct admin_handler *handlers);
void admin_registry_handlers(struct admin_handler *handlers);
void admin_export_handlers(struct admin_handler *handlers);
void admin_import_handlers(struct admin_handler *handlers);
void admin_user_handlers(struct admin_handler *handlers);
void admin_capability_handlers(struct admin_handler *handlers);
void admin_policy_handlers(struct admin_handler *handlers);
void admin_group_handlers(struct admin_handler *handlers);
void why_handlers(struct admin_handler *handlers);

/* The commands for control_open; the caller frees the array. */
struct control_command *admin_table_new(void);

/* ---- For the handlers ------------------------------------------------------------------------ */

/* The network that args name, or NULL and *error with the one that was probably meant. */
struct network *admin_network(const struct server *server, const json_t *args, char **error);
/* What to say of a module that is not registered; allocated. */
char *admin_no_module(const struct server *server, const char *name);
/* Adds {"notes": [text]} to the object; takes over the text. */
void admin_note(json_t *object, char *text);
/* Calls done once: when the next snapshot stands, or after half a second, or at the end. */
void admin_after_snapshot(struct server *server, void (*done)(void *arg), void *arg);
/* A snapshot stands, or the server ends: whoever waits is called. */
void admin_snapshot(struct server *server);
/* How a write failed, the first words of the answer: "not written". */
const char *admin_failure(enum registry_result result);
/*
 * Writes the edit (taken over) and answers with `result` (a new reference, taken over), to which
 * "changed", the number of writes that changed something, is added; or fails with what Redis said.
 * What was acknowledged is in force here (registry_edit_commit).
 */
void admin_commit(struct server *server, struct registry_edit *edit, json_t *result,
                  struct control_request *request);

#endif
