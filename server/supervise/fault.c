#include "server/supervise/fault.h"

#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "base/xmalloc.h"

static const struct {
    const char *name;
    bool counts;
} kinds[FAULT_KINDS] = {
#define X(name, text, counts) [FAULT_##name] = {text, counts},
    FAULT_KIND_LIST(X)
#undef X
};

const char *fault_kind_name(enum fault_kind kind)
{
    return kinds[kind].name;
}

void fault_explain(struct fault *fault, const char *reason)
{
    str_copy(fault->reason, sizeof fault->reason, reason);
}

/* Few modules ever have one: a list is enough. */
struct fault_record *fault_book_find(const struct fault_book *book, const char *module)
{
    for (struct fault_record *r = book->first; r; r = r->next)
        if (!strcmp(r->module, module))
            return r;
    return NULL;
}

static struct fault_record *make_record(struct fault_book *book, const char *module)
{
    struct fault_record **at = &book->first;
    while (*at && strcmp((*at)->module, module) < 0)
        at = &(*at)->next;
    if (*at && !strcmp((*at)->module, module))
        return *at;
    struct fault_record *r = xmalloc(sizeof *r);
    *r = (struct fault_record){.module = xstrdup(module), .next = *at};
    *at = r;
    return r;
}

/* Another limit begins to count anew. */
static void fit_ring(struct fault_record *r, size_t size)
{
    if (r->nring == size)
        return;
    free(r->times);
    r->times = xcalloc(size, sizeof *r->times);
    r->nring = size;
    r->ntimes = 0;
}

static bool too_often(struct fault_record *r, struct rate limit, int64_t now)
{
    fit_ring(r, limit.count);
    r->times[r->ntimes++ % r->nring] = now;
    return r->ntimes >= r->nring && now - r->times[r->ntimes % r->nring] <= limit.window_ms;
}

bool fault_book_add(struct fault_book *book, const char *module, const struct fault *fault,
                    uint32_t serial, struct rate limit, int64_t now)
{
    struct fault_record *r = make_record(book, module);
    char window[RATE_TEXT_SIZE];
    r->count++;
    r->last = *fault;
    bool judged = kinds[fault->kind].counts && rate_limits(limit) && limit.count;
    if (!judged || !too_often(r, limit, now) || r->quarantine)
        return false;
    r->quarantine =
        xasprintf("%u faults within %s, the last %s%s: %s", limit.count,
                  duration_write(window, sizeof window, limit.window_ms),
                  *fault->doing ? "in " : "while it did nothing", fault->doing, fault->reason);
    r->since_ms = fault->at_ms;
    r->serial = serial;
    book->quarantined++;
    return true;
}

const char *fault_book_quarantined(const struct fault_book *book, const char *module)
{
    const struct fault_record *r = book->quarantined ? fault_book_find(book, module) : NULL;
    return r ? r->quarantine : NULL;
}

void fault_book_forgive(struct fault_book *book, const char *module)
{
    struct fault_record *r = fault_book_find(book, module);
    if (r)
        r->ntimes = 0;
}

bool fault_book_lift(struct fault_book *book, struct fault_record *record)
{
    record->ntimes = 0;
    if (!record->quarantine)
        return false;
    free(record->quarantine);
    record->quarantine = NULL;
    book->quarantined--;
    return true;
}

void fault_book_free(struct fault_book *book)
{
    while (book->first) {
        struct fault_record *r = book->first;
        book->first = r->next;
        free(r->module);
        free(r->quarantine);
        free(r->times);
        free(r);
    }
    *book = (struct fault_book){0};
}
