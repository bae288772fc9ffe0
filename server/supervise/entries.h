#ifndef SERVER_SUPERVISE_ENTRIES_H
#define SERVER_SUPERVISE_ENTRIES_H

#include <uthash.h>

#include "server/supervise/module_decl.h"
#include "server/supervise/scan.h"
#include "server/supervise/version.h"

/*
 * The names the catalogue knows, by name and by number. There is room for ENTRIES_MAX of them; then
 * one whose module is gone makes room for a new one.
 */
#define ENTRIES_MAX 1024

struct catalogue;
struct probe;

struct catalogue_entry {
    struct module_decl decl; /* first: a handle is a pointer to it */
    struct catalogue *catalogue;
    struct module_version *version; /* in service */
    struct module_version *fresh;   /* found good, not told yet */
    char *path;
    char *error;
    struct scan_file seen;   /* by the last listing */
    struct scan_file probed; /* what was probed last */
    bool touched;            /* was told to be changed, even if it looks as before */
    bool whole;              /* and that nobody writes to it any more */
    int64_t missing_since;   /* 0: it is there */
    bool removed;            /* not told yet */
    bool waits;              /* for a probe */
    bool marked;             /* scratch: is in the listing that is being read */
    struct probe *probe;
    char *copy;
    uint32_t serial;
    unsigned holds;
    UT_hash_handle hh;
};

/* Zero-initialized is empty. */
struct entries {
    struct catalogue_entry *by_name;
    struct catalogue_entry *by_id[ENTRIES_MAX]; /* by decl.id - 1 */
    size_t count;
};

/* NULL when it is not known. */
struct catalogue_entry *entries_find(const struct entries *entries, const char *name, size_t len);
/* Made when it is not known; NULL when there is no room for it. */
struct catalogue_entry *entries_get(struct entries *entries, const char *name);
/* NULL: a module may have the name; or what is wrong with it. */
const char *entries_name_problem(const char *name);
void entries_free(struct entries *entries);

#endif
