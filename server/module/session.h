#ifndef SERVER_MODULE_SESSION_H
#define SERVER_MODULE_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/*
 * What modules keep in the server's memory (SESHET_SESSION): it survives their reloads and crashes,
 * and is gone with the process. Keys and values, for each module on each network apart.
 */
struct module_sessions;

#define SESSION_MAX_BYTES (1024 * 1024) /* keys and values of one module on one network */

/* max_bytes: for each module on each network. */
struct module_sessions *module_sessions_new(size_t max_bytes);
void module_sessions_free(struct module_sessions *s); /* NULL is fine */

/* NULL when it is not there; valid until the next change. */
const char *module_session_get(const struct module_sessions *s, const char *network,
                               const char *module, const char *key);
/* value NULL: taken away. 1 when the key was there before, 0 when not; -1: no room, nothing
 * changed. */
int module_session_set(struct module_sessions *s, const char *network, const char *module,
                       const char *key, const char *value);
/* A page of the keys that begin with prefix, a line each, with %XX for control bytes and '%'. from:
 * 0 begins; returns where the next page does, 0 at the end. */
int64_t module_session_keys(const struct module_sessions *s, const char *network,
                            const char *module, const char *prefix, int64_t from, struct buf *out);
/* The network is gone. */
void module_sessions_forget(struct module_sessions *s, const char *network);
/* To be called from time to time. Modules that do not exist, and did not at the last sweep either,
 * lose what they have: one that is replaced or registered anew meanwhile keeps it. */
void module_sessions_sweep(struct module_sessions *s, bool (*exists)(void *arg, const char *module),
                           void *arg);

#endif
