#include "server/module/log.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "base/clock.h"
#include "base/utf8.h"
#include "base/xmalloc.h"
#include "server/control/control.h"

struct line {
    uint64_t number; /* 0: none yet */
    int64_t at_ms;
    enum log_level level;
    char *network;
    char *event;
    char *text;
};

struct ring {
    char *module;
    struct line lines[MODULE_LOG_LINES];
    size_t next;       /* which line the next one replaces */
    UT_hash_handle hh; /* in the order of their last lines */
};

struct module_log {
    struct ring *rings;
    uint64_t last;
};

static void tap(void *arg, enum log_level level, const char *event, struct log_tag tag,
                const char *msg)
{
    module_log_add(arg, tag, level, event, msg, clock_wall(&clock_system));
}

struct module_log *module_log_new(void)
{
    struct module_log *log = xcalloc(1, sizeof *log);
    log_tap(tap, log);
    return log;
}

static void line_free(struct line *line)
{
    free(line->network);
    free(line->event);
    free(line->text);
}

static void ring_free(struct module_log *log, struct ring *ring)
{
    HASH_DEL(log->rings, ring);
    for (size_t i = 0; i < MODULE_LOG_LINES; i++)
        line_free(&ring->lines[i]);
    free(ring->module);
    free(ring);
}

void module_log_free(struct module_log *log)
{
    if (!log)
        return;
    log_tap(NULL, NULL);
    while (log->rings)
        ring_free(log, log->rings);
    free(log);
}

/* The one for the module, as the last in order; the one that was quiet longest makes room. */
static struct ring *take_ring(struct module_log *log, const char *module)
{
    struct ring *ring;
    HASH_FIND_STR(log->rings, module, ring);
    if (ring) {
        HASH_DEL(log->rings, ring);
    } else {
        if (HASH_COUNT(log->rings) == MODULE_LOG_MODULES)
            ring_free(log, log->rings);
        ring = xcalloc(1, sizeof *ring);
        ring->module = xstrdup(module);
    }
    HASH_ADD_KEYPTR(hh, log->rings, ring->module, strlen(ring->module), ring);
    return ring;
}

void module_log_add(struct module_log *log, struct log_tag tag, enum log_level level,
                    const char *event, const char *text, int64_t wall_ms)
{
    struct ring *ring = take_ring(log, tag.module);
    struct line *line = &ring->lines[ring->next];
    size_t len = strlen(text);
    ring->next = (ring->next + 1) % MODULE_LOG_LINES;
    line_free(line);
    *line = (struct line){
        .number = ++log->last,
        .at_ms = wall_ms,
        .level = level,
        .network = xstrdup(tag.network ? tag.network : ""),
        .event = xstrdup(event),
        .text =
            xstrndup(text, len > MODULE_LOG_BYTES ? utf8_cut(text, len, MODULE_LOG_BYTES) : len),
    };
}

static json_t *line_object(const struct line *line)
{
    static const char *const levels[] = {"debug", "info", "warn", "error"};
    return json_pack("{s:I, s:I, s:o, s:s, s:s, s:o}", "number", (json_int_t)line->number, "at_ms",
                     (json_int_t)line->at_ms, "network", control_text(line->network), "level",
                     levels[line->level], "event", line->event, "text", control_text(line->text));
}

json_t *module_log_lines(const struct module_log *log, const char *module, const char *network,
                         uint64_t after)
{
    struct ring *ring;
    json_t *lines = json_array();
    HASH_FIND_STR(log->rings, module, ring);
    for (size_t i = 0; ring && i < MODULE_LOG_LINES; i++) {
        const struct line *line = &ring->lines[(ring->next + i) % MODULE_LOG_LINES];
        if (line->number > after && (!*network || strcmp(line->network, network) == 0))
            json_array_append_new(lines, line_object(line));
    }
    return json_pack("{s:o, s:I}", "lines", lines, "last", (json_int_t)log->last);
}
