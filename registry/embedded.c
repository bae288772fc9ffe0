#include "registry/embedded.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/backoff.h"
#include "base/log.h"
#include "base/str.h"
#include "base/xmalloc.h"

#define PROGRAM          "redis-server"
#define MAX_PROBLEM      256
#define START_MS         3000
#define LEFTOVER_MS      3000
#define LIVED_LONG_MS    10000
#define FIRST_BACKOFF_MS 50
#define MAX_BACKOFF_MS   5000

struct embedded {
    struct event_base *base;
    const struct clock *clock;
    struct embedded_callbacks callbacks;
    char *program;
    char *socket;
    char *folder;
    int lock;
    pid_t pid; /* 0: none */
    int pidfd; /* of our child, or of a left-over one that is being stopped; -1 */
    struct event *ended;
    struct event *retry;
    struct backoff backoff;
    int64_t started_ms;
    bool ending;
    int64_t ending_ms; /* of the system's clock: the loop's may stand still outside of it */
    char problem[MAX_PROBLEM];
};

/* ---- Folder ---- */

static char *find_program(void)
{
    const char *path = getenv("PATH");
    for (const char *s = path ? path : "/usr/bin:/usr/local/bin"; *s;) {
        size_t len = strcspn(s, ":");
        char *file = xasprintf("%.*s/%s", (int)len, s, PROGRAM);
        if (len && !access(file, X_OK))
            return file;
        free(file);
        s += len;
        s += *s == ':';
    }
    return NULL;
}

static int make_folder(const char *path, char *why, size_t why_size)
{
    if (!mkdir(path, 0700) || errno == EEXIST)
        return 0;
    snprintf(why, why_size, "cannot create the folder %.120s: %s", path, strerror(errno));
    return -1;
}

static int take_lock(struct embedded *e, char *why, size_t why_size)
{
    char *path = xasprintf("%s/lock", e->folder);
    e->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    int rc = e->lock < 0 ? -1 : flock(e->lock, LOCK_EX | LOCK_NB);
    if (rc && errno == EWOULDBLOCK)
        snprintf(
            why, why_size,
            "another seshetd uses this state folder (%.120s is locked): stop it, or set another "
            "state_dir",
            path);
    else if (rc)
        snprintf(why, why_size, "cannot lock %.120s: %s", path, strerror(errno));
    free(path);
    return rc;
}

static int prepare(struct embedded *e, const char *state_dir, char *why, size_t why_size)
{
    struct sockaddr_un address;
    if (make_folder(state_dir, why, why_size))
        return -1;
    /* redis-server changes its folder: it must be told absolute paths. */
    char *absolute = realpath(state_dir, NULL);
    if (!absolute) {
        snprintf(why, why_size, "cannot use the folder %.120s: %s", state_dir, strerror(errno));
        return -1;
    }
    e->socket = xasprintf("%s/redis.sock", absolute);
    e->folder = xasprintf("%s/redis", absolute);
    free(absolute);
    if (strlen(e->socket) >= sizeof address.sun_path) {
        snprintf(why, why_size,
                 "state_dir is too long: a unix socket's path holds at most %zu bytes, and "
                 "STATE_DIR/redis.sock has %zu",
                 sizeof address.sun_path - 1, strlen(e->socket));
        return -1;
    }
    if (!(e->program = find_program())) {
        snprintf(why, why_size,
                 PROGRAM " is not installed: install it (Debian: apt install redis-server), or let "
                         "registry.uri name a Redis that runs elsewhere");
        return -1;
    }
    if (make_folder(e->folder, why, why_size))
        return -1;
    return take_lock(e, why, why_size);
}

/* ---- The process ---- */

static void watch(struct embedded *e, int pidfd, event_callback_fn fn)
{
    e->pidfd = pidfd;
    e->ended = event_new(e->base, pidfd, EV_READ, fn, e);
    event_add(e->ended, NULL);
}

static void unwatch(struct embedded *e)
{
    if (e->ended)
        event_free(e->ended);
    e->ended = NULL;
    if (e->pidfd >= 0)
        close(e->pidfd);
    e->pidfd = -1;
}

static void wait_before_start(struct embedded *e)
{
    uint32_t ms = backoff_next(&e->backoff);
    struct timeval tv = {ms / 1000, (ms % 1000) * 1000};
    event_add(e->retry, &tv);
}

/* Between fork and exec: only calls that are safe in a signal handler. */
static _Noreturn void run_child(char *const argv[], pid_t parent)
{
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    signal(SIGPIPE, SIG_DFL);
    int null = open("/dev/null", O_RDWR);
    for (int fd = 0; fd <= 2 && null >= 0; fd++)
        dup2(null, fd);
    close_range(3, ~0U, 0);
    setsid();
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (getppid() != parent)
        _exit(0); /* the server died before the line above */
    execv(argv[0], argv);
    _exit(127);
}

static void set_problem(struct embedded *e, const char *text)
{
    str_copy(e->problem, sizeof e->problem, text);
    log_error("registry.embedded", LOG_NOBODY, "%s", text);
    wait_before_start(e);
    e->callbacks.on_ended(e->callbacks.arg);
}

static void on_child_ended(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    struct embedded *e = arg;
    int status = 0;
    char text[MAX_PROBLEM];
    char how[64] = "";
    if (waitpid(e->pid, &status, WNOHANG) == e->pid) {
        if (WIFSIGNALED(status))
            snprintf(how, sizeof how, " (signal %d)", WTERMSIG(status));
        else
            snprintf(how, sizeof how, " (exit status %d)", WEXITSTATUS(status));
    }
    unwatch(e);
    e->pid = 0;
    if (e->ending)
        return;
    if (clock_now(e->clock) - e->started_ms > LIVED_LONG_MS)
        backoff_reset(&e->backoff);
    snprintf(text, sizeof text,
             "the embedded redis-server ended%s and is started again; %.100s/redis.log says why",
             how, e->folder);
    set_problem(e, text);
}

static void spawn(struct embedded *e)
{
    char *log = xasprintf("%s/redis.log", e->folder);
    char *argv[] = {
        e->program, "--port",      "0",       "--unixsocket", e->socket, "--unixsocketperm",
        "700",      "--dir",       e->folder, "--appendonly", "yes",     "--appendfsync",
        "always",   "--save",      "",        "--daemonize",  "no",      "--supervised",
        "no",       "--databases", "1",       "--loglevel",   "notice",  "--logfile",
        log,        NULL};
    pid_t parent = getpid();
    pid_t pid = fork();
    if (!pid)
        run_child(argv, parent);
    free(log);
    int pidfd = pid > 0 ? pidfd_open(pid, 0) : -1;
    if (pidfd < 0) {
        char text[MAX_PROBLEM];
        snprintf(text, sizeof text, "cannot start %.120s: %s", e->program, strerror(errno));
        if (pid > 0) {
            kill(pid, SIGKILL);
            waitpid(pid, NULL, 0);
        }
        set_problem(e, text);
        return;
    }
    e->pid = pid;
    e->started_ms = clock_now(e->clock);
    e->problem[0] = '\0';
    watch(e, pidfd, on_child_ended);
    log_info("registry.embedded", LOG_NOBODY, "redis-server (pid %d) runs on %s", (int)pid,
             e->socket);
    e->callbacks.on_started(e->callbacks.arg);
}

/* ---- A left-over one ---- */

/* The process that listens on the socket; 0 when nobody does. */
static pid_t listener_of(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct ucred peer = {0};
    socklen_t len = sizeof peer;
    str_copy(address.sun_path, sizeof address.sun_path, path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return 0;
    if (connect(fd, (const struct sockaddr *)&address, sizeof address) ||
        getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len))
        peer.pid = 0;
    close(fd);
    return peer.pid;
}

static bool is_redis(pid_t pid)
{
    char link[64];
    char target[512];
    snprintf(link, sizeof link, "/proc/%d/exe", (int)pid);
    ssize_t n = readlink(link, target, sizeof target - 1);
    if (n < 0)
        return false;
    target[n] = '\0';
    const char *slash = strrchr(target, '/');
    /* One binary under several names: redis-server, redis-check-rdb... */
    return slash && !strncmp(slash + 1, "redis-", 6);
}

static void start(struct embedded *e);

static void on_leftover_ended(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    struct embedded *e = arg;
    if (what & EV_TIMEOUT)
        pidfd_send_signal(e->pidfd, SIGKILL, NULL, 0);
    if (what & EV_TIMEOUT) {
        event_add(e->ended, NULL);
        return;
    }
    unwatch(e);
    if (!e->ending)
        start(e);
}

/* true when the start goes on after it has ended. */
static bool stop_leftover(struct embedded *e)
{
    pid_t pid = listener_of(e->socket);
    if (!pid)
        return false;
    int pidfd = pidfd_open(pid, 0);
    if (pidfd < 0)
        return false; /* it has just gone */
    if (!is_redis(pid)) {
        char text[MAX_PROBLEM];
        close(pidfd);
        snprintf(text, sizeof text, "%.120s is used by another program (pid %d): stop that",
                 e->socket, (int)pid);
        set_problem(e, text);
        return true;
    }
    log_warn("registry.embedded", LOG_NOBODY,
             "stopping redis-server (pid %d), left over by an earlier server", (int)pid);
    pidfd_send_signal(pidfd, SIGTERM, NULL, 0);
    watch(e, pidfd, on_leftover_ended);
    struct timeval tv = {LEFTOVER_MS / 1000, 0};
    event_add(e->ended, &tv);
    return true;
}

static void start(struct embedded *e)
{
    if (!stop_leftover(e))
        spawn(e);
}

static void on_retry(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    start(arg);
}

/* ---- Life ---- */

struct embedded *embedded_start(struct event_base *base, const struct clock *clock,
                                const char *state_dir, const struct embedded_callbacks *callbacks,
                                char *why, size_t why_size)
{
    struct embedded *e = xcalloc(1, sizeof *e);
    e->base = base;
    e->clock = clock;
    e->callbacks = *callbacks;
    e->lock = -1;
    e->pidfd = -1;
    e->backoff = (struct backoff){.first_ms = FIRST_BACKOFF_MS, .max_ms = MAX_BACKOFF_MS};
    if (prepare(e, state_dir, why, why_size)) {
        embedded_stop(e);
        return NULL;
    }
    e->retry = event_new(base, -1, 0, on_retry, e);
    event_active(e->retry, EV_TIMEOUT, 0);
    return e;
}

void embedded_end(struct embedded *e)
{
    if (e->ending)
        return;
    e->ending = true;
    e->ending_ms = clock_now(&clock_system);
    event_del(e->retry);
    if (e->pid)
        kill(e->pid, SIGTERM);
}

static void wait_for_child(struct embedded *e)
{
    struct pollfd pfd = {.fd = e->pidfd, .events = POLLIN};
    int64_t left = e->ending_ms + EMBEDDED_STOP_MS - clock_now(&clock_system);
    if (poll(&pfd, 1, left > 0 ? (int)left : 0) != 1) {
        log_warn("registry.embedded", LOG_NOBODY, "redis-server does not end: killing it");
        kill(e->pid, SIGKILL);
    }
    waitpid(e->pid, NULL, 0);
}

void embedded_stop(struct embedded *e)
{
    if (!e)
        return;
    if (e->retry)
        embedded_end(e);
    if (e->pid)
        wait_for_child(e);
    unwatch(e);
    if (e->retry)
        event_free(e->retry);
    if (e->lock >= 0)
        close(e->lock);
    free(e->program);
    free(e->socket);
    free(e->folder);
    free(e);
}

const char *embedded_socket(const struct embedded *e)
{
    return e->socket;
}

const char *embedded_problem(const struct embedded *e)
{
    return e->problem;
}

bool embedded_is_starting(const struct embedded *e)
{
    return e->pid && clock_now(e->clock) - e->started_ms < START_MS;
}
