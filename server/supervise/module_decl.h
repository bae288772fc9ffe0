#ifndef SERVER_SUPERVISE_MODULE_DECL_H
#define SERVER_SUPERVISE_MODULE_DECL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct module_command {
    const char *name;  /* as declared; at most 32 bytes */
    const char *usage; /* "" when none */
    const char *help;  /* "" when none */
};

/* No module may have this name: "core.help" is the server's own command. */
#define MODULE_NAME_CORE "core"

/*
 * What a module says of itself, and where it came from. One for each name that is known: it stays
 * at its address until supervisor_free, so a pointer to it is a handle. `name` and `id` stay as
 * they are while the module is present, has an error, or is wanted by a module host; one of which
 * nothing of that is true may stand for another name whenever the loop has run, so who is told by
 * on_modules that it is gone must find it again. Everything else may change right before on_modules
 * or on_module_error is called, and only then.
 */
struct module_decl {
    const char *name;        /* the file's name without .so */
    uint32_t id;             /* 1, 2, 3, ... as names are met, and again when one is forgotten */
    bool present;            /* there is a version that can be loaded */
    bool from_user_dir;      /* of the version that counts */
    const char *version;     /* "" when none */
    const char *description; /* "" when none */
    const char *path;        /* the file; of the newest attempt, good or bad */
    const struct module_command *commands;
    size_t ncommands;
    const char *const *capabilities; /* "karma.admin": nobody has them by default */
    size_t ncapabilities;
    uint32_t events;   /* EVENT_BIT of each event type it asked for; without COMMAND */
    uint32_t life;     /* the same of IPC_EVENTS_OF_LIFE (modules/ipc/codec.h) */
    uint32_t serial;   /* rises with each version of any module; 0: never loaded */
    int64_t loaded_ms; /* clock_wall; when this version was found good */
    const char *error; /* why the newest file was refused; NULL: it was not */
};

#endif
