#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>
#include <stdint.h>

/*
 * One line for each event, with fixed keys: ts, level, event, network, module, msg.
 * Text or JSON goes to standard error, written by a thread of its own, so that a slow terminal or
 * disk never holds the event loop: at most 1 MiB waits; more is dropped and counted in the next
 * line. Before log_open and after log_close lines are written directly, as text, at level info.
 * Secrets never reach a log call: that is the caller's duty.
 */
enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARN, LOG_LEVEL_ERROR };
enum log_format {
    LOG_FORMAT_AUTO,
    LOG_FORMAT_TEXT,
    LOG_FORMAT_JSON
}; /* auto: text on a terminal */

/* Whom an event is about; NULL where nobody. */
struct log_tag {
    const char *network;
    const char *module;
};
#define LOG_NOBODY       ((struct log_tag){0})
#define LOG_NETWORK(n)   ((struct log_tag){.network = (n)})
#define LOG_MODULE(n, m) ((struct log_tag){.network = (n), .module = (m)})

/* Starts the writer thread. Call once, after daemonizing and before other threads. */
void log_open(enum log_level level, enum log_format format);
/* Changes level and format at once; also after log_open. */
void log_configure(enum log_level level, enum log_format format);
/* Writes what waits, for at most a second, and ends the thread. */
void log_close(void);
bool log_enabled(enum log_level level);

/* `event` is a dotted word ("irc.online"); control bytes in the text are escaped. Thread-safe.
 * A line over 4 KiB is cut. */
void log_write(enum log_level level, const char *event, struct log_tag tag, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* Every line about a module goes to fn as well, whatever its level; NULL ends that. It is called in
 * the thread that logs, and must not log. */
typedef void (*log_tap_fn)(void *arg, enum log_level level, const char *event, struct log_tag tag,
                           const char *msg);
void log_tap(log_tap_fn fn, void *arg);

#define log_debug(event, tag, ...)                                                                 \
    (log_enabled(LOG_LEVEL_DEBUG) ? log_write(LOG_LEVEL_DEBUG, event, tag, __VA_ARGS__) : (void)0)
#define log_info(event, tag, ...)  log_write(LOG_LEVEL_INFO, event, tag, __VA_ARGS__)
#define log_warn(event, tag, ...)  log_write(LOG_LEVEL_WARN, event, tag, __VA_ARGS__)
#define log_error(event, tag, ...) log_write(LOG_LEVEL_ERROR, event, tag, __VA_ARGS__)

#endif
