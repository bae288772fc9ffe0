#ifndef SERVER_RELOAD_H
#define SERVER_RELOAD_H

#include <stddef.h>

#include "server/server.h"

/*
 * Reads the configuration again: the networks whenever a file in their folder changes, everything
 * at SIGHUP. Files are read on a worker thread; what has errors changes nothing and is reported.
 * A changed, added or removed network file changes that network alone.
 */
struct reload;

struct reload *reload_new(struct server *server);
void reload_free(struct reload *r); /* NULL is fine */

/* Starts the networks of the first loading; takes over `networks`. */
void reload_first(struct reload *r, struct conf_networks *networks);
/* SIGHUP: the main file and the networks. `done` (NULL: nobody asks) is called once, when what
 * stands in the files now was read and taken over or refused; also at the end. */
void reload_all(struct reload *r, void (*done)(void *arg), void *arg);

/* What is wrong with the files that are not in force: sentences with file and line. For i from 0
 * while it is not NULL; valid until the loop goes on. */
const char *reload_error(const struct reload *r, size_t i);

#endif
