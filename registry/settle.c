#include "registry/settle.h"

#include <event2/event.h>
#include <stdlib.h>
#include <utlist.h>

#include "base/xmalloc.h"

#define MAX_WAIT_S 2

struct settle {
    struct settles *all;
    char **keys;
    size_t count;
    void (*fn)(void *arg);
    void *arg;
    struct event *timer;
    struct settle *prev;
    struct settle *next;
};

struct settles {
    struct event_base *base;
    struct loader *loader;
    struct settle *first;
};

struct settles *settles_new(struct event_base *base, struct loader *loader)
{
    struct settles *s = xcalloc(1, sizeof *s);
    s->base = base;
    s->loader = loader;
    return s;
}

static void end(struct settle *w)
{
    void (*fn)(void *arg) = w->fn;
    void *arg = w->arg;
    DL_DELETE(w->all->first, w);
    event_free(w->timer);
    while (w->count)
        free(w->keys[--w->count]);
    free(w->keys);
    free(w);
    fn(arg);
}

void settles_free(struct settles *s)
{
    if (!s)
        return;
    while (s->first)
        end(s->first);
    free(s);
}

static void on_late(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    end(arg);
}

static bool is_read(const struct settle *w)
{
    for (size_t i = 0; i < w->count; i++)
        if (loader_reads(w->all->loader, w->keys[i]))
            return false;
    return true;
}

void settles_add(struct settles *s, const char *const *keys, size_t count, void (*fn)(void *arg),
                 void *arg)
{
    static const struct timeval most = {.tv_sec = MAX_WAIT_S};
    struct settle *w = xcalloc(1, sizeof *w);
    *w = (struct settle){.all = s, .count = count, .fn = fn, .arg = arg};
    w->keys = xcalloc(count ? count : 1, sizeof *w->keys);
    for (size_t i = 0; i < count; i++)
        w->keys[i] = xstrdup(keys[i]);
    w->timer = event_new(s->base, -1, 0, on_late, w);
    event_add(w->timer, &most);
    DL_APPEND(s->first, w);
    if (is_read(w))
        end(w);
}

void settles_look(struct settles *s)
{
    struct settle *w = NULL;
    struct settle *next = NULL;
    DL_FOREACH_SAFE(s->first, w, next)
    {
        if (is_read(w))
            end(w);
    }
}
