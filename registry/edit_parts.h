#ifndef REGISTRY_EDIT_PARTS_H
#define REGISTRY_EDIT_PARTS_H

#include "registry/edit.h"
#include "registry/keys.h"

/* What edit.c gives to account_edit.c, and to it alone: the words of its script. */

struct edit_late;
/* What can be told only when the edit is committed, from the snapshot that stands then: adds
 * writes, or refuses with -1 and why. */
typedef int edit_late_fn(struct registry_edit *e, const struct edit_late *late,
                         const struct snapshot *s, char *why, size_t why_size);
struct edit_late {
    edit_late_fn *fn;
    char *name;
    char *text;
};

/* 0, or -1 when there are too many writes. */
int edit_room(const struct registry_edit *e, char *why, size_t why_size);
int edit_check_network(const char *network, char *why, size_t why_size);
/* The key's number. type: "hash", "set", or "any" where it is taken away. */
size_t edit_key(struct registry_edit *e, const struct registry_key *key, const char *type);
/* what: lives as long as the edit. */
int edit_write(struct registry_edit *e, const char *what, size_t key, const char *first,
               const char *second);
void edit_later(struct registry_edit *e, edit_late_fn *fn, const char *name, const char *text);
/* Names that this edit makes: what is checked of them cannot be found in Redis yet. */
void edit_made(struct registry_edit *e, const char *key);
bool edit_makes(const struct registry_edit *e, const char *key);

#endif
