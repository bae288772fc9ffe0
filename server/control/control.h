#ifndef SERVER_CONTROL_CONTROL_H
#define SERVER_CONTROL_CONTROL_H

#include <event2/event.h>
#include <jansson.h>

#include "base/defer.h"
#include "server/spec/spec.h"

/*
 * The control socket: a unix socket on which an administrator's program asks the running server.
 * One JSON object per line each way:
 *     {"command":"status","args":{...}}  →  {"ok":true,"result":{...}}
 *                                           {"ok":false,"error":"what a person should know"}
 * A connection may ask again and again; its requests are answered one at a time and in order. Only
 * root and the user of the server may ask. Bounds: CONTROL_MAX_REQUEST bytes a line,
 * CONTROL_MAX_ANSWER bytes an answer, CONTROL_MAX_CONNECTIONS at once, and CONTROL_IDLE_SECONDS
 * without a request or without reading the answer. The program must ignore SIGPIPE.
 */
#define CONTROL_MAX_REQUEST     (128 * 1024)
#define CONTROL_MAX_ANSWER      (16 * 1024 * 1024)
#define CONTROL_MAX_CONNECTIONS 64
#define CONTROL_IDLE_SECONDS    60

struct control;
struct control_request; /* a question that is still to be answered */

/*
 * A command has exactly one of the two functions. `args` is the object of the request ({} when it
 * had none), checked against the spec if there is one, and is borrowed; what needs it longer takes
 * a reference.
 * run: answers at once. 0 with *result (a new reference; NULL means {}), or -1 with *error
 *     (allocated; NULL means "failed"). Both are NULL before.
 * begin: answers later, or at once, by control_answer or control_fail, exactly once.
 */
struct control_command {
    const char *name;                /* "module list"; a table ends with NULL */
    const char *help;                /* one line */
    const struct command_spec *spec; /* what it takes; NULL: whatever comes */
    int (*run)(void *arg, json_t *args, json_t **result, char **error);
    void (*begin)(void *arg, json_t *args, struct control_request *request);
};

struct control_env {
    struct event_base *base;
    struct defer_queue *defer;
};

/*
 * Listens on `path` with mode 0600. Its folder must exist. A socket that nobody answers on is
 * replaced; PATH.lock, held while we live, keeps two servers apart. The command "help" is built in:
 * {"commands":[{"name","help"}]}. The table is used in place. NULL with *error (allocated) on
 * failure. Touches the disk: call before the loop runs.
 */
struct control *control_open(const struct control_env *env, const char *path,
                             const struct control_command *table, void *arg, char **error);
/* Stops listening, closes every connection (what was written stays readable) and removes the
 * socket. Requests still to be answered stay valid until they are; their answers go nowhere. NULL
 * is fine. */
void control_close(struct control *control);

/* A question from elsewhere than the socket. `done` is called exactly once, with a borrowed result
 * (never NULL) or else an error. */
struct control_request *
control_request_new(void (*done)(void *arg, json_t *result, const char *error), void *arg);
/* Takes over the reference to `result`; NULL means {}. The request is gone after this. */
void control_answer(struct control_request *request, json_t *result);
void control_fail(struct control_request *request, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* A JSON string of bytes that came from outside: what is no UTF-8 becomes U+FFFD. NULL gives null.
 */
json_t *control_text(const char *s);

#endif
