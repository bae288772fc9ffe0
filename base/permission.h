#ifndef BASE_PERMISSION_H
#define BASE_PERMISSION_H

#include <stdint.h>

/* What a module may do besides talking to the server: the field `permissions` of the registry, as
 * bits. Modules of different permissions never share a process. X(NAME, bit, "name") */
#define PERMISSION_LIST(X)                                                                         \
    X(NET, 1u, "net")     /* sockets of the Internet */                                            \
    X(FILES, 2u, "files") /* a folder of its own */                                                \
    X(RAW, 4u, "raw")     /* IRC lines as they are: SESHET_RAW, seshet_raw */                      \
    X(EXEC, 8u, "exec")   /* processes and programs */

enum permission {
#define X(name, bit, text) PERMISSION_##name = bit,
    PERMISSION_LIST(X)
#undef X
};
#define PERMISSIONS_ALL 15u

/* The bit of the name, in any case; 0: there is no such permission. */
uint32_t permission_find(const char *name);
#define PERMISSIONS_TEXT_SIZE 32
/* "net files", or "" for none. Returns dst. */
const char *permissions_write(char dst[PERMISSIONS_TEXT_SIZE], uint32_t bits);

#endif
