#ifndef SERVER_AUTH_ADDRESS_H
#define SERVER_AUTH_ADDRESS_H

/* From where somebody comes, as what he does there is counted: the host, in lower case; of an IPv6
 * address its /64, all of which one subscriber has. Longer ones are cut. Returns dst. */
#define AUTH_ADDRESS_SIZE 300
const char *auth_address(char dst[AUTH_ADDRESS_SIZE], const char *host);

#endif
