#include "registry/problems.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "base/xmalloc.h"

struct problem {
    struct problem *next;
    char *status;
    char *field;
    char *text;
    bool seen; /* since problems_begin */
};

/* All that is wrong in one Redis key: a reading of everything asks for each key once. */
struct problem_key {
    char *key;
    struct problem *first;
    UT_hash_handle hh;
};

void problems_init(struct problems *p, problems_fn *tell, void *arg)
{
    *p = (struct problems){.tell = tell, .arg = arg};
}

static struct problem_key *find(const struct problems *p, const char *key)
{
    struct problem_key *k = NULL;
    HASH_FIND_STR(p->keys, key, k);
    return k;
}

static void remove_at(struct problems *p, struct problem **link)
{
    struct problem *gone = *link;
    *link = gone->next;
    p->count--;
    free(gone->status);
    free(gone->field);
    free(gone->text);
    free(gone);
}

static void remove_key(struct problems *p, struct problem_key *k)
{
    while (k->first)
        remove_at(p, &k->first);
    HASH_DEL(p->keys, k);
    free(k->key);
    free(k);
}

void problems_clear(struct problems *p)
{
    struct problem_key *k = NULL;
    struct problem_key *next = NULL;
    HASH_ITER(hh, p->keys, k, next)
    {
        remove_key(p, k);
    }
}

static void forget_seen(struct problem_key *k)
{
    for (struct problem *i = k ? k->first : NULL; i; i = i->next)
        i->seen = false;
}

void problems_begin(struct problems *p, const char *key)
{
    if (key)
        forget_seen(find(p, key));
    else
        for (struct problem_key *k = p->keys; k; k = k->hh.next)
            forget_seen(k);
}

static struct problem *find_field(const struct problem_key *k, const char *field)
{
    for (struct problem *i = k ? k->first : NULL; i; i = i->next)
        if (!strcmp(i->field, field))
            return i;
    return NULL;
}

static void add_new(struct problems *p, const char *key, const char *status, const char *field,
                    const char *text)
{
    struct problem_key *k = find(p, key);
    if (!k) {
        k = xcalloc(1, sizeof *k);
        k->key = xstrdup(key);
        HASH_ADD_KEYPTR(hh, p->keys, k->key, strlen(k->key), k);
    }
    struct problem *new = xcalloc(1, sizeof *new);
    *new = (struct problem){.next = k->first,
                            .status = xstrdup(status),
                            .field = xstrdup(field),
                            .text = xstrdup(text),
                            .seen = true};
    k->first = new;
    p->count++;
}

void problems_add(struct problems *p, const char *key, const char *status, const char *field,
                  const char *text)
{
    struct problem *known = find_field(find(p, key), field);
    if (known) {
        known->seen = true;
        if (!strcmp(known->text, text))
            return;
        free(known->text);
        known->text = xstrdup(text);
    } else if (p->count < PROBLEMS_MAX) {
        add_new(p, key, status, field, text);
    } else {
        return;
    }
    p->tell(p->arg, status, field, text);
}

static void end_key(struct problems *p, struct problem_key *k)
{
    for (struct problem **link = &k->first; *link;) {
        struct problem *i = *link;
        if (!i->seen) {
            p->tell(p->arg, i->status, i->field, NULL);
            remove_at(p, link);
        } else {
            link = &i->next;
        }
    }
    if (!k->first)
        remove_key(p, k);
}

void problems_end(struct problems *p, const char *key)
{
    struct problem_key *k = NULL;
    struct problem_key *next = NULL;
    if (key) {
        k = find(p, key);
        if (k)
            end_key(p, k);
        return;
    }
    HASH_ITER(hh, p->keys, k, next)
    {
        end_key(p, k);
    }
}

void problems_tell_all(struct problems *p)
{
    for (const struct problem_key *k = p->keys; k; k = k->hh.next)
        for (const struct problem *i = k->first; i; i = i->next)
            p->tell(p->arg, i->status, i->field, i->text);
}

void problems_each(const struct problems *p, problems_each_fn *fn, void *arg)
{
    for (const struct problem_key *k = p->keys; k; k = k->hh.next)
        for (const struct problem *i = k->first; i; i = i->next)
            fn(arg, k->key, i->status, i->field, i->text);
}
