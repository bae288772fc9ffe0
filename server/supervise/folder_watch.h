#ifndef SERVER_SUPERVISE_FOLDER_WATCH_H
#define SERVER_SUPERVISE_FOLDER_WATCH_H

#include <stdbool.h>
#include <stddef.h>

struct dirwatch;
struct event;
struct event_base;

/* A module folder, watched by the loop. Zero-initialized with `path` NULL is no folder. */
struct folder_watch {
    struct event_base *base;
    const char *path; /* NULL: no such folder; outlives the watch */
    /* name: the module whose file may have changed, `len` bytes; NULL: anything may have. whole:
     * nobody writes to the file any more. */
    void (*changed)(void *arg, const char *name, size_t len, bool whole);
    void *arg;
    struct dirwatch *watch;
    struct event *event;
    bool reopen; /* the folder itself went away, or became another one */
};

/* Begins to watch, or begins anew when the folder was replaced; else nothing. What cannot be
 * watched is logged: it is to be tried again. */
void folder_watch_open(struct folder_watch *w);
void folder_watch_close(struct folder_watch *w);

#endif
