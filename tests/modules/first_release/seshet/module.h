/* The header of the first release, as modules were built with it. It is never changed: the tests
 * hold that what was built with it goes on running. */
#ifndef SESHET_MODULE_H
#define SESHET_MODULE_H

/*
 * seshet module API, ABI 1.
 *
 * A module is a shared object with one descriptor, written with SESHET_MODULE(...). It runs in a
 * process of its own network (seshet-modhost), never in the server: it may block, and it may crash;
 * that costs the event it was in. Handlers of one module host run one after another, so plain
 * static variables need no locks; they are gone when the module is reloaded, when its host crashes,
 * and when the host ends because it had no event for an hour (modules.idle). What must stay goes to
 * storage.
 *
 * Text is bytes, normally UTF-8, ends with NUL and holds no CR or LF. A string that a function or
 * an event gives you is valid until your handler returns; what you pass is copied. No pointer is
 * ever NULL unless its comment says so. Functions return 0 or more for success, and a negative
 * SESHET_E... number (seshet_strerror explains it) for failure.
 */

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SESHET_ABI 1

typedef struct seshet_ctx seshet_ctx; /* whom a call is for; valid until the handler returns */

/* Event types; numbers are never reused. Which of its events a module sees is said by the registry.
 * An invitation of the bot is to a channel where it is not, nor anybody it knows of: only modules
 * with that channel in their list echannels see it. */
typedef enum seshet_event_type {
    SESHET_MESSAGE = 1, /* a channel or private message that calls no command of this module */
    SESHET_ACTION = 2,  /* CTCP ACTION ("/me") */
    SESHET_NOTICE = 3,  /* a notice; a reply to it is refused (RFC 1459 4.4.2) */
    SESHET_JOIN = 4,
    SESHET_PART = 5,
    SESHET_QUIT = 6,
    SESHET_KICK = 7,          /* target: who was kicked */
    SESHET_NICK = 8,          /* target: the new nick */
    SESHET_MODE = 9,          /* target: the modes ("+o-v"); text: their arguments */
    SESHET_TOPIC = 10,        /* text: the new topic */
    SESHET_INVITE = 11,       /* target: who was invited */
    SESHET_CTCP = 12,         /* command: the CTCP command; args: what follows it */
    SESHET_ACCOUNT = 13,      /* logged in or out of services; account */
    SESHET_CONNECTED = 14,    /* the bot is on the network */
    SESHET_DISCONNECTED = 15, /* the bot lost the network; text: why */
    SESHET_RAW = 16,          /* needs the permission "raw" */
    SESHET_COMMAND = 17       /* one of this module's commands was called */
} seshet_event_type;

typedef struct seshet_event {
    size_t size;     /* of this struct: fields are only ever added at its end */
    uint64_t number; /* rises by one for each event of a module host */
    seshet_event_type type;
    int is_private;      /* sent to the bot itself, not to a channel */
    int from_me;         /* done by the bot itself */
    const char *nick;    /* who did it */
    const char *user;    /* "" when unknown */
    const char *host;    /* "" when unknown */
    const char *account; /* services account, or NULL when none is known */
    const char *channel; /* as the network writes it; "" when none */
    const char *target;  /* see the types above; "" otherwise */
    const char *text;    /* the whole text: message, reason, topic; or "" */
    const char *command; /* the command's name as the module declared it; "" when none */
    const char *args;    /* what follows the command, without spaces around it; "" when nothing */
    int64_t time_ms;     /* when it happened, milliseconds since 1970 */
} seshet_event;

typedef void (*seshet_handler)(seshet_ctx *ctx, const seshet_event *ev);

typedef struct seshet_command {
    const char *name; /* one word, at most 32 bytes, no dot; compared without ASCII case */
    seshet_handler handler;
    const char *usage; /* the arguments: "[SIDES]"; at most 400 bytes; NULL: none */
    const char *help;  /* one sentence, at most 400 bytes; NULL: none */
    void *reserved[4];
} seshet_command;

typedef struct seshet_subscription {
    seshet_event_type type; /* any but SESHET_COMMAND */
    seshet_handler handler;
} seshet_subscription;

typedef struct seshet_module {
    size_t size;
    uint32_t abi;
    uint32_t flags;                 /* 0 */
    const char *name;               /* the file's name without .so: a-z 0-9 _ -, at most 32 bytes */
    const char *version;            /* at most 64 bytes; NULL: none */
    const char *description;        /* one sentence, at most 400 bytes; !list and !help show it */
    const seshet_command *commands; /* SESHET_COMMANDS(...), at most 64, or NULL */
    const seshet_subscription *events; /* SESHET_EVENTS(...), or NULL */
    /* Called once in each module host, before the first event; anything but 0 refuses the module
     * (say why with seshet_log). May not talk to the network. NULL: nothing to do. */
    int (*load)(seshet_ctx *ctx);
    /* Called before the host ends in peace; storage works, talking does not; destructors and
     * atexit functions do not run. NULL: nothing to do. */
    void (*unload)(seshet_ctx *ctx);
    /* SESHET_CAPABILITIES("karma.admin", ...): capabilities of the module's own that nobody has by
     * default, whatever the default sets and default_allow say; at most 32, or NULL. Each is
     * "MODULE.word": the module's name, a dot, and 1 to 64 of a-z 0-9 _ -. One that is named as a
     * command of the module closes that command to everybody without it. */
    const char *const *capabilities;

    /* ---- The module's life on a network; each may be NULL ----
     * They are called as handlers are, one after another with the events, with the deadline of an
     * event, and may talk. Nobody caused them: nobody is there to reply to, and the source has
     * neither account nor capabilities. A module with `enabled` or `installed` is started when it
     * is switched on; others are started by their first event. One that is quarantined is not
     * called. */

    /* For the first time ever on this network, right before `enabled`. The registry remembers it,
     * before the call, for all servers: it is never called twice, not even when it crashes. When
     * Redis is away it is called later, the next time that the module is switched on. */
    void (*installed)(seshet_ctx *ctx);
    /* It was switched on for this network: somebody enabled it, its file or its registration came,
     * or the server has started and begins with this network, where the bot need not be yet. After
     * load and before its first event. Not called when the module is reloaded, restarted after a
     * crash, or ended because it was idle: load alone is. */
    void (*enabled)(seshet_ctx *ctx);
    /* Somebody switched it off for this network; after its last event and before unload. Not
     * called when the server ends or gives the network up. */
    void (*disabled)(seshet_ctx *ctx);
    /* Its file or its registration went away; otherwise like disabled, which is not called as well.
     * Without its file it is only called in a module host that runs just then. */
    void (*removed)(seshet_ctx *ctx);
    /* A value of its configuration, or another field of its definition on this network, is another
     * one; seshet_config and seshet_field already give the new one. Several edits may be one call.
     * Not called in a module host that does not run: load reads what is there then. */
    void (*config_changed)(seshet_ctx *ctx);
} seshet_module;

/* C++ takes no 0 for an enum; C11 no empty braces. GCC and Clang keep such an array, outside of
 * functions, as long as the program lives, in both. */
/* clang-format off */
#ifdef __cplusplus
#define SESHET_LIST_END {}
#else
#define SESHET_LIST_END {0}
#endif
/* clang-format on */
#define SESHET_COMMANDS(...)     ((const seshet_command[]){__VA_ARGS__, SESHET_LIST_END})
#define SESHET_EVENTS(...)       ((const seshet_subscription[]){__VA_ARGS__, SESHET_LIST_END})
#define SESHET_CAPABILITIES(...) ((const char *const[]){__VA_ARGS__, NULL})

/* The ABI stands in an ELF note as well, so that it is checked before any code of the file runs. */
struct seshet_note {
    uint32_t name_size, data_size, type;
    char name[8];
    uint32_t abi;
};
#define SESHET_NOTE_TYPE 0x5e5e
#define SESHET_EXPORT    __attribute__((visibility("default"), used))
#ifdef __cplusplus
#define SESHET_C_NAME extern "C" /* a const of C++ would be invisible outside its file */
#else
#define SESHET_C_NAME
#endif

/* What is left out is 0, on purpose: -Wextra need not say so in each module. */
/* clang-format off */
#define SESHET_MODULE(...)                                                                         \
    _Pragma("GCC diagnostic push")                                                                 \
    _Pragma("GCC diagnostic ignored \"-Wmissing-field-initializers\"")                             \
    __attribute__((section(".note.seshet"), used, aligned(4)))                                     \
    static const struct seshet_note seshet_note = {                                                \
        sizeof "seshet", sizeof(uint32_t), SESHET_NOTE_TYPE, "seshet", SESHET_ABI};                \
    SESHET_C_NAME SESHET_EXPORT const seshet_module seshet_module_descriptor = {                   \
        .size = sizeof(seshet_module), .abi = SESHET_ABI, __VA_ARGS__};                            \
    _Pragma("GCC diagnostic pop")
/* clang-format on */

/* ---- Errors -------------------------------------------------------------------------------- */

#define SESHET_EINVAL    (-1) /* an argument is not allowed */
#define SESHET_ENOTFOUND (-2) /* no such key, channel or member */
#define SESHET_ESIZE     (-3) /* too long, the buffer is too small, or there is no room for more */
#define SESHET_ESTORAGE  (-4) /* Redis is away or refused; nothing was written */
#define SESHET_EREFUSED  (-5) /* not allowed here: no permission, or no reply to a notice */
#define SESHET_ESERVER   (-6) /* the server went away */

const char *seshet_strerror(int error);

/* ---- Saying ---------------------------------------------------------------------------------
 * The text is cleaned of CR and LF, split at words and UTF-8 characters under the network's real
 * limit, and waits in the network's paced queue. At most 16 KiB a call, and at most 64 calls and 64
 * KiB an event; the excess is cut and counted in the server's log.
 * What is answered to who caused the event (seshet_reply to seshet_action below) may be long: four
 * lines are said at once, and with the last of them how many more there are. The rest waits for
 * that person in that place, ten minutes at most, until he says `more`, there or in private. The
 * answers of one event to one place count together, but of each that begins at least a line is
 * said; what follows one whose rest waits waits behind it. A later event's rest takes its place.
 * Where nobody is there to say `more`, and of seshet_say and seshet_notice, a text is cut after
 * twelve lines.
 * They return 0, SESHET_EINVAL (empty text, no target), SESHET_ESIZE, SESHET_EREFUSED (a reply to a
 * notice; in load and unload) or SESHET_ESERVER. */

#define SESHET_PRINTF(fmt, first) __attribute__((format(printf, fmt, first)))

/* To where the event came from: in a channel as "nick: text", in private as it stands. What was
 * said to some members of a channel only ("@#chan") is answered to those. */
int seshet_reply(seshet_ctx *ctx, const char *format, ...) SESHET_PRINTF(2, 3);
int seshet_vreply(seshet_ctx *ctx, const char *format, va_list args) SESHET_PRINTF(2, 0);
/* The same without "nick: ". */
int seshet_answer(seshet_ctx *ctx, const char *format, ...) SESHET_PRINTF(2, 3);
/* To the event's nick alone. */
int seshet_reply_private(seshet_ctx *ctx, const char *format, ...) SESHET_PRINTF(2, 3);
/* "/me text" to where the event came from. */
int seshet_action(seshet_ctx *ctx, const char *format, ...) SESHET_PRINTF(2, 3);
/* To any channel the bot is in, or any nick. */
int seshet_say(seshet_ctx *ctx, const char *target, const char *format, ...) SESHET_PRINTF(3, 4);
int seshet_notice(seshet_ctx *ctx, const char *target, const char *format, ...) SESHET_PRINTF(3, 4);

/* To the server's log, with network and module. level: 0 debug, 1 info, 2 warning, 3 error. */
void seshet_log(seshet_ctx *ctx, int level, const char *format, ...) SESHET_PRINTF(3, 4);

/* ---- Asking --------------------------------------------------------------------------------- */

const char *seshet_network(seshet_ctx *ctx);  /* the network's key: the name of its file */
const char *seshet_own_nick(seshet_ctx *ctx); /* the bot's nick there, now */
const char *seshet_module_name(seshet_ctx *ctx);
/* Compares two nicks or channels as the network does (RPL_ISUPPORT CASEMAPPING): 0 when equal. */
int seshet_casecmp(seshet_ctx *ctx, const char *a, const char *b);
/* Folds to lower case as the network does, for use as a storage key. Returns the length, or
 * SESHET_ESIZE when dst is too small. */
int seshet_fold(seshet_ctx *ctx, char *dst, size_t size, const char *text);

/* The letters of the modes that a member has in a channel, highest first ("ov"; see RPL_ISUPPORT
 * PREFIX), into modes. Returns how many there are; SESHET_ENOTFOUND: the bot is not in the channel,
 * or nobody of that nick is; SESHET_ESIZE. */
int seshet_member_modes(seshet_ctx *ctx, const char *channel, const char *nick, char *modes,
                        size_t size);

typedef struct seshet_member {
    size_t size; /* of this struct: fields are only ever added at its end */
    const char *nick;
    const char *user;    /* "" when unknown */
    const char *host;    /* "" when unknown */
    const char *account; /* services account, or NULL when none is known */
    const char *modes;   /* as above */
} seshet_member;
/* Returns 0 to go on; anything else ends the listing. */
typedef int (*seshet_member_fn)(seshet_ctx *ctx, const seshet_member *member, void *arg);
/* Calls each for every member of a channel the bot is in, itself included, in no particular order.
 * Members who come or go meanwhile may be left out. Returns how many there were, SESHET_ENOTFOUND,
 * or what `each` ended it with. */
int seshet_members(seshet_ctx *ctx, const char *channel, seshet_member_fn each, void *arg);
/* The topic of a channel the bot is in. Returns its length; SESHET_ENOTFOUND or SESHET_ESIZE. */
int seshet_topic(seshet_ctx *ctx, const char *channel, char *topic, size_t size);
/* A field of this module's definition on this network, as it would stand in the registry
 * ("rate_user", "cmd_prefix"; of the latter, the network's where the module has none). Returns its
 * length; SESHET_ENOTFOUND: there is no such field. */
int seshet_field(seshet_ctx *ctx, const char *name, char *value, size_t size);
/* What somebody has configured for this module: the field config.KEY of its definition, the
 * network's own before that for all networks. key: 1 to 32 of a-z 0-9 . _ -; the value is one line
 * of at most 2,048 bytes, and nobody has checked what it says. Returns its length;
 * SESHET_ENOTFOUND: it is not set; SESHET_EINVAL: that is no key; SESHET_ESIZE: the buffer is too
 * small. Each call asks the server: what every event needs is best read in load and config_changed.
 */
int seshet_config(seshet_ctx *ctx, const char *key, char *value, size_t size);

/* ---- Who caused it ---------------------------------------------------------------------------
 * They speak of the source of the event that is handled; in a timer's call, of the event in which
 * it was set. Who that is was settled when the server took the event: to leave, to take another
 * nick or to log out after that changes nothing, and neither does who has the nick now. What the
 * account may do is asked when the event is taken; for capabilities that the module does not
 * declare, and in a timer's call, when seshet_has_capability is called: what was taken away from
 * the account before that does not count any more. Only this network is asked. Where
 * nobody caused the call (load, unload, enabled, ...) both return SESHET_ENOTFOUND. */

/* Whether the source has the capability: 1 or 0. "x" is that of all channels, "#chan.x" (or
 * "#a.b,x") that of one; neither says anything of the other, but owners have both, and who has
 * "#chan.op" has all of that channel. "-x" asks for the anticapability. SESHET_EINVAL: that is no
 * capability, or it names a network; SESHET_ESIZE: over 256 bytes. Those that the module declares
 * cost nothing; for others the server is asked. */
int seshet_has_capability(seshet_ctx *ctx, const char *capability);
/* The bot's own account of the source (not that of the network's services: see
 * seshet_event.account), in ASCII lower case, into name. Returns its length; SESHET_ENOTFOUND: the
 * source is unknown; SESHET_ESIZE: the buffer is too small (SESHET_ACCOUNT_SIZE is enough). Costs
 * nothing. */
int seshet_account(seshet_ctx *ctx, char *name, size_t size);
#define SESHET_ACCOUNT_SIZE 65

/* ---- Storage --------------------------------------------------------------------------------
 * Key-value pairs. A call waits for the server's answer: 0 or more means that it is kept. Keys: 1
 * to 256 bytes; values: at most 64 KiB; any bytes but NUL. What is HERE and SHARED is in Redis,
 * 64 MB of each unless the administrator says otherwise; what would be more is SESHET_ESTORAGE.
 * SESSION is in the server's memory: it survives reloads, crashes and the end of idle hosts, and is
 * gone when the server ends, or when the module's file or registration has been away for long
 * (modules.idle, an hour); at most 1 MiB of it for a module on a network.
 * All return SESHET_EINVAL for a wrong scope or an empty key, SESHET_ESIZE for a key or value that
 * is too long, SESHET_ESTORAGE when Redis is away or refuses (never for SESSION), or
 * SESHET_ESERVER. */

typedef enum seshet_scope {
    SESHET_HERE = 0,   /* this module on this network */
    SESHET_SHARED = 1, /* this module on all networks */
    SESHET_SESSION = 2 /* this module on this network, in memory */
} seshet_scope;

/* Returns the value's length and writes it, with a NUL, into value; SESHET_ENOTFOUND, or
 * SESHET_ESIZE: the buffer is too small, and nothing was written. */
int seshet_get(seshet_ctx *ctx, seshet_scope scope, const char *key, char *value, size_t size);
/* SESHET_ESIZE also when the session is full; nothing was changed. */
int seshet_set(seshet_ctx *ctx, seshet_scope scope, const char *key, const char *value);
/* 1 when it was there, 0 when not. */
int seshet_delete(seshet_ctx *ctx, seshet_scope scope, const char *key);
/* Adds to a number (missing counts as 0), atomically over all servers; result may be NULL.
 * SESHET_EINVAL: what stands there is no number, or the sum is none of 64 bits; SESHET_ESIZE: the
 * session is full. Nothing was changed then. */
int seshet_increment(seshet_ctx *ctx, seshet_scope scope, const char *key, int64_t by,
                     int64_t *result);

/* Returns 0 to go on; anything else ends the listing. */
typedef int (*seshet_key_fn)(seshet_ctx *ctx, const char *key, void *arg);
/* Calls each for every key that begins with prefix ("" for all), in no particular order; it may use
 * the storage. A key that is written meanwhile may be given twice or not at all. Returns how many
 * were given, what `each` ended it with, or SESHET_ESTORAGE. */
int seshet_keys(seshet_ctx *ctx, seshet_scope scope, const char *prefix, seshet_key_fn each,
                void *arg);

/* ---- Time -----------------------------------------------------------------------------------
 * A timer calls back in the module host that set it, as an event of its own, with the same
 * deadline; it is gone when the module is reloaded, unloaded, or its host crashes: set it in load
 * again (a host that had some is started after a crash without waiting for an event). The context
 * of a call is that of the event in which the timer was set: seshet_reply answers to there. At most
 * 1,000 timers in a module host. */

typedef void (*seshet_timer_fn)(seshet_ctx *ctx, void *arg);
/* Once, in ms (1 to 2^31-1) milliseconds. Returns the timer's number, above 0, or SESHET_EINVAL or
 * SESHET_ESIZE (too many). arg is the caller's, who also frees it. */
int64_t seshet_later(seshet_ctx *ctx, int64_t ms, seshet_timer_fn call, void *arg);
/* Again and again; at the earliest every 100 ms. */
int64_t seshet_every(seshet_ctx *ctx, int64_t ms, seshet_timer_fn call, void *arg);
/* 1 when it was there, 0 when not (any more). */
int seshet_cancel(seshet_ctx *ctx, int64_t timer);
/* Milliseconds since 1970, by the clock that timers follow: tests can move it. */
int64_t seshet_now(seshet_ctx *ctx);

/* ---- Acting on the network ------------------------------------------------------------------
 * These need the permission "raw" in the registry; SESHET_EREFUSED without it. Lines wait in the
 * network's paced queue; whether the network does what they say is not waited for. */

/* One line, at most 510 bytes, without CR and LF. What ends or changes the connection itself (QUIT,
 * PASS, USER, CAP, AUTHENTICATE, SQUIT) is thrown away by the server, and logged. */
int seshet_raw(seshet_ctx *ctx, const char *format, ...) SESHET_PRINTF(2, 3);
/* modes: "+o", "-v+o"; args: their arguments, separated by spaces, or "". */
int seshet_set_mode(seshet_ctx *ctx, const char *channel, const char *modes, const char *args);
int seshet_set_topic(seshet_ctx *ctx, const char *channel, const char *topic);
int seshet_kick(seshet_ctx *ctx, const char *channel, const char *nick, const char *reason);

/* ---- Formatting -----------------------------------------------------------------------------
 * https://modern.ircdocs.horse/formatting: each of the first six switches on, and off again. */

#define SESHET_BOLD      "\x02"
#define SESHET_ITALIC    "\x1d"
#define SESHET_UNDERLINE "\x1f"
#define SESHET_MONOSPACE "\x11"
#define SESHET_STRIKE    "\x1e"
#define SESHET_REVERSE   "\x16" /* colors change places */
#define SESHET_PLAIN     "\x0f" /* ends all of them */
/* SESHET_COLOR("04") "red" SESHET_PLAIN: two digits, 00 white 01 black 02 blue 03 green 04 red
 * 05 brown 06 magenta 07 orange 08 yellow 09 light green 10 cyan 11 light cyan 12 light blue
 * 13 pink 14 grey 15 light grey */
#define SESHET_COLOR(digits) "\x03" digits

/* The text without formatting, into dst (which may be text itself). Returns the length, or
 * SESHET_ESIZE. */
int seshet_strip(char *dst, size_t size, const char *text);

#ifdef __cplusplus
}
#endif

#endif
