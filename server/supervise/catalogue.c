#include "server/supervise/catalogue.h"

#include <dirent.h>
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/xmalloc.h"
#include "server/supervise/entries.h"
#include "server/supervise/folder_watch.h"
#include "server/supervise/probe.h"

enum {
    PROBES_MAX = 2,
    QUIET_MS = 5,       /* after a change, before the folders are listed */
    AGREE_MS = 20,      /* between two listings that must agree, unless the file came whole */
    MISSING_MS = 250,   /* a file that comes back within this was replaced, not removed */
    FIRST_MS = 1000,    /* the longest wait for all modules, before the first are told */
    PUBLISH_MS = 50,    /* changes that come together are told together */
    POLL_MS = 60 * 1000 /* where inotify sees nothing: network file systems, links to links */
};

/* Somebody who asked for a reload. */
struct waiter {
    struct waiter *next;
    char *name;    /* NULL: everything */
    uint32_t scan; /* the listing that must have been read */
    void (*done)(void *arg);
    void *arg;
};

struct catalogue {
    struct supervisor_env env;
    struct catalogue_hooks hooks;
    void *arg;
    char *modhost_path;
    char *folders[2];
    char *copies;
    struct folder_watch watches[2];
    struct scanner *scanner;
    struct event *scanned;
    struct event *scan_timer;
    int64_t scan_due; /* 0: none */
    struct event *poll_timer;
    struct event *publish_timer;
    struct entries entries;
    uint32_t last_serial;
    unsigned probes;
    uint32_t scans; /* listings read since the start */
    struct waiter *waiters;
    bool begun;     /* the loop runs */
    bool published; /* the first time */
    bool changed;   /* something is to be told */
    bool stopped;
    char trouble[256]; /* the last error of a listing, told once */
    bool crowded;      /* there was no room for a name, which was told */
};

static void start_probes(struct catalogue *c);

static struct timeval timeval_ms(int64_t ms)
{
    return (struct timeval){.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};
}

/* The earliest wish wins. */
static void scan_in(struct catalogue *c, int64_t ms)
{
    int64_t due = clock_now(c->env.clock) + ms;
    if (c->stopped || (c->scan_due && c->scan_due <= due))
        return;
    c->scan_due = due;
    struct timeval tv = timeval_ms(ms);
    event_add(c->scan_timer, &tv);
}

/* ---- Reloads that were asked for ------------------------------------------------------------- */

static bool same_file(const struct scan_file *a, const struct scan_file *b)
{
    return a->folder == b->folder && a->dev == b->dev && a->ino == b->ino && a->size == b->size &&
           a->mtime_ns == b->mtime_ns;
}

/* What was seen was probed, and what came of it was told. */
static bool settled(const struct catalogue_entry *e)
{
    return !e->touched && !e->waits && !e->probe && !e->fresh && !e->removed && !e->missing_since &&
           same_file(&e->seen, &e->probed);
}

static bool is_over(const struct catalogue *c, const struct waiter *w)
{
    if (c->stopped)
        return true;
    if ((int32_t)(c->scans - w->scan) < 0)
        return false;
    for (size_t i = 0; i < c->entries.count; i++) {
        const struct catalogue_entry *e = c->entries.by_id[i];
        if ((!w->name || !strcmp(w->name, e->decl.name)) && !settled(e))
            return false;
    }
    return true;
}

static void tell_waiters(struct catalogue *c)
{
    for (struct waiter **link = &c->waiters; *link;) {
        struct waiter *w = *link;
        if (!is_over(c, w)) {
            link = &w->next;
            continue;
        }
        *link = w->next;
        w->done(w->arg);
        free(w->name);
        free(w);
    }
}

/* ---- Telling -------------------------------------------------------------------------------- */

static void apply(struct catalogue_entry *e)
{
    if (e->fresh || e->removed)
        e->version = e->fresh;
    e->fresh = NULL;
    e->removed = false;
    const struct module_version *v = e->version;
    struct module_decl *d = &e->decl;
    d->present = v != NULL;
    d->from_user_dir = v && v->from_user_dir;
    d->version = v ? v->version : "";
    d->description = v ? v->description : "";
    d->commands = v ? v->commands : NULL;
    d->ncommands = v ? v->ncommands : 0;
    d->capabilities = v ? (const char *const *)v->capabilities : NULL;
    d->ncapabilities = v ? v->ncapabilities : 0;
    d->events = v ? v->events & ~IPC_EVENTS_OF_LIFE : 0;
    d->life = v ? v->events & IPC_EVENTS_OF_LIFE : 0;
    d->serial = v ? v->serial : 0;
    d->loaded_ms = v ? v->loaded_ms : 0;
}

static void publish(struct catalogue *c)
{
    event_del(c->publish_timer);
    if (!c->changed)
        return;
    c->changed = false;
    c->published = true;
    /* Whoever is told may still hold strings of the versions that go. */
    struct module_version **old = xcalloc(c->entries.count + 1, sizeof(struct module_version *));
    size_t nold = 0;
    for (size_t i = 0; i < c->entries.count; i++) {
        struct catalogue_entry *e = c->entries.by_id[i];
        if ((e->fresh || e->removed) && e->version)
            old[nold++] = e->version;
        apply(e);
    }
    c->hooks.changed(c->arg);
    while (nold)
        module_version_unref(old[--nold]);
    free(old);
    tell_waiters(c);
}

static void publish_soon(struct catalogue *c)
{
    c->changed = true;
    bool waiting = c->probes > 0;
    for (size_t i = 0; i < c->entries.count && !waiting; i++)
        waiting = c->entries.by_id[i]->waits;
    struct timeval tv = timeval_ms(!waiting ? 0 : c->published ? PUBLISH_MS : FIRST_MS);
    if (!waiting || !event_pending(c->publish_timer, EV_TIMEOUT, NULL))
        event_add(c->publish_timer, &tv);
}

static void on_publish(evutil_socket_t fd, short what, void *arg)
{
    struct catalogue *c = arg;
    (void)fd;
    (void)what;
    if (c->begun) {
        publish(c);
        return;
    }
    c->begun = true;
    start_probes(c);
    publish_soon(c);
}

static void set_error(struct catalogue_entry *e, const char *text)
{
    struct catalogue *c = e->catalogue;
    bool same = e->error && !strcmp(e->error, text);
    char *copy = xstrdup(text);
    free(e->error);
    e->error = copy;
    e->decl.error = copy;
    log_warn("module.refused", LOG_MODULE(NULL, e->decl.name), "%s: %s%s", e->path, text,
             e->version ? "; the last good version goes on" : "");
    if (!same && c->hooks.error)
        c->hooks.error(c->arg, e->decl.name, text);
}

static void clear_error(struct catalogue_entry *e)
{
    free(e->error);
    e->error = NULL;
    e->decl.error = NULL;
}

/* ---- Probing -------------------------------------------------------------------------------- */

static void free_probe(void *p)
{
    probe_free(p);
}

static void on_probed(void *arg, const struct ipc_module *declared, const char *error)
{
    struct catalogue_entry *e = arg;
    struct catalogue *c = e->catalogue;
    defer_call(c->env.defer, free_probe, e->probe);
    e->probe = NULL;
    c->probes--;
    char *copy = e->copy;
    e->copy = NULL;
    if (declared && strcmp(declared->name, e->decl.name) != 0) {
        unlink(copy);
        error = "the module calls itself by another name than its file";
        declared = NULL;
    }
    if (declared) {
        struct module_version *v = module_version_new(declared, copy, e->serial);
        v->from_user_dir = e->probed.folder == 0;
        v->loaded_ms = clock_wall(c->env.clock);
        module_version_unref(e->fresh);
        e->fresh = v;
        clear_error(e);
        log_info("module.found", LOG_MODULE(NULL, e->decl.name), "version %s from %s",
                 v->version[0] ? v->version : "(none)", e->path);
    } else {
        free(copy);
        set_error(e, error);
    }
    publish_soon(c);
    start_probes(c);
}

static void probe_entry(struct catalogue *c, struct catalogue_entry *e)
{
    char *error = NULL;
    e->waits = false;
    e->touched = false;
    e->whole = false;
    e->probed = e->seen;
    free(e->path);
    e->path = xasprintf("%s/%s.so", c->folders[e->seen.folder], e->decl.name);
    e->decl.path = e->path;
    const char *problem = entries_name_problem(e->decl.name);
    if (problem) {
        set_error(e, problem);
        publish_soon(c);
        return;
    }
    e->serial = ++c->last_serial;
    e->copy = xasprintf("%s/%s.%u.so", c->copies, e->decl.name, e->serial);
    e->probe = probe_start(c->env.base, c->modhost_path, e->path, e->copy, on_probed, e, &error);
    if (e->probe) {
        c->probes++;
        return;
    }
    free(e->copy);
    e->copy = NULL;
    set_error(e, error);
    free(error);
    publish_soon(c);
}

static void start_probes(struct catalogue *c)
{
    for (size_t i = 0; i < c->entries.count && c->probes < PROBES_MAX && !c->stopped; i++)
        if (c->entries.by_id[i]->waits && !c->entries.by_id[i]->probe)
            probe_entry(c, c->entries.by_id[i]);
}

/* ---- Listing -------------------------------------------------------------------------------- */

/* It is there, and not whole yet: what was there before goes on. e: may be NULL. */
static bool leave_to_writer(struct catalogue *c, struct catalogue_entry *e, int64_t ms)
{
    if (e) {
        e->marked = true;
        e->missing_since = 0;
        e->waits = false;
    }
    scan_in(c, ms);
    return true;
}

/* False when there is no room for its name. */
static bool see(struct catalogue *c, const struct scan_file *f, bool trust)
{
    int64_t writing = trust ? 0 : folder_watch_writing(&c->watches[f->folder], f->name);
    struct catalogue_entry *e = writing ? entries_find(&c->entries, f->name, strlen(f->name))
                                        : entries_get(&c->entries, f->name);
    if (writing)
        return leave_to_writer(c, e, writing);
    if (!e)
        return false;
    e->catalogue = c;
    bool stable = trust || e->whole || same_file(f, &e->seen);
    bool unknown = e->touched || !same_file(f, &e->probed);
    e->marked = true;
    e->missing_since = 0;
    e->seen = *f;
    if (!unknown)
        e->waits = false;
    else if (stable)
        e->waits = true;
    else
        scan_in(c, AGREE_MS);
    if (e->waits && e->probe)
        probe_hurry(e->probe);
    return true;
}

static void miss(struct catalogue *c, struct catalogue_entry *e)
{
    int64_t now = clock_now(c->env.clock);
    bool known = e->version || e->fresh || e->error || e->probe;
    e->touched = false;
    if (!known && !e->waits) {
        e->seen = e->probed;
        return;
    }
    e->waits = false;
    if (!e->missing_since)
        e->missing_since = now;
    if (now - e->missing_since < MISSING_MS || e->probe) {
        scan_in(c, MISSING_MS);
        return;
    }
    log_info("module.removed", LOG_MODULE(NULL, e->decl.name), "%s is gone", e->path);
    e->missing_since = 0;
    e->seen = e->probed = (struct scan_file){0};
    module_version_unref(e->fresh);
    e->fresh = NULL;
    e->removed = true;
    clear_error(e);
    publish_soon(c);
}

static void read_listing(struct catalogue *c, const struct scan_list *list, bool trust)
{
    bool crowded = list->left_out > 0;
    for (size_t i = 0; i < list->count; i++)
        crowded |= !see(c, &list->files[i], trust);
    for (size_t i = 0; i < c->entries.count; i++) {
        if (!c->entries.by_id[i]->marked && list->complete)
            miss(c, c->entries.by_id[i]);
        c->entries.by_id[i]->marked = false;
    }
    if (list->error[0] && strcmp(list->error, c->trouble) != 0)
        log_warn("module.folder", LOG_NOBODY, "%s", list->error);
    memcpy(c->trouble, list->error, sizeof c->trouble);
    if (crowded && !c->crowded)
        log_warn("module.folder", LOG_NOBODY,
                 "there are more module files than the %d that can be known: remove some",
                 ENTRIES_MAX);
    c->crowded = crowded;
}

static void on_scanned(evutil_socket_t fd, short what, void *arg)
{
    struct catalogue *c = arg;
    struct scan_list list;
    (void)fd;
    (void)what;
    scanner_collect(c->scanner, &list);
    /* A file of the listing may have been made after what the loop has heard of. */
    for (int i = 0; i < 2; i++)
        folder_watch_read(&c->watches[i]);
    if (!c->stopped)
        read_listing(c, &list, false);
    scan_list_free(&list);
    c->scans++;
    start_probes(c);
    tell_waiters(c);
}

/* ---- Watching ------------------------------------------------------------------------------- */

static void on_change(struct catalogue *c, int folder, const char *name, size_t len, bool whole)
{
    struct catalogue_entry *e = name ? entries_find(&c->entries, name, len) : NULL;
    /* The other folder's file of that name may be the one that counts; then this changes nothing.
     */
    if (e && e->seen.folder == folder) {
        e->touched = true;
        e->whole = whole;
        e->seen = (struct scan_file){.folder = folder};
    }
    scan_in(c, e && whole ? 0 : QUIET_MS);
}

static void on_user_change(void *arg, const char *name, size_t len, bool whole)
{
    on_change(arg, 0, name, len, whole);
}

static void on_system_change(void *arg, const char *name, size_t len, bool whole)
{
    on_change(arg, 1, name, len, whole);
}

static void on_scan_timer(evutil_socket_t fd, short what, void *arg)
{
    struct catalogue *c = arg;
    (void)fd;
    (void)what;
    c->scan_due = 0;
    if (scanner_busy(c->scanner)) {
        scan_in(c, QUIET_MS);
        return;
    }
    for (int i = 0; i < 2; i++)
        folder_watch_open(&c->watches[i]);
    scanner_start(c->scanner);
}

static void on_poll(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    scan_in(arg, 0);
}

void catalogue_reload(struct catalogue *c, const char *name, void (*done)(void *arg), void *arg)
{
    struct catalogue_entry *e = name ? entries_find(&c->entries, name, strlen(name)) : NULL;
    struct waiter *w = xmalloc(sizeof *w);
    /* A listing that is under way may have been made before the change. */
    *w = (struct waiter){.next = c->waiters,
                         .name = xstrdup_null(name),
                         .scan = c->scans + 1 + scanner_busy(c->scanner),
                         .done = done,
                         .arg = arg};
    c->waiters = w;
    if (e)
        e->touched = true;
    scan_in(c, 0);
    if (c->stopped)
        tell_waiters(c);
}

/* ---- Beginning and end ---------------------------------------------------------------------- */

/* What an earlier server left behind. */
static int empty_folder(const char *path)
{
    if (mkdir(path, 0700) && errno != EEXIST)
        return -1;
    DIR *dir = opendir(path);
    if (!dir)
        return -1;
    const struct dirent *entry;
    while ((entry = readdir(dir)))
        if (entry->d_name[0] != '.')
            unlinkat(dirfd(dir), entry->d_name, 0);
    closedir(dir);
    return 0;
}

static void start_events(struct catalogue *c)
{
    c->scanned =
        event_new(c->env.base, scanner_fd(c->scanner), EV_READ | EV_PERSIST, on_scanned, c);
    c->scan_timer = event_new(c->env.base, -1, 0, on_scan_timer, c);
    c->poll_timer = event_new(c->env.base, -1, EV_PERSIST, on_poll, c);
    c->publish_timer = event_new(c->env.base, -1, 0, on_publish, c);
    event_add(c->scanned, NULL);
    struct timeval tv = timeval_ms(POLL_MS);
    event_add(c->poll_timer, &tv);
}

struct catalogue *catalogue_new(const struct supervisor_env *env,
                                const struct supervisor_config *config,
                                const struct catalogue_hooks *hooks, void *arg, char **error)
{
    char *copies = xasprintf("%s/module-copies", config->state_dir);
    if (empty_folder(copies)) {
        *error = xasprintf("cannot make the folder %s: %s", copies, strerror(errno));
        free(copies);
        return NULL;
    }
    struct catalogue *c = xcalloc(1, sizeof *c);
    c->env = *env;
    c->hooks = *hooks;
    c->arg = arg;
    c->modhost_path = xstrdup(config->modhost_path);
    c->copies = copies;
    c->folders[0] = xstrdup_null(config->user_dir);
    c->folders[1] = xstrdup_null(config->system_dir);
    const char *const folders[2] = {c->folders[0], c->folders[1]};
    c->scanner = scanner_new(folders);
    if (!c->scanner) {
        *error = xasprintf("cannot watch the module folders: %s", strerror(errno));
        catalogue_free(c);
        return NULL;
    }
    start_events(c);
    for (int i = 0; i < 2; i++) {
        c->watches[i] = (struct folder_watch){.base = c->env.base,
                                              .clock = c->env.clock,
                                              .path = c->folders[i],
                                              .changed = i ? on_system_change : on_user_change,
                                              .arg = c};
        folder_watch_open(&c->watches[i]);
    }
    struct scan_list list;
    scan_folders(folders, &list);
    read_listing(c, &list, true);
    scan_list_free(&list);
    /* Nobody is called before this function has returned. */
    event_active(c->publish_timer, EV_TIMEOUT, 0);
    return c;
}

void catalogue_stop(struct catalogue *c)
{
    c->stopped = true;
    tell_waiters(c);
    for (size_t i = 0; i < c->entries.count; i++) {
        struct catalogue_entry *e = c->entries.by_id[i];
        e->waits = false;
        if (!e->probe)
            continue;
        probe_free(e->probe);
        e->probe = NULL;
        free(e->copy);
        e->copy = NULL;
        c->probes--;
    }
}

static void free_event(struct event *ev)
{
    if (ev)
        event_free(ev);
}

void catalogue_free(struct catalogue *c)
{
    if (!c)
        return;
    c->stopped = true;
    tell_waiters(c);
    for (int i = 0; i < 2; i++)
        folder_watch_close(&c->watches[i]);
    free_event(c->scanned);
    free_event(c->scan_timer);
    free_event(c->poll_timer);
    free_event(c->publish_timer);
    if (c->scanner)
        scanner_free(c->scanner);
    entries_free(&c->entries);
    free(c->folders[0]);
    free(c->folders[1]);
    free(c->modhost_path);
    free(c->copies);
    free(c);
}

const struct module_decl *catalogue_find(const struct catalogue *c, const char *name)
{
    const struct catalogue_entry *e = entries_find(&c->entries, name, strlen(name));
    return e ? &e->decl : NULL;
}

const struct module_decl *catalogue_get(const struct catalogue *c, size_t i)
{
    return i < c->entries.count ? &c->entries.by_id[i]->decl : NULL;
}
