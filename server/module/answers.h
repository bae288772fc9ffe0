#ifndef SERVER_MODULE_ANSWERS_H
#define SERVER_MODULE_ANSWERS_H

#include "base/buf.h"
#include "modules/ipc/codec.h"
#include "net/state/state.h"
#include "server/module/session.h"

/* What modules are answered from memory, at once. */
struct module_answer {
    int32_t status;
    int64_t number;
    struct buf text; /* ends with NUL, unless it is empty; the caller frees it */
};

/* IPC_GET to IPC_KEYS, of what is kept for this module on this network. */
void module_answer_session(struct module_sessions *s, const char *network, const char *module,
                           const struct ipc_ask *ask, struct module_answer *answer);
/* IPC_MEMBER_MODES, IPC_MEMBERS and IPC_TOPIC. */
void module_answer_channel(const struct irc_state *state, const struct ipc_ask *ask,
                           struct module_answer *answer);

#endif
