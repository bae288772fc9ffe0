#ifndef MODULES_HOST_CONTEXT_H
#define MODULES_HOST_CONTEXT_H

#include <seshet/module.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "modules/host/wire.h"
#include "modules/ipc/cell.h"
#include "net/proto/casemap.h"

/* What the functions of seshet/module.h work on. */

struct host_module {
    const seshet_module *descriptor;
    uint16_t index;
    uint16_t ncommands;
    seshet_handler on[SESHET_COMMAND]; /* by event type; NULL: not subscribed */
    unsigned quick;    /* handlers in a row that were over in a moment; stops at HOST_TRUST */
    bool told_missing; /* that it lacks a permission */
};

/* After so many quick handlers a module's acknowledgements may wait for those of the next event. */
#define HOST_TRUST 16

/* A module that is named and not yet open. */
struct host_file {
    char *name;
    char *path;
};

struct timer_call;

struct host {
    struct wire wire;
    struct ipc_cell *cell;
    char *network; /* key; NULL before HELLO */
    char *own_nick;
    enum casemapping casemapping;
    struct host_file *files; /* until START */
    uint16_t nfiles;
    struct host_module *modules;
    uint16_t nmodules;
    bool started;
    bool sandboxed;
    uint32_t permissions; /* PERMISSION_ bits */
    uint64_t memory;
    char *data; /* folder of the module; NULL: it has none */
    uint64_t data_most;
    struct timer_call *timers;
    int64_t running_timer; /* one that goes on after its call; 0: none */
    uint64_t questions;    /* asked so far */
    char *last_log;        /* outside of events: why a load failed */
};

struct seshet_ctx {
    struct host *host;
    const struct host_module *module;
    const seshet_event *event;    /* NULL in load and unload */
    const char *reply_to;         /* of the event; "" when nobody is there */
    const struct ipc_event *from; /* as the server sent it; NULL in load and unload */
};

#endif
