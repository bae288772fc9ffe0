#include "registry/problems.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/xmalloc.h"

struct problem {
    struct problem *next;
    char *key;
    char *status;
    char *field;
    char *text;
    bool seen; /* since problems_begin */
};

void problems_init(struct problems *p, problems_fn *tell, void *arg)
{
    *p = (struct problems){.tell = tell, .arg = arg};
}

static void remove_at(struct problems *p, struct problem **link)
{
    struct problem *gone = *link;
    *link = gone->next;
    p->count--;
    free(gone->key);
    free(gone->status);
    free(gone->field);
    free(gone->text);
    free(gone);
}

void problems_clear(struct problems *p)
{
    while (p->first)
        remove_at(p, &p->first);
}

void problems_begin(struct problems *p, const char *key)
{
    for (struct problem *i = p->first; i; i = i->next)
        if (!key || !strcmp(i->key, key))
            i->seen = false;
}

void problems_add(struct problems *p, const char *key, const char *status, const char *field,
                  const char *text)
{
    for (struct problem *i = p->first; i; i = i->next) {
        if (strcmp(i->key, key) != 0 || strcmp(i->field, field) != 0)
            continue;
        bool same = !strcmp(i->text, text);
        i->seen = true;
        if (same)
            return;
        free(i->text);
        i->text = xstrdup(text);
        p->tell(p->arg, status, field, text);
        return;
    }
    if (p->count >= PROBLEMS_MAX)
        return;
    struct problem *new = xcalloc(1, sizeof *new);
    *new = (struct problem){.next = p->first,
                            .key = xstrdup(key),
                            .status = xstrdup(status),
                            .field = xstrdup(field),
                            .text = xstrdup(text),
                            .seen = true};
    p->first = new;
    p->count++;
    p->tell(p->arg, status, field, text);
}

void problems_end(struct problems *p, const char *key)
{
    for (struct problem **link = &p->first; *link;) {
        struct problem *i = *link;
        if (!i->seen && (!key || !strcmp(i->key, key))) {
            p->tell(p->arg, i->status, i->field, NULL);
            remove_at(p, link);
        } else {
            link = &i->next;
        }
    }
}

void problems_tell_all(struct problems *p)
{
    for (struct problem *i = p->first; i; i = i->next)
        p->tell(p->arg, i->status, i->field, i->text);
}

void problems_each(const struct problems *p, problems_each_fn *fn, void *arg)
{
    for (const struct problem *i = p->first; i; i = i->next)
        fn(arg, i->key, i->status, i->field, i->text);
}
