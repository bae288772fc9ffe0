#ifndef SERVER_ADMIN_COMMANDS_H
#define SERVER_ADMIN_COMMANDS_H

#include "net/state/event.h"
#include "registry/decide.h"
#include "server/network.h"
#include "server/supervise/module_decl.h"

/*
 * Core commands: built in, always there, called like a module's ("core.help" when a module has the
 * same word). Their code is in server/core.
 */
#define CORE_MODULE MODULE_NAME_CORE

struct core_command;

struct command_call {
    struct network *network;
    const struct irc_event *event;
    const struct decide_facts *facts; /* what decisions about this source and place are made from */
    const struct core_command *command;
    const char *channel; /* the one meant, of commands that need "#op"; else NULL */
    const char *args;    /* behind the command's name; "" when none */
};

enum core_reach {
    CORE_GUARDED,   /* as any command */
    CORE_ALWAYS,    /* a default of deny does not close it: it leads to being known */
    CORE_IDENTIFIES /* nothing closes it: also for who is ignored because he is unknown */
};

struct core_command {
    const char *name;  /* one word or more: "hostmask add" */
    const char *usage; /* arguments, or "" */
    const char *help;  /* one sentence */
    /* What the source needs on the network: "" nothing but that the command is not closed to it;
     * "#op": op of the channel that is meant, which is the first argument or else where it is said;
     * else the capability's name. Of a command that is `scoped` on the network that a capability in
     * its arguments names, or on all: that the command itself looks at. */
    const char *capability;
    void (*run)(const struct command_call *call);
    enum core_reach reach;
    bool secret; /* its arguments hold a password: no module gets to see them */
    bool scoped;
};

/* Ends with a NULL name. Commands that begin with the same word stand together. */
extern const struct core_command core_commands[];

/* The command that the words name, or NULL. word: as below. */
const struct core_command *core_command_find(const char *word, const char *args);

/* Runs the command that the word and the words of call->args name; an answer tells what there is
 * when they name none. word: without prefix, ASCII lower case, may be "core.WORD". call->command is
 * not looked at. */
void core_command_run(const struct command_call *call, const char *word);

/* To where the command came from: "nick: text" in a channel. */
void command_reply(const struct command_call *call, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

#endif
