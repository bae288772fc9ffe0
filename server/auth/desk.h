#ifndef SERVER_AUTH_DESK_H
#define SERVER_AUTH_DESK_H

#include "registry/flood.h"
#include "server/auth/auth.h"
#include "server/auth/delay.h"

/* What is counted over all networks. Only the files of this folder look into it. */
struct auth_desk {
    struct server *server;
    struct delays *delays;
    struct flood *registered; /* accounts that were made, by address and by network */
    unsigned logins;          /* under way */
    unsigned hashes;          /* of new passwords, under way */
};

#endif
