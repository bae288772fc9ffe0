#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "views.h"

static void fail_problem(void *arg, const char *status, const char *field, const char *text)
{
    (void)arg;
    fail_msg("%s %s: %s", status, field, text);
}

struct views *views_new(problems_fn *tell, void *arg)
{
    struct views *v = calloc(1, sizeof *v);
    v->model = model_new(tell ? tell : fail_problem, arg);
    v->snapshot = snapshot_new();
    return v;
}

void views_free(struct views *v)
{
    snapshot_unref(v->snapshot);
    model_free(v->model);
    free(v);
}

void views_put(struct views *v, const char *key, const char *words)
{
    char *copy = strdup(words);
    size_t most = 1;
    for (const char *s = words; *s; s++)
        most += *s == '|';
    struct model_bytes *bytes = calloc(most, sizeof *bytes);
    size_t count = 0;
    for (char *save, *w = strtok_r(copy, "|", &save); w; w = strtok_r(NULL, "|", &save))
        bytes[count++] = (struct model_bytes){w, strlen(w)};
    struct registry_key parsed = key_parse(key);
    switch (parsed.kind) {
    case KEY_MODULES:
        model_apply_index(v->model, bytes, count);
        break;
    case KEY_HASH:
        model_apply_hash(v->model, &parsed, bytes, count);
        break;
    case KEY_LIST:
        model_apply_list(v->model, &parsed, bytes, count);
        break;
    case KEY_IGNORES:
        model_apply_ignores(v->model, &parsed, bytes, count);
        break;
    default:
        fail_msg("%s", key);
    }
    free(bytes);
    free(copy);
}

bool views_commit(struct views *v)
{
    struct snapshot *next = model_commit(v->model, v->snapshot);
    bool changed = next != v->snapshot;
    snapshot_unref(v->snapshot);
    v->snapshot = next;
    return changed;
}

struct registry_view *views_make(struct views *v, const char *network, enum casemapping casemapping)
{
    views_commit(v);
    return registry_view_new(v->snapshot, network, casemapping, '!');
}

uint32_t views_random(struct views_random *r, uint32_t below)
{
    r->state = r->state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(r->state >> 33) % below;
}
