#include "server/control/connection.h"

#include <event2/buffer.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/str.h"
#include "base/utf8.h"
#include "base/xmalloc.h"

#define MAX_COMMANDS 128 /* of a table, as far as errors name them */

struct control_request {
    void (*done)(void *arg, json_t *result, const char *error); /* NULL: nobody waits any more */
    void *arg;
};

json_t *control_text(const char *s)
{
    if (!s)
        return json_null();
    size_t len = strlen(s);
    if (utf8_valid(s, len))
        return json_stringn_nocheck(s, len);
    struct buf out = {0};
    for (size_t n; len; s += n, len -= n) {
        n = utf8_char(s, len);
        if (utf8_valid(s, n))
            buf_append(&out, s, n);
        else
            buf_append(&out, "\xef\xbf\xbd", 3);
    }
    json_t *text = json_stringn_nocheck(buf_data(&out), out.len);
    buf_free(&out);
    return text;
}

static void free_connection(void *arg)
{
    struct control_connection *conn = arg;
    struct evbuffer *output = bufferevent_get_output(conn->bev);
    /* A last answer ("stopping") should still arrive, as far as the socket takes it. */
    if (evbuffer_get_length(output) && !evbuffer_unfreeze(output, 1))
        evbuffer_write(output, bufferevent_getfd(conn->bev));
    bufferevent_free(conn->bev);
    event_free(conn->again);
    free(conn);
}

void control_connection_close(struct control_connection *conn)
{
    if (conn->pending)
        conn->pending->done = NULL;
    conn->ending = true; /* its command may have closed the server: nothing more is taken */
    *conn->previous = conn->next;
    if (conn->next)
        conn->next->previous = conn->previous;
    conn->control->count--;
    bufferevent_setcb(conn->bev, NULL, NULL, NULL, NULL);
    event_del(conn->again);
    bufferevent_disable(conn->bev, EV_READ | EV_WRITE);
    defer_call(conn->control->env.defer, free_connection, conn);
}

/* {"ok":false,"error":text} */
static json_t *refusal(const char *text)
{
    return json_pack("{s:b,s:o}", "ok", 0, "error", control_text(text));
}

/* Takes over the reference. */
static void send_answer(struct control_connection *conn, json_t *answer)
{
    char *text = answer ? json_dumps(answer, JSON_COMPACT) : NULL;
    if (!text || strlen(text) > CONTROL_MAX_ANSWER) {
        json_decref(answer);
        free(text);
        answer = refusal("the answer is too large");
        text = json_dumps(answer, JSON_COMPACT);
    }
    json_decref(answer);
    struct evbuffer *output = bufferevent_get_output(conn->bev);
    evbuffer_add(output, text, strlen(text));
    evbuffer_add(output, "\n", 1);
    free(text);
}

static void send_result(struct control_connection *conn, json_t *result)
{
    send_answer(conn, json_pack("{s:b,s:o}", "ok", 1, "result", result ? result : json_object()));
}

/* Triggering the bufferevent instead would come back within the same turn of the loop. */
static void look_again(struct control_connection *conn)
{
    static const struct timeval next_turn = {0};
    event_add(conn->again, &next_turn);
}

static void continue_reading(struct control_connection *conn)
{
    if (conn->in_handler)
        return;
    if (!conn->at_eof)
        bufferevent_enable(conn->bev, EV_READ);
    look_again(conn);
}

struct control_request *
control_request_new(void (*done)(void *arg, json_t *result, const char *error), void *arg)
{
    struct control_request *request = xmalloc(sizeof *request);
    *request = (struct control_request){.done = done, .arg = arg};
    return request;
}

static void finish_request(struct control_request *request, json_t *result, const char *error)
{
    if (request->done)
        request->done(request->arg, result, error);
    free(request);
}

void control_answer(struct control_request *request, json_t *result)
{
    if (!result)
        result = json_object();
    finish_request(request, result, NULL);
    json_decref(result);
}

void control_fail(struct control_request *request, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    char *text = xvasprintf(fmt, ap);
    va_end(ap);
    finish_request(request, NULL, text);
    free(text);
}

static void on_answer(void *arg, json_t *result, const char *error)
{
    struct control_connection *conn = arg;
    conn->pending = NULL;
    if (error)
        send_answer(conn, refusal(error));
    else
        send_result(conn, json_incref(result));
    continue_reading(conn);
}

static json_t *list_commands(const struct control *control)
{
    json_t *list = json_array();
    for (const struct control_command *command = control->table; command->name; command++)
        json_array_append_new(list,
                              json_pack("{s:s,s:s}", "name", command->name, "help", command->help));
    return json_pack("{s:o}", "commands", list);
}

static void refuse_unknown(struct control_connection *conn, const char *name)
{
    const char *names[MAX_COMMANDS];
    size_t count = 0;
    for (const struct control_command *command = conn->control->table;
         command->name && count < MAX_COMMANDS; command++)
        names[count++] = command->name;
    const char *near = str_nearest(name, names, count);
    char *text = near ? xasprintf("unknown command \"%.60s\"; did you mean \"%s\"?", name, near)
                      : xasprintf("unknown command \"%.60s\"; \"help\" lists them", name);
    send_answer(conn, refusal(text));
    free(text);
}

static void run_now(struct control_connection *conn, const struct control_command *command,
                    json_t *args)
{
    json_t *result = NULL;
    char *error = NULL;
    if (!command->run(conn->control->arg, args, &result, &error)) {
        send_result(conn, result);
    } else {
        send_answer(conn, refusal(error ? error : "failed"));
        json_decref(result);
    }
    free(error);
}

static void begin(struct control_connection *conn, const struct control_command *command,
                  json_t *args)
{
    conn->pending = control_request_new(on_answer, conn);
    conn->in_handler = true;
    command->begin(conn->control->arg, args, conn->pending);
    conn->in_handler = false;
    if (conn->pending)
        bufferevent_disable(conn->bev, EV_READ);
}

static void run_command(struct control_connection *conn, const char *name, json_t *args)
{
    const struct control_command *command = conn->control->table;
    if (!strcmp(name, "help")) {
        send_result(conn, list_commands(conn->control));
        return;
    }
    char *error = NULL;
    while (command->name && strcmp(command->name, name) != 0)
        command++;
    if (!command->name) {
        refuse_unknown(conn, name);
    } else if (command->spec && command_check(command->spec, args, &error)) {
        send_answer(conn, refusal(error));
        free(error);
    } else if (command->run) {
        run_now(conn, command, args);
    } else {
        begin(conn, command, args);
    }
}

static void handle_line(struct control_connection *conn, const char *line, size_t len)
{
    json_error_t wrong;
    json_t *request = json_loadb(line, len, JSON_REJECT_DUPLICATES, &wrong);
    const char *name = json_string_value(json_object_get(request, "command"));
    json_t *args = json_incref(json_object_get(request, "args"));
    if (!args)
        args = json_object();
    if (!request)
        send_answer(conn, refusal("the request is no JSON object"));
    else if (!name)
        send_answer(conn, refusal("the request has no text \"command\""));
    else if (!json_is_object(args))
        send_answer(conn, refusal("\"args\" must be an object"));
    else
        run_command(conn, name, args);
    json_decref(args);
    json_decref(request);
}

static void end_when_written(struct control_connection *conn)
{
    conn->ending = true;
    bufferevent_disable(conn->bev, EV_READ);
    if (!evbuffer_get_length(bufferevent_get_output(conn->bev)))
        control_connection_close(conn);
}

static void take_request(struct control_connection *conn)
{
    struct evbuffer *input = bufferevent_get_input(conn->bev);
    size_t len = 0;
    char *line = evbuffer_readln(input, &len, EVBUFFER_EOL_LF);
    if (line && len <= CONTROL_MAX_REQUEST) {
        handle_line(conn, line, len);
        if (!conn->pending)
            look_again(conn);
    } else if (line || evbuffer_get_length(input) > CONTROL_MAX_REQUEST) {
        send_answer(conn, refusal("the request is longer than 131072 bytes"));
        end_when_written(conn);
    } else if (conn->at_eof) {
        end_when_written(conn);
    }
    if (line) /* it may have held a password */
        explicit_bzero(line, len);
    free(line);
}

/* Takes at most one request. Further ones wait until the client reads what it asked for; reading is
 * switched off then, because libevent would call again and again for a full input buffer. */
static void on_read(struct bufferevent *bev, void *arg)
{
    struct control_connection *conn = arg;
    if (conn->pending || conn->ending)
        return;
    if (evbuffer_get_length(bufferevent_get_output(bev)) > CONTROL_MAX_REQUEST)
        bufferevent_disable(bev, EV_READ);
    else
        take_request(conn);
}

static void on_again(evutil_socket_t fd, short what, void *arg)
{
    struct control_connection *conn = arg;
    (void)fd;
    (void)what;
    on_read(conn->bev, conn);
}

static void on_written(struct bufferevent *bev, void *arg)
{
    struct control_connection *conn = arg;
    (void)bev;
    if (conn->ending)
        control_connection_close(conn);
    else if (!conn->pending)
        continue_reading(conn);
}

static void on_event(struct bufferevent *bev, short what, void *arg)
{
    struct control_connection *conn = arg;
    if (what & BEV_EVENT_EOF) {
        conn->at_eof = true;
        look_again(conn);
    } else if ((what & BEV_EVENT_TIMEOUT) && (what & BEV_EVENT_READING) &&
               evbuffer_get_length(bufferevent_get_output(bev))) {
        bufferevent_enable(bev, EV_READ); /* it is still reading; the other timeout watches that */
    } else {
        control_connection_close(conn);
    }
}

void control_connection_open(struct control *control, evutil_socket_t fd)
{
    static const struct timeval idle = {.tv_sec = CONTROL_IDLE_SECONDS};
    struct bufferevent *bev = bufferevent_socket_new(control->env.base, fd, BEV_OPT_CLOSE_ON_FREE);
    struct control_connection *conn = xcalloc(1, sizeof *conn);
    struct event *again = evtimer_new(control->env.base, on_again, conn);
    if (!bev || !again) {
        if (bev)
            bufferevent_free(bev);
        else
            close(fd);
        if (again)
            event_free(again);
        free(conn);
        return;
    }
    *conn = (struct control_connection){
        .control = control,
        .bev = bev,
        .again = again,
        .next = control->connections,
        .previous = &control->connections,
    };
    if (conn->next)
        conn->next->previous = &conn->next;
    control->connections = conn;
    control->count++;
    bufferevent_setcb(bev, on_read, on_written, on_event, conn);
    bufferevent_setwatermark(bev, EV_READ, 0, CONTROL_MAX_REQUEST + 1);
    bufferevent_set_timeouts(bev, &idle, &idle);
    bufferevent_enable(bev, EV_READ | EV_WRITE);
}
