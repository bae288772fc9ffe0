#ifndef SERVER_ADMIN_CAPABILITY_ASK_H
#define SERVER_ADMIN_CAPABILITY_ASK_H

#include <jansson.h>

#include "server/network.h"

struct account;

/*
 * Whether an account has a capability, or may call a command, and why: for whoever asks, on IRC and
 * with seshetctl.
 */
struct capability_question {
    const char *capability; /* one of these two is "" */
    const char *command;    /* MODULE.COMMAND; the words of a core command with '-' between them */
    const char *channel;    /* where; "" in private */
};

/* account NULL: somebody unknown. Adds to the result: allowed, step, sentence, asked, item (or
 * null); of a command that needs a capability itself needs; steps; and maybe notes. 0, or -1 and
 * *error (allocated). */
int capability_ask(struct network *n, const struct account *account,
                   const struct capability_question *question, json_t *result, char **error);

#endif
