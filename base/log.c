#include "base/log.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/utf8.h"

#define MAX_WAITING   ((size_t)1 << 20)
#define MAX_TEXT      4096
#define CLOSE_SECONDS 1 /* for the last lines */

/* The one mutable global outside main(): every folder logs, and a handle passed through all of them
 * would say nothing. */
static struct {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    pthread_t thread;
    bool running;
    bool stopping;
    struct buf waiting;
    unsigned long dropped;
    atomic_int level;
    atomic_bool json;
    atomic_bool colour;
    log_tap_fn tap;
    void *tap_arg;
} logger = {.lock = PTHREAD_MUTEX_INITIALIZER,
            .changed = PTHREAD_COND_INITIALIZER,
            .level = LOG_LEVEL_INFO};

static const char *const level_names[] = {"debug", "info", "warn", "error"};

bool log_enabled(enum log_level level)
{
    return (int)level >= atomic_load_explicit(&logger.level, memory_order_relaxed);
}

void log_configure(enum log_level level, enum log_format format)
{
    bool terminal = isatty(STDERR_FILENO);
    atomic_store(&logger.level, (int)level);
    atomic_store(&logger.json,
                 format == LOG_FORMAT_JSON || (format == LOG_FORMAT_AUTO && !terminal));
    atomic_store(&logger.colour, terminal);
}

static void write_all(const char *data, size_t len)
{
    while (len) {
        ssize_t n = write(STDERR_FILENO, data, len);
        if (n > 0) {
            data += n;
            len -= (size_t)n;
        } else if (n < 0 && errno == EAGAIN) {
            struct pollfd pfd = {.fd = STDERR_FILENO, .events = POLLOUT};
            poll(&pfd, 1, -1);
        } else if (n < 0 && errno == EINTR) {
            continue;
        } else {
            return; /* nobody is left to tell */
        }
    }
}

static void *writer(void *arg)
{
    (void)arg;
    pthread_mutex_lock(&logger.lock);
    for (;;) {
        while (!logger.waiting.len && !logger.stopping)
            pthread_cond_wait(&logger.changed, &logger.lock);
        if (!logger.waiting.len)
            break;
        struct buf batch = logger.waiting;
        logger.waiting = (struct buf){0};
        pthread_mutex_unlock(&logger.lock);
        write_all(buf_data(&batch), batch.len);
        buf_free(&batch);
        pthread_mutex_lock(&logger.lock);
    }
    pthread_mutex_unlock(&logger.lock);
    return NULL;
}

void log_open(enum log_level level, enum log_format format)
{
    log_configure(level, format);
    /* Signals belong to the event loop's thread. */
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pthread_mutex_lock(&logger.lock);
    logger.stopping = false;
    logger.running = pthread_create(&logger.thread, NULL, writer, NULL) == 0;
    pthread_mutex_unlock(&logger.lock);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

void log_close(void)
{
    pthread_mutex_lock(&logger.lock);
    bool running = logger.running;
    logger.stopping = true;
    logger.running = false;
    pthread_cond_signal(&logger.changed);
    pthread_mutex_unlock(&logger.lock);
    if (!running)
        return;
    /* Whoever reads the log may have stopped: the end of the process does not wait for that. */
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += CLOSE_SECONDS;
    if (pthread_timedjoin_np(logger.thread, NULL, &until))
        pthread_detach(logger.thread);
}

static void append_json_string(struct buf *b, const char *s)
{
    buf_append(b, "\"", 1);
    for (size_t len = strlen(s); len;) {
        size_t n = utf8_char(s, len);
        unsigned char c = (unsigned char)*s;
        if (c == '"' || c == '\\')
            buf_printf(b, "\\%c", c);
        else if (c < 0x20 || c == 0x7f || (n == 1 && c >= 0x80))
            buf_printf(b, "\\u%04x", c); /* a byte that is no UTF-8 keeps its value, as Latin-1 */
        else
            buf_append(b, s, n);
        s += n;
        len -= n;
    }
    buf_append(b, "\"", 1);
}

static void append_json_key(struct buf *b, const char *key, const char *value)
{
    if (!value)
        return;
    buf_printf(b, ",\"%s\":", key);
    append_json_string(b, value);
}

static void append_json(struct buf *b, const char *ts, enum log_level level, const char *event,
                        struct log_tag tag, const char *msg)
{
    buf_printf(b, "{\"ts\":\"%s\",\"level\":\"%s\"", ts, level_names[level]);
    append_json_key(b, "event", event);
    append_json_key(b, "network", tag.network);
    append_json_key(b, "module", tag.module);
    append_json_key(b, "msg", msg);
    buf_append(b, "}\n", 2);
}

static void append_text(struct buf *b, const char *ts, enum log_level level, const char *event,
                        struct log_tag tag, const char *msg)
{
    static const char *const colours[] = {"\033[2m", "\033[32m", "\033[33m", "\033[31m"};
    bool colour = atomic_load(&logger.colour);
    buf_printf(b, "%s %s%-5s%s %-18s ", ts, colour ? colours[level] : "", level_names[level],
               colour ? "\033[0m" : "", event);
    if (tag.network || tag.module)
        buf_printf(b, "[%s%s%s] ", tag.network ? tag.network : "",
                   tag.network && tag.module ? "/" : "", tag.module ? tag.module : "");
    for (const char *s = msg; *s; s++) {
        if ((unsigned char)*s < 0x20 || *s == 0x7f)
            buf_printf(b, "\\x%02x", (unsigned char)*s);
        else
            buf_append(b, s, 1);
    }
    buf_append(b, "\n", 1);
}

static void timestamp(char *dst, size_t size)
{
    struct timespec now;
    struct tm tm;
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &tm);
    size_t n = strftime(dst, size, "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(dst + n, size - n, ".%03ldZ", now.tv_nsec / 1000000);
}

static void append_line(struct buf *b, enum log_level level, const char *event, struct log_tag tag,
                        const char *msg)
{
    char ts[40];
    timestamp(ts, sizeof ts);
    if (atomic_load(&logger.json))
        append_json(b, ts, level, event, tag, msg);
    else
        append_text(b, ts, level, event, tag, msg);
}

/* Called with the lock held. */
static void enqueue(const struct buf *line)
{
    if (logger.waiting.len + line->len > MAX_WAITING) {
        logger.dropped++;
        return;
    }
    if (logger.dropped) {
        char text[64];
        snprintf(text, sizeof text, "%lu lines were dropped", logger.dropped);
        logger.dropped = 0;
        append_line(&logger.waiting, LOG_LEVEL_WARN, "log.dropped", LOG_NOBODY, text);
    }
    buf_append(&logger.waiting, buf_data(line), line->len);
    pthread_cond_signal(&logger.changed);
}

void log_tap(log_tap_fn fn, void *arg)
{
    pthread_mutex_lock(&logger.lock);
    logger.tap = fn;
    logger.tap_arg = arg;
    pthread_mutex_unlock(&logger.lock);
}

static void tell_tap(enum log_level level, const char *event, struct log_tag tag, const char *msg)
{
    pthread_mutex_lock(&logger.lock);
    if (logger.tap)
        logger.tap(logger.tap_arg, level, event, tag, msg);
    pthread_mutex_unlock(&logger.lock);
}

void log_write(enum log_level level, const char *event, struct log_tag tag, const char *fmt, ...)
{
    bool written = log_enabled(level);
    if (!written && !tag.module)
        return;
    char msg[MAX_TEXT];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(msg, sizeof msg, fmt, ap);
    va_end(ap);
    if (tag.module)
        tell_tap(level, event, tag, msg);
    if (!written)
        return;
    struct buf line = {0};
    append_line(&line, level, event, tag, msg);
    pthread_mutex_lock(&logger.lock);
    bool running = logger.running;
    if (running)
        enqueue(&line);
    pthread_mutex_unlock(&logger.lock);
    if (!running)
        write_all(buf_data(&line), line.len);
    buf_free(&line);
}
