#include "server/supervise/probe.h"

#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/xmalloc.h"
#include "server/supervise/child.h"

/* One frame is all it has to say. */
enum { PROBE_OUTPUT_MAX = 128 * 1024, PROBE_STARTS = 3 };

struct probe {
    struct child child;
    struct event *readable;
    struct event *ended;
    struct event *deadline;
    struct buf output;
    bool late;
    bool hurried;
    bool killed;     /* by the server */
    unsigned starts; /* all but the last were ended by somebody else */
    char *modhost_path;
    char *source;
    char *copy;
    probe_done *done;
    void *arg;
};

static bool read_some(struct probe *p)
{
    if (p->output.len >= PROBE_OUTPUT_MAX) {
        p->killed = true;
        child_kill(&p->child);
        return false;
    }
    ssize_t n = read(p->child.from, buf_reserve(&p->output, 16384), 16384);
    if (n > 0)
        buf_commit(&p->output, (size_t)n);
    return n > 0;
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
    struct probe *p = arg;
    (void)fd;
    (void)what;
    if (!read_some(p))
        event_del(p->readable);
}

static void on_deadline(evutil_socket_t fd, short what, void *arg)
{
    struct probe *p = arg;
    (void)fd;
    (void)what;
    p->late = p->killed = true;
    child_kill(&p->child);
}

/* Returns 0 when it declared something, else -1 and why. */
static int judge(struct probe *p, bool peaceful, const char *how, struct ipc_module *declared,
                 char *why, size_t size)
{
    struct frame f;
    struct ipc_failed failed;
    const char *rubbish;
    int got = p->output.len
                  ? frame_next(buf_data(&p->output), p->output.len, FRAME_FROM_HOST, &f, &rubbish)
                  : 0;
    if (p->late && p->hurried)
        snprintf(why, size, "it was replaced while it was being loaded");
    else if (p->late)
        snprintf(why, size, "loading it takes more than %d s", PROBE_DEADLINE_MS / 1000);
    else if (got > 0 && f.type == FRAME_FAILED && !ipc_get_failed(&f, &failed))
        snprintf(why, size, "%s", failed.text);
    else if (!peaceful)
        snprintf(why, size, "the process that loaded it %s", how);
    else if (got > 0 && f.type == FRAME_MODULE && !ipc_get_module(&f, declared))
        return 0;
    else
        snprintf(why, size, "the process that loaded it ended without telling what it declares");
    return -1;
}

static void close_events(struct probe *p)
{
    event_free(p->readable);
    event_free(p->ended);
    event_free(p->deadline);
    p->readable = p->ended = p->deadline = NULL;
}

static void on_ended(evutil_socket_t fd, short what, void *arg);

static int start(struct probe *p, struct event_base *base, char **error)
{
    char *const argv[] = {p->modhost_path, (char *)"--probe", p->source, p->copy, NULL};
    if (child_spawn(&p->child, argv, error))
        return -1;
    p->starts++;
    p->readable = event_new(base, p->child.from, EV_READ | EV_PERSIST, on_readable, p);
    p->ended = event_new(base, p->child.pidfd, EV_READ, on_ended, p);
    p->deadline = event_new(base, -1, 0, on_deadline, p);
    event_add(p->readable, NULL);
    event_add(p->ended, NULL);
    event_add(p->deadline, &(struct timeval){.tv_sec = PROBE_DEADLINE_MS / 1000});
    return 0;
}

/* The signals that people and kernels send tell nothing of the module, and nobody would look at the
 * file again. */
static bool start_again(struct probe *p, struct event_base *base, const struct child_death *death)
{
    char *error = NULL;
    if (p->killed || p->hurried || (death->signal != SIGKILL && death->signal != SIGTERM) ||
        p->starts == PROBE_STARTS)
        return false;
    unlink(p->copy);
    buf_free(&p->output);
    bool started = !start(p, base, &error);
    free(error);
    return started;
}

static void on_ended(evutil_socket_t fd, short what, void *arg)
{
    struct probe *p = arg;
    struct event_base *base = event_get_base(p->ended);
    (void)fd;
    (void)what;
    while (read_some(p))
        ;
    close_events(p);
    struct child_death death;
    char why[FRAME_HEADER_SIZE + 4096];
    struct ipc_module declared;
    bool peaceful = child_reap(&p->child, &death);
    if (start_again(p, base, &death))
        return;
    if (!judge(p, peaceful, death.how, &declared, why, sizeof why)) {
        p->done(p->arg, &declared, NULL);
        return;
    }
    unlink(p->copy);
    p->done(p->arg, NULL, why);
}

struct probe *probe_start(struct event_base *base, const char *modhost_path, const char *source,
                          const char *copy, probe_done *done, void *arg, char **error)
{
    struct probe *p = xmalloc(sizeof *p);
    *p = (struct probe){.modhost_path = xstrdup(modhost_path),
                        .source = xstrdup(source),
                        .copy = xstrdup(copy),
                        .done = done,
                        .arg = arg};
    if (!start(p, base, error))
        return p;
    probe_free(p);
    return NULL;
}

void probe_hurry(struct probe *p)
{
    if (p->hurried)
        return;
    p->hurried = true;
    event_add(p->deadline, &(struct timeval){.tv_sec = PROBE_HURRY_MS / 1000});
}

void probe_free(struct probe *p)
{
    if (!p)
        return;
    if (p->ended)
        close_events(p);
    if (p->child.pid) {
        child_end(&p->child, 500);
        unlink(p->copy);
    }
    buf_free(&p->output);
    free(p->modhost_path);
    free(p->source);
    free(p->copy);
    free(p);
}
