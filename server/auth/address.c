#include "server/auth/address.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "net/proto/casemap.h"

const char *auth_address(char dst[AUTH_ADDRESS_SIZE], const char *host)
{
    struct in6_addr address;
    char text[INET6_ADDRSTRLEN];
    if (strchr(host, ':') && inet_pton(AF_INET6, host, &address) == 1 &&
        !IN6_IS_ADDR_V4MAPPED(&address)) {
        memset(address.s6_addr + 8, 0, 8);
        inet_ntop(AF_INET6, &address, text, sizeof text);
        snprintf(dst, AUTH_ADDRESS_SIZE, "%s/64", text);
    } else {
        irc_fold_copy(CASEMAPPING_ASCII, dst, AUTH_ADDRESS_SIZE, host);
    }
    return dst;
}
