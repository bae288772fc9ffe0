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

/*
 * What a module says of itself, and where it came from. One for each name that was ever seen: it
 * stays at its address, and `name` and `id` stay as they are, until supervisor_free; so a pointer
 * to it is a handle. Everything else may change right before on_modules or on_module_error is
 * called, and only then.
 */
struct module_decl {
    const char *name;        /* the file's name without .so */
    uint32_t id;             /* 1, 2, 3, ... as names are met */
    bool present;            /* there is a version that can be loaded */
    bool from_user_dir;      /* of the version that counts */
    const char *version;     /* "" when none */
    const char *description; /* "" when none */
    const char *path;        /* the file; of the newest attempt, good or bad */
    const struct module_command *commands;
    size_t ncommands;
    uint32_t events;   /* EVENT_BIT of each event type it asked for; without COMMAND */
    uint32_t serial;   /* rises with each version of any module; 0: never loaded */
    int64_t loaded_ms; /* clock_wall; when this version was found good */
    const char *error; /* why the newest file was refused; NULL: it was not */
    int64_t error_ms;  /* clock_wall */
};

#endif
