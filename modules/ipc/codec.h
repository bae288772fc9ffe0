#ifndef MODULES_IPC_CODEC_H
#define MODULES_IPC_CODEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/permission.h"
#include "modules/ipc/cell.h"
#include "modules/ipc/frame.h"

/*
 * The payload of each frame type, as a struct with a put and a get.
 *
 * ipc_put_X appends a whole frame to `out` and returns 0; -1 when it would be over the type's
 * limit, and then nothing was appended. ipc_get_X fills the struct from a frame of that type and
 * returns 0; -1 when the payload is malformed (too short, bytes left over, a value out of range).
 * Strings that get gives lie in the frame and live as long as its bytes. No string is NULL after
 * a get unless said; put takes NULL for "".
 */

/* Bounds of what a module declares and says; the host keeps them, get checks those of MODULE. */
#define IPC_NAME_MAX         32 /* bytes, of modules and commands */
#define IPC_VERSION_MAX      64
#define IPC_TEXT_MAX         16384 /* one SAY */
#define IPC_LINE_MAX         400   /* a description, usage, help */
#define IPC_COMMANDS_MAX     64
#define IPC_CAPABILITIES_MAX 32 /* one bit of an event for each */
#define IPC_CAPABILITY_MAX   97 /* MODULE.word */
#define IPC_KEY_MAX          256
#define IPC_VALUE_MAX        65536
#define IPC_LOG_MAX          2048
#define IPC_MODULES_MAX      256   /* in one host */
#define IPC_EVENT_SAYS_MAX   64    /* texts one event may say, */
#define IPC_EVENT_BYTES_MAX  65536 /* and bytes of them */

/* ---- From the server ------------------------------------------------------------------------ */

struct ipc_hello {
    uint32_t version;    /* FRAME_VERSION */
    const char *network; /* key */
    const char *group;
    bool sandboxed;       /* false: an administrator switched the sandbox off */
    uint32_t permissions; /* PERMISSION_ bits (base/permission.h) */
    uint64_t memory;      /* most bytes that modules may take */
    const char *data;     /* the module's own folder; "" without PERMISSION_FILES */
    uint64_t data_most;   /* most bytes in it */
};
int ipc_put_hello(struct buf *out, const struct ipc_hello *hello);
int ipc_get_hello(const struct frame *f, struct ipc_hello *hello);

struct ipc_network {
    const char *own_nick;
    const char *casemapping; /* casemapping_name() */
};
int ipc_put_network(struct buf *out, const struct ipc_network *network);
int ipc_get_network(const struct frame *f, struct ipc_network *network);

struct ipc_load {
    uint16_t module;  /* index: 0, 1, 2 ... in this host */
    const char *name; /* what the descriptor must say */
    const char *path; /* the private copy */
};
int ipc_put_load(struct buf *out, const struct ipc_load *load);
int ipc_get_load(const struct frame *f, struct ipc_load *load);

int ipc_put_start(struct buf *out);
int ipc_put_stop(struct buf *out);

#define IPC_SUBSCRIPTION UINT16_MAX /* no command: the handler of the event's type */

/* A timer of the host's own: its number is in args. No event of IRC, so no type of seshet_event. */
#define IPC_EVENT_TIMER 64
/* The module's life on a network; bits in the events of MODULE. ENABLED: installed comes first, if
 * IPC_FIRST says so. */
#define IPC_EVENT_ENABLED  24
#define IPC_EVENT_DISABLED 25
#define IPC_EVENT_REMOVED  26
#define IPC_EVENT_CONFIG   27
#define IPC_EVENTS_OF_LIFE                                                                         \
    (UINT32_C(1) << IPC_EVENT_ENABLED | UINT32_C(1) << IPC_EVENT_DISABLED |                        \
     UINT32_C(1) << IPC_EVENT_REMOVED | UINT32_C(1) << IPC_EVENT_CONFIG)
/* "enabled"; NULL for any other type. */
const char *ipc_event_of_life(unsigned type);

struct ipc_event {
    uint64_t number;        /* rises; not 0 */
    uint16_t module;        /* whom it is for */
    uint8_t type;           /* seshet_event_type */
    uint16_t command_index; /* in the order of MODULE, or IPC_SUBSCRIPTION */
    bool is_private;
    bool from_me;
    const char *nick;
    const char *user;
    const char *host;
    const char *account; /* NULL when none is known */
    const char *channel;
    const char *target;
    const char *text;
    const char *command; /* the CTCP command; for SESHET_COMMAND the host takes the declared name */
    const char *args;
    const char *reply_to; /* where an answer goes: a channel, "@#chan", a nick, or "" */
    int64_t time_ms;
    const char *known; /* the bot's account of the source; "": unknown */
    /* Which of the capabilities that the module declares the source has: bits in the order of
     * MODULE, of the version with that serial; 0: they are not known here. */
    uint32_t declared;
    uint32_t capabilities;
};
int ipc_put_event(struct buf *out, const struct ipc_event *event);
int ipc_get_event(const struct frame *f, struct ipc_event *event);

struct ipc_answer {
    uint64_t question;
    int32_t status;    /* as the module's call returns it: delete's 0 and 1, or SESHET_E... */
    int64_t number;    /* increment: the new value */
    const char *value; /* get: what is stored */
};
int ipc_put_answer(struct buf *out, const struct ipc_answer *answer);
int ipc_get_answer(const struct frame *f, struct ipc_answer *answer);

/* ---- From the host -------------------------------------------------------------------------- */

struct ipc_host_hello {
    uint32_t version;
    uint32_t pid;
};
int ipc_put_host_hello(struct buf *out, const struct ipc_host_hello *hello);
int ipc_get_host_hello(const struct frame *f, struct ipc_host_hello *hello);

struct ipc_command {
    const char *name;
    const char *usage;
    const char *help;
};
struct ipc_module {
    uint16_t module; /* index of LOAD; 0 for a probe */
    const char *name;
    const char *version;
    const char *description;
    uint32_t events; /* bit 1 << seshet_event_type for each that has a handler */
    uint16_t ncapabilities;
    const char *capabilities[IPC_CAPABILITIES_MAX];
    uint16_t ncommands;
    struct ipc_command commands[IPC_COMMANDS_MAX];
};
int ipc_put_module(struct buf *out, const struct ipc_module *module);
int ipc_get_module(const struct frame *f, struct ipc_module *module);

int ipc_put_loaded(struct buf *out);
int ipc_put_ready(struct buf *out);
int ipc_put_stopped(struct buf *out);

struct ipc_failed {
    uint16_t module;  /* IPC_NO_MODULE: the host itself */
    const char *text; /* one sentence for a person */
};
int ipc_put_failed(struct buf *out, const struct ipc_failed *failed);
int ipc_get_failed(const struct frame *f, struct ipc_failed *failed);

int ipc_put_done(struct buf *out, uint64_t event);
int ipc_get_done(const struct frame *f, uint64_t *event);

/* RAW: text is a whole line, and target any word. */
enum ipc_say_kind { IPC_SAY_PRIVMSG = 1, IPC_SAY_NOTICE = 2, IPC_SAY_ACTION = 3, IPC_SAY_RAW = 4 };
struct ipc_say {
    uint64_t event; /* during which; 0: none */
    uint16_t module;
    enum ipc_say_kind kind;
    bool answer;        /* to who caused the event: what is too long is kept for him */
    const char *target; /* a channel or a nick, never "" */
    const char *text;
    size_t text_len; /* get tells it; put does not ask */
};
int ipc_put_say(struct buf *out, const struct ipc_say *say);
int ipc_get_say(const struct frame *f, struct ipc_say *say);

/* What may be asked, and what key, value and by are then. A page of IPC_KEYS and IPC_MEMBERS is
 * lines of text, each ended by a newline; the answer's number is what to ask for the next one, 0 at
 * the end. */
enum ipc_op {
    IPC_GET = 1,
    IPC_SET = 2, /* value */
    IPC_DELETE = 3,
    IPC_INCREMENT = 4,    /* by */
    IPC_KEYS = 5,         /* value: prefix; by: cursor. Keys, with %XX for control bytes and % */
    IPC_MEMBER_MODES = 6, /* key: channel; value: nick */
    IPC_MEMBERS = 7, /* key: channel; by: cursor. nick TAB user TAB host TAB account TAB modes */
    IPC_TOPIC = 8,   /* key: channel */
    IPC_FIELD = 9,   /* key: field */
    IPC_TIMER = 10,  /* key: "once" or "every"; by: ms. The answer's number is the timer's */
    IPC_CANCEL = 11, /* key: "timer"; by: its number */
    IPC_CONFIG = 12, /* key: key */
    IPC_CAPABILITY = 13, /* key: capability. The status is 1 or 0, of the event's source */
    IPC_FIRST = 14,      /* key: "installed". 1, once in this module's time on this network; or 0 */
    IPC_OP_END
};
struct ipc_ask {
    uint64_t question; /* rises; not 0; one at a time */
    uint64_t event;    /* 0: in load */
    uint16_t module;
    enum ipc_op op;
    uint8_t scope;   /* seshet_scope, where it matters */
    const char *key; /* never "" */
    const char *value;
    int64_t by;
};
int ipc_put_ask(struct buf *out, const struct ipc_ask *ask);
int ipc_get_ask(const struct frame *f, struct ipc_ask *ask);

struct ipc_log {
    uint16_t module;
    uint8_t level; /* 0 debug to 3 error, as seshet_log */
    const char *text;
};
int ipc_put_log(struct buf *out, const struct ipc_log *log);
int ipc_get_log(const struct frame *f, struct ipc_log *log);

#endif
