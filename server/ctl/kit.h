#ifndef SERVER_CTL_KIT_H
#define SERVER_CTL_KIT_H

#include <stdbool.h>
#include <sys/types.h>

#include "server/ctl/command.h"

/* For whoever writes modules: commands that ask no server. */

/* A path in the tree that this program lies in (PREFIX/bin): "PREFIX/tail". The caller frees it. */
char *kit_path(const char *tail);
/* Starts a program, found by PATH when it has no slash. -1: the complaint was printed. */
pid_t kit_start(char *const *argv);
/* Waits for it, and returns its wait status. What interrupts the terminal's programs ends it, and
 * not us. */
int kit_wait(pid_t pid);

enum ctl_exit kit_new(const struct session *session, json_t *args);
enum ctl_exit kit_build(const struct session *session, json_t *args);

#endif
