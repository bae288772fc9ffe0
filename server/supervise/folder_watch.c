#include "server/supervise/folder_watch.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "base/dirwatch.h"
#include "base/log.h"
#include "server/supervise/scan.h"

/* ---- Files that are being written -------------------------------------------------------------
 */

static struct folder_writing *find_writing(struct folder_watch *w, const char *name, size_t len)
{
    for (size_t i = 0; i < FOLDER_WATCH_WRITERS; i++)
        if (!strncmp(w->writing[i].name, name, len) && !w->writing[i].name[len])
            return &w->writing[i];
    return NULL;
}

/* One that is free, or else the oldest. */
static struct folder_writing *room_for_writing(struct folder_watch *w)
{
    struct folder_writing *room = &w->writing[0];
    for (size_t i = 1; i < FOLDER_WATCH_WRITERS && *room->name; i++)
        if (!*w->writing[i].name || w->writing[i].written_ms < room->written_ms)
            room = &w->writing[i];
    return room;
}

static void note_writing(struct folder_watch *w, const char *name, size_t len)
{
    struct folder_writing *writing = find_writing(w, name, len);
    if (!writing)
        writing = room_for_writing(w);
    memcpy(writing->name, name, len);
    writing->name[len] = '\0';
    writing->written_ms = clock_now(w->clock);
}

static void forget_writing(struct folder_watch *w)
{
    memset(w->writing, 0, sizeof w->writing);
}

int64_t folder_watch_writing(const struct folder_watch *w, const char *name)
{
    for (size_t i = 0; i < FOLDER_WATCH_WRITERS; i++) {
        int64_t left = w->writing[i].written_ms + FOLDER_WATCH_WRITING_MS - clock_now(w->clock);
        if (!strcmp(w->writing[i].name, name))
            return left > 0 ? left : 0;
    }
    return 0;
}

/* ---- Watching -------------------------------------------------------------------------------- */

static void on_change(void *arg, enum dirwatch_kind kind, const char *name)
{
    struct folder_watch *w = arg;
    size_t len = strlen(name);
    bool has_name = len > 3 && len - 3 <= SCAN_NAME_MAX && !strcmp(name + len - 3, ".so");
    struct folder_writing *writing = has_name ? find_writing(w, name, len - 3) : NULL;
    if (kind == DIRWATCH_WRITING) {
        if (has_name)
            note_writing(w, name, len - 3);
        return;
    }
    if (writing)
        *writing->name = '\0';
    if (kind == DIRWATCH_GONE || kind == DIRWATCH_OVERFLOW)
        forget_writing(w);
    if (kind == DIRWATCH_GONE)
        w->reopen = true;
    bool whole = kind == DIRWATCH_WHOLE;
    if ((kind == DIRWATCH_CHANGED || whole) && has_name)
        w->changed(w->arg, name, len - 3, whole);
    else
        w->changed(w->arg, NULL, 0, false);
}

void folder_watch_read(struct folder_watch *w)
{
    if (!w->watch || w->reopen)
        return;
    dirwatch_read(w->watch, on_change, w);
    if (w->reopen)
        event_del(w->event);
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    folder_watch_read(arg);
}

void folder_watch_close(struct folder_watch *w)
{
    if (w->event)
        event_free(w->event);
    dirwatch_close(w->watch);
    w->event = NULL;
    w->watch = NULL;
    forget_writing(w);
}

void folder_watch_open(struct folder_watch *w)
{
    char *error = NULL;
    if (!w->path || (w->watch && !w->reopen))
        return;
    folder_watch_close(w);
    w->reopen = false;
    w->watch = dirwatch_open(w->path, false, &error);
    if (!w->watch) {
        log_warn("module.folder", LOG_NOBODY, "%s; it is looked at once a minute", error);
        free(error);
        return;
    }
    w->event = event_new(w->base, dirwatch_fd(w->watch), EV_READ | EV_PERSIST, on_readable, w);
    event_add(w->event, NULL);
}
