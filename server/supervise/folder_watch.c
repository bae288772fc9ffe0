#include "server/supervise/folder_watch.h"

#include <event2/event.h>
#include <stdlib.h>
#include <string.h>

#include "base/dirwatch.h"
#include "base/log.h"
#include "server/supervise/scan.h"

static void on_change(void *arg, enum dirwatch_kind kind, const char *name)
{
    struct folder_watch *w = arg;
    size_t len = strlen(name);
    if (kind == DIRWATCH_GONE)
        w->reopen = true;
    bool whole = kind == DIRWATCH_WHOLE;
    if ((kind == DIRWATCH_CHANGED || whole) && len > 3 && len - 3 <= SCAN_NAME_MAX)
        w->changed(w->arg, name, len - 3, whole);
    else
        w->changed(w->arg, NULL, 0, false);
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
    struct folder_watch *w = arg;
    (void)fd;
    (void)what;
    dirwatch_read(w->watch, on_change, w);
    if (w->reopen)
        event_del(w->event);
}

void folder_watch_close(struct folder_watch *w)
{
    if (w->event)
        event_free(w->event);
    dirwatch_close(w->watch);
    w->event = NULL;
    w->watch = NULL;
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
