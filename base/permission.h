#ifndef BASE_PERMISSION_H
#define BASE_PERMISSION_H

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

#endif
