#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "registry/snapshot.h"
#include "views.h"

#define MODULES  6
#define NETWORKS 3
#define EDITS    4000

/* What the callbacks tell, as an index would keep it. */
struct mirror {
    struct registry_view *view;
    const struct module_view *modules[MODULES];
    int told;
};

static int number_of(const struct module_view *m)
{
    return m->name[1] - '0'; /* "m0" */
}

static void on_changed(void *arg, const struct module_view *old, const struct module_view *now)
{
    struct mirror *mirror = arg;
    int number = old ? number_of(old) : number_of(now);
    assert_ptr_not_equal(old, now);
    if (now)
        assert_int_equal(number_of(now), number);
    assert_ptr_equal(mirror->modules[number], old);
    mirror->modules[number] = now;
    mirror->told++;
}

static void expect_same_set(const struct name_set *a, const struct name_set *b)
{
    assert_int_equal(a->me, b->me);
    assert_int_equal(a->count, b->count);
    for (size_t i = 0; i < a->count; i++)
        assert_string_equal(a->names[i], b->names[i]);
}

/* A view that followed says what a new one says, and so do the callbacks. */
static void expect_same(struct mirror *mirror, const struct registry_view *fresh)
{
    const struct registry_view *view = mirror->view;
    size_t known = 0;
    assert_int_equal(view->generation, fresh->generation);
    assert_int_equal(view->count, fresh->count);
    for (size_t i = 0; i < view->count; i++) {
        const struct module_view *a = view->modules[i];
        const struct module_view *b = fresh->modules[i];
        assert_string_equal(a->name, b->name);
        assert_true(module_fields_equal(&a->fields, &b->fields));
        for (size_t list = 0; list < sizeof a->lists / sizeof *a->lists; list++)
            expect_same_set(&a->lists[list], &b->lists[list]);
        assert_ptr_equal(mirror->modules[number_of(a)], a);
    }
    for (int i = 0; i < MODULES; i++)
        known += mirror->modules[i] != NULL;
    assert_int_equal(known, view->count);
    for (size_t i = 0; i < VIEW_IGNORES; i++)
        assert_true(ignore_list_equal(view->ignores[i], fresh->ignores[i]));
}

static void put_some_modules(struct views *v, struct views_random *r)
{
    char words[64] = "";
    size_t len = 0;
    for (unsigned i = 0; i < MODULES; i++)
        if (views_random(r, 4))
            len += (size_t)snprintf(words + len, sizeof words - len, "m%u|", i);
    views_put(v, "modules", words);
}

static void edit(struct views *v, struct views_random *r)
{
    static const char *const fields[] = {"", "enabled|yes", "enabled|no", "cmd_prefix|?",
                                         "enabled|yes|description|Something."};
    static const char *const lists[] = {"", "#a", "#a|#b", "net1/#c", "net0/#d|#a"};
    char base[48];
    char key[64];
    unsigned module = views_random(r, MODULES);
    unsigned network = views_random(r, 2 * NETWORKS);
    if (network < NETWORKS)
        snprintf(base, sizeof base, "network:net%u:module:m%u", network, module);
    else
        snprintf(base, sizeof base, "module:m%u", module);
    switch (views_random(r, 12)) {
    case 0:
        put_some_modules(v, r);
        break;
    case 1:
        snprintf(key, sizeof key, "network:net%u:ignores", network % NETWORKS);
        views_put(v, key, views_random(r, 2) ? "*!*@bad.example|0" : "");
        break;
    case 2:
    case 3:
    case 4:
    case 5:
        views_put(v, base, fields[views_random(r, 5)]);
        break;
    default:
        snprintf(key, sizeof key, "%s:%s", base, views_random(r, 2) ? "dchannels" : "echannels");
        views_put(v, key, lists[views_random(r, 5)]);
    }
}

static void following_is_as_good_as_making_anew(void **state)
{
    struct views *v = views_new(NULL, NULL);
    struct views_random r = {.state = 1};
    struct mirror mirrors[NETWORKS] = {{0}};
    char name[8];
    (void)state;
    for (int i = 0; i < NETWORKS; i++) {
        snprintf(name, sizeof name, "net%d", i);
        mirrors[i].view = views_make(v, name, CASEMAPPING_RFC1459);
    }
    for (int n = 0; n < EDITS; n++) {
        for (unsigned edits = 1 + views_random(&r, 3); edits; edits--)
            edit(v, &r);
        views_commit(v);
        for (int i = 0; i < NETWORKS; i++) {
            if (!views_random(&r, 3))
                continue; /* this one follows later, several edits at once */
            snprintf(name, sizeof name, "net%d", i);
            struct registry_view *fresh = views_make(v, name, CASEMAPPING_RFC1459);
            registry_view_follow(mirrors[i].view, v->snapshot, on_changed, &mirrors[i]);
            expect_same(&mirrors[i], fresh);
            registry_view_free(fresh);
        }
    }
    for (int i = 0; i < NETWORKS; i++)
        registry_view_free(mirrors[i].view);
    views_free(v);
}

static void an_edit_touches_what_it_changes(void **state)
{
    struct views *v = views_new(NULL, NULL);
    struct mirror mirror = {0};
    (void)state;
    views_put(v, "modules", "m0|m1|m2|m3");
    views_put(v, "network:net0:module:m1", "enabled|yes");
    views_put(v, "module:m2:dchannels", "net0/#a");
    views_commit(v);
    mirror.view = views_make(v, "net0", CASEMAPPING_RFC1459);
    for (int i = 0; i < 4; i++)
        mirror.modules[i] = mirror.view->modules[i];

    static const struct {
        const char *key;
        const char *words;
        int told;
    } rows[] = {{"module:m0", "enabled|yes", 1},
                {"module:m1", "description|Under an overlay.", 1},
                {"network:net0:module:m1", "enabled|no", 1},
                {"network:net0:module:m3", "enabled|yes", 1},
                {"network:net1:module:m3", "enabled|yes", 0},
                {"network:net0:ignores", "*!*@bad.example|0", 0},
                {"modules", "m0|m2|m3", 1},
                {"modules", "m0|m2|m3|m5", 1},
                {"modules", "m2", 3}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        mirror.told = 0;
        views_put(v, rows[i].key, rows[i].words);
        assert_true(views_commit(v));
        registry_view_follow(mirror.view, v->snapshot, on_changed, &mirror);
        assert_int_equal(mirror.told, rows[i].told);
    }
    registry_view_free(mirror.view);
    views_free(v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(following_is_as_good_as_making_anew),
        cmocka_unit_test(an_edit_touches_what_it_changes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
