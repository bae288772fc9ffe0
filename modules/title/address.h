#ifndef SESHET_MODULES_TITLE_ADDRESS_H
#define SESHET_MODULES_TITLE_ADDRESS_H

#include <stdbool.h>
#include <sys/socket.h>

/* Whether an address is one of the public internet: not this machine, not a network behind it, not
 * a group of machines, and not one of these inside an IPv6 address (IANA's special-purpose address
 * registries, RFC 6890). */
bool address_is_public(const struct sockaddr *address);

/* Whether pages may be fetched from there. */
bool address_may_fetch(const struct sockaddr *address);

#endif
