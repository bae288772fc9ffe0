#ifndef NET_PROTO_EVENT_TYPE_H
#define NET_PROTO_EVENT_TYPE_H

#include <stdint.h>

/*
 * What can happen on a network, as modules see it. The numbers are part of the module ABI
 * (seshet/module.h has the same ones; server/ asserts it) and are never reused.
 * X(NAME, number, "name as in the registry's event_types")
 */
#define EVENT_TYPE_LIST(X)                                                                         \
    X(MESSAGE, 1, "message")                                                                       \
    X(ACTION, 2, "action")                                                                         \
    X(NOTICE, 3, "notice")                                                                         \
    X(JOIN, 4, "join")                                                                             \
    X(PART, 5, "part")                                                                             \
    X(QUIT, 6, "quit")                                                                             \
    X(KICK, 7, "kick")                                                                             \
    X(NICK, 8, "nick")                                                                             \
    X(MODE, 9, "mode")                                                                             \
    X(TOPIC, 10, "topic")                                                                          \
    X(INVITE, 11, "invite")                                                                        \
    X(CTCP, 12, "ctcp")                                                                            \
    X(ACCOUNT, 13, "account")                                                                      \
    X(CONNECTED, 14, "connected")                                                                  \
    X(DISCONNECTED, 15, "disconnected")                                                            \
    X(RAW, 16, "raw")                                                                              \
    X(COMMAND, 17, "command")

enum event_type {
#define X(name, number, text) EVENT_##name = number,
    EVENT_TYPE_LIST(X)
#undef X
        EVENT_TYPE_END
};

#define EVENT_BIT(type) (UINT32_C(1) << (type))

/* NULL for a number that is none. */
const char *event_type_name(enum event_type type);
/* 0 and *type, or -1. */
int event_type_parse(const char *name, enum event_type *type);

#endif
