#ifndef SERVER_SUPERVISE_TICKET_H
#define SERVER_SUPERVISE_TICKET_H

#include "server/supervise/supervisor.h"

struct generation;

/* A question on its way. It belongs to whoever answers it; the process may be gone by then. */
struct ask_ticket {
    struct generation *generation; /* NULL: gone */
    uint64_t question;
};

#endif
