#ifndef SESHET_MODULES_TITLE_ADDRESS_H
#define SESHET_MODULES_TITLE_ADDRESS_H

#include <stdbool.h>
#include <sys/socket.h>

enum { ADDRESS_TEXT_SIZE = 64, ADDRESS_RANGES_MAX = 128 };

/* Which others pages may be fetched from, instead of those that were said before: addresses and
 * networks, separated by spaces or commas: "192.0.2.7 10.0.0.0/8, fd00::/8"; "" for none. 0; -1
 * when something in it is neither, or too much: then it is in `wrong`, cut, and the rest counts. */
int address_allow(const char *list, char wrong[ADDRESS_TEXT_SIZE]);

/* Whether pages may be fetched from there: it is public, or allowed. Public is no address of this
 * machine, of a network behind it, or of a group of machines, and none with one of these inside an
 * IPv6 address (IANA's special-purpose address registries, RFC 6890). */
bool address_may_fetch(const struct sockaddr *address);

#endif
