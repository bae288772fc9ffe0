#ifndef SERVER_COMMANDS_H
#define SERVER_COMMANDS_H

#include "net/state/event.h"
#include "registry/decide.h"
#include "server/network.h"
#include "server/supervise/module_decl.h"

/*
 * Core commands: built in, always there, called like a module's ("core.help" when a module has the
 * same word).
 */
#define CORE_MODULE MODULE_NAME_CORE

struct command_call {
    struct network *network;
    const struct irc_event *event;
    const struct decide_facts *facts; /* what decisions about this source and place are made from */
    const char *args;                 /* "" when none */
};

struct core_command {
    const char *name;
    const char *usage; /* arguments, or "" */
    const char *help;  /* one sentence */
    void (*run)(const struct command_call *call);
};

/* Ends with a NULL name. */
extern const struct core_command core_commands[];

/* To where the command came from: "nick: text" in a channel. */
void command_reply(const struct command_call *call, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#endif
