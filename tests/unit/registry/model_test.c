#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "registry/model.h"
#include "registry/view.h"

struct fixture {
    struct model *model;
    struct snapshot *snapshot;
    struct registry_view *view;
    char told[512]; /* the last problem: "status field text" */
    int problems;
};

static void tell(void *arg, const char *status, const char *field, const char *text)
{
    struct fixture *f = arg;
    snprintf(f->told, sizeof f->told, "%s %s %s", status, field, text ? text : "-");
    f->problems += text ? 1 : -1;
}

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    f->model = model_new(tell, f);
    f->snapshot = snapshot_new();
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    registry_view_free(f->view);
    snapshot_unref(f->snapshot);
    model_free(f->model);
    free(f);
    return 0;
}

/* Words divided by '|' into bytes. */
static size_t words(const char *text, char copy[512], struct model_bytes *out)
{
    size_t n = 0;
    snprintf(copy, 512, "%s", text);
    for (char *save, *w = strtok_r(copy, "|", &save); w; w = strtok_r(NULL, "|", &save))
        out[n++] = (struct model_bytes){w, strlen(w)};
    return n;
}

static void put(struct fixture *f, const char *key, const char *text)
{
    char copy[512];
    struct model_bytes bytes[32];
    size_t n = words(text, copy, bytes);
    struct registry_key parsed = key_parse(key);
    switch (parsed.kind) {
    case KEY_MODULES:
        model_apply_index(f->model, bytes, n);
        break;
    case KEY_HASH:
        model_apply_hash(f->model, &parsed, bytes, n);
        break;
    case KEY_LIST:
        model_apply_list(f->model, &parsed, bytes, n);
        break;
    default:
        fail_msg("%s", key);
    }
}

/* true when something changed. */
static bool commit(struct fixture *f)
{
    struct snapshot *next = model_commit(f->model, f->snapshot);
    bool changed = next != f->snapshot;
    snapshot_unref(f->snapshot);
    f->snapshot = next;
    return changed;
}

static const struct module_view *view(struct fixture *f, const char *network, const char *module)
{
    registry_view_free(f->view);
    f->view = registry_view_new(f->snapshot, network, CASEMAPPING_RFC1459, '!');
    return registry_view_find(f->view, module);
}

static void builds_a_snapshot(void **state)
{
    struct fixture *f = *state;
    put(f, "modules", "dice|echo");
    put(f, "module:dice", "enabled|yes|description|Rolls.|cmd_prefix|.");
    put(f, "module:dice:enicks", "$me");
    assert_true(commit(f));
    assert_int_equal(f->snapshot->nmodules, 2);
    const struct module_view *dice = view(f, "libera", "dice");
    assert_true(dice->fields.enabled);
    assert_string_equal(dice->fields.description, "Rolls.");
    assert_int_equal(registry_view_prefix(f->view, dice), '.');
    assert_true(dice->lists[LIST_ENICKS].me);
    const struct module_view *echo = registry_view_find(f->view, "echo");
    assert_false(echo->fields.enabled);
    assert_int_equal(registry_view_prefix(f->view, echo), '!');
    assert_null(registry_view_find(f->view, "seen"));
}

static void the_same_again_is_no_change(void **state)
{
    struct fixture *f = *state;
    put(f, "modules", "dice");
    put(f, "module:dice", "enabled|yes");
    put(f, "module:dice:echannels", "#b|#a");
    assert_true(commit(f));
    uint64_t generation = f->snapshot->generation;
    put(f, "modules", "dice");
    put(f, "module:dice", "enabled|yes");
    put(f, "module:dice:echannels", "#a|#b|#a");
    put(f, "network:libera:module:dice", "");
    assert_false(commit(f));
    assert_int_equal(f->snapshot->generation, generation);
}

static void unchanged_parts_are_shared(void **state)
{
    struct fixture *f = *state;
    put(f, "modules", "dice|echo");
    put(f, "network:libera:module:echo", "enabled|yes");
    commit(f);
    struct snapshot *before = snapshot_ref(f->snapshot);
    put(f, "module:dice", "enabled|yes");
    commit(f);
    assert_ptr_not_equal(before->modules[0], f->snapshot->modules[0]);
    assert_ptr_equal(before->modules[1], f->snapshot->modules[1]);
    assert_ptr_equal(before->networks[0], f->snapshot->networks[0]);
    assert_false(before->modules[0]->fields.enabled);
    snapshot_unref(before);
}

static void overlays(void **state)
{
    struct fixture *f = *state;
    put(f, "modules", "dice");
    put(f, "module:dice", "enabled|no|description|Rolls.|cmd_prefix|.");
    put(f, "module:dice:dchannels", "#shared|oftc/#only");
    put(f, "module:dice:enicks", "$me|Friend");
    put(f, "network:libera:module:dice", "enabled|yes|cmd_prefix|?");
    put(f, "network:libera:module:dice:dchannels", "#Own");
    commit(f);
    const struct module_view *m = view(f, "libera", "dice");
    assert_true(m->fields.enabled);
    assert_int_equal(m->fields.cmd_prefix, '?');
    assert_string_equal(m->fields.description, "Rolls.");
    assert_true(name_set_has(&m->lists[LIST_DCHANNELS], CASEMAPPING_RFC1459, "#SHARED"));
    assert_true(name_set_has(&m->lists[LIST_DCHANNELS], CASEMAPPING_RFC1459, "#own"));
    assert_false(name_set_has(&m->lists[LIST_DCHANNELS], CASEMAPPING_RFC1459, "#only"));
    m = view(f, "oftc", "dice");
    assert_false(m->fields.enabled);
    assert_true(name_set_has(&m->lists[LIST_DCHANNELS], CASEMAPPING_RFC1459, "#only"));
    assert_false(name_set_has(&m->lists[LIST_DCHANNELS], CASEMAPPING_RFC1459, "#own"));

    put(f, "network:libera:module:dice", "inherit|no");
    commit(f);
    m = view(f, "libera", "dice");
    assert_int_equal(m->lists[LIST_DCHANNELS].count, 1);
    assert_false(m->lists[LIST_ENICKS].me);

    put(f, "network:libera:module:dice", "inherit|enicks");
    commit(f);
    m = view(f, "libera", "dice");
    assert_int_equal(m->lists[LIST_DCHANNELS].count, 1);
    assert_true(m->lists[LIST_ENICKS].me);
    assert_int_equal(m->lists[LIST_ENICKS].count, 1);

    put(f, "network:libera:module:dice", "");
    put(f, "network:libera:module:dice:dchannels", "");
    commit(f);
    assert_int_equal(f->snapshot->nnetworks, 0);
}

static void networks_without_an_overlay_share(void **state)
{
    struct fixture *f = *state;
    put(f, "modules", "dice|echo|tell");
    put(f, "module:echo:dnicks", "n2/bad");
    put(f, "network:n3:module:tell", "enabled|yes");
    commit(f);
    struct registry_view *v[4];
    for (int i = 0; i < 4; i++) {
        char name[8];
        snprintf(name, sizeof name, "n%d", i);
        v[i] =
            registry_view_new(f->snapshot, name, i ? CASEMAPPING_ASCII : CASEMAPPING_RFC1459, '!');
    }
    assert_ptr_not_equal(v[0]->modules[0], v[1]->modules[0]); /* another casemapping */
    assert_ptr_equal(v[1]->modules[0], v[2]->modules[0]);
    assert_ptr_equal(v[1]->modules[1], v[3]->modules[1]);
    assert_ptr_not_equal(v[1]->modules[1], v[2]->modules[1]); /* an item for n2 */
    assert_int_equal(v[1]->modules[1]->lists[LIST_DNICKS].count, 0);
    assert_int_equal(v[2]->modules[1]->lists[LIST_DNICKS].count, 1);
    assert_ptr_not_equal(v[1]->modules[2], v[3]->modules[2]); /* an overlay */
    for (int i = 0; i < 4; i++)
        registry_view_free(v[i]);
}

static void a_view_outlives_its_snapshot(void **state)
{
    struct fixture *f = *state;
    put(f, "modules", "dice");
    put(f, "module:dice", "description|old");
    commit(f);
    const struct module_view *m = view(f, "libera", "dice");
    put(f, "module:dice", "description|new");
    commit(f);
    assert_string_equal(m->fields.description, "old");
}

static void a_wrong_value_keeps_the_last_good_one(void **state)
{
    struct fixture *f = *state;
    put(f, "modules", "dice");
    put(f, "module:dice", "enabled|yes|cmd_prefix|.");
    commit(f);
    put(f, "module:dice", "enabled|perhaps|cmd_prefix|?");
    assert_int_equal(f->problems, 1);
    assert_non_null(strstr(f->told, "module:dice enabled \"perhaps\" is wrong: must be yes or no"));
    assert_non_null(strstr(f->told, "the last good value counts"));
    commit(f);
    const struct module_view *m = view(f, "libera", "dice");
    assert_true(m->fields.enabled);
    assert_int_equal(m->fields.cmd_prefix, '?');
    put(f, "module:dice", "enabled|perhaps|cmd_prefix|?"); /* told once */
    assert_int_equal(f->problems, 1);
    put(f, "module:dice", "enabled|no");
    assert_int_equal(f->problems, 0);
    assert_string_equal(f->told, "module:dice enabled -");
}

static void wrong_overlay_values_fall_back_to_the_shared_one(void **state)
{
    struct fixture *f = *state;
    put(f, "modules", "dice");
    put(f, "module:dice", "enabled|yes|inherit|no");
    assert_non_null(strstr(f->told, "belongs into an overlay"));
    put(f, "network:libera:module:dice", "enabled|x");
    assert_non_null(strstr(f->told, "module:dice libera/enabled"));
    commit(f);
    assert_true(view(f, "libera", "dice")->fields.enabled);
    assert_int_equal(f->problems, 2);
}

/* What cannot be read of a guard must not leave the door open. */
static void a_wrong_guard_keeps_everybody_out(void **state)
{
    struct fixture *f = *state;
    put(f, "modules", "dice");
    put(f, "module:dice", "auth_group|the ops|capability|admin");
    assert_non_null(strstr(f->told, "module:dice auth_group"));
    assert_non_null(strstr(f->told, "nobody may use the module's commands"));
    commit(f);
    assert_string_equal(view(f, "libera", "dice")->fields.auth_group, FIELD_NOBODY);
    assert_string_equal(view(f, "libera", "dice")->fields.capability, "admin");
    put(f, "module:dice", "auth_group|ops");
    put(f, "module:dice", "auth_group|the ops");
    assert_non_null(strstr(f->told, "the last good value counts"));
    put(f, "network:libera:module:dice", "capability|a b");
    commit(f);
    assert_string_equal(view(f, "libera", "dice")->fields.auth_group, "ops");
    assert_string_equal(view(f, "libera", "dice")->fields.capability, FIELD_NOBODY);
    assert_string_equal(view(f, "oftc", "dice")->fields.capability, "");
}

static uint32_t limit(const struct module_view *m, enum module_field field, const char *command)
{
    const struct command_rate *rate = module_fields_rate(&m->fields, field, command);
    return rate ? rate->rate.count : 99;
}

static void limits_of_commands_are_overlaid_one_by_one(void **state)
{
    struct fixture *f = *state;
    put(f, "modules", "dice");
    put(f, "module:dice", "rate_user|9/1m|rate_user.roll|1/1m|rate_user.flip|2/1m");
    put(f, "network:libera:module:dice", "rate_user.flip|3/1m|rate_channel.flip|4/1m");
    commit(f);
    const struct module_view *m = view(f, "libera", "dice");
    assert_int_equal(m->fields.rate_user.count, 9);
    assert_int_equal(limit(m, FIELD_RATE_USER, "roll"), 1);
    assert_int_equal(limit(m, FIELD_RATE_USER, "flip"), 3);
    assert_int_equal(limit(m, FIELD_RATE_CHANNEL, "flip"), 4);
    m = view(f, "oftc", "dice");
    assert_int_equal(limit(m, FIELD_RATE_USER, "flip"), 2);
    assert_int_equal(limit(m, FIELD_RATE_CHANNEL, "flip"), 99);
    put(f, "module:dice", "rate_user.roll|often");
    assert_non_null(strstr(f->told, "rate_user.roll \"often\" is wrong: must be N/duration"));
    commit(f);
    m = view(f, "oftc", "dice");
    assert_int_equal(limit(m, FIELD_RATE_USER, "roll"), 1);
    assert_int_equal(limit(m, FIELD_RATE_USER, "flip"), 99);
    put(f, "module:dice", "");
    assert_int_equal(f->problems, 0);
    put(f, "network:libera:module:dice", "rate_user.flip|0"); /* no limit here */
    put(f, "module:dice", "rate_user.flip|2/1m");
    assert_true(commit(f));
    assert_int_equal(limit(view(f, "libera", "dice"), FIELD_RATE_USER, "flip"), 0);
}

static void a_name_says_what_its_key_says(void **state)
{
    struct fixture *f = *state;
    put(f, "modules", "dice");
    put(f, "module:dice", "name|dice|enabled|yes");
    assert_int_equal(f->problems, 0);
    put(f, "module:dice", "name|cards|enabled|yes");
    assert_non_null(strstr(f->told, "the name is dice"));
}

static void unknown_names_are_told(void **state)
{
    struct fixture *f = *state;
    put(f, "modules", "dice|b\xc3\xa4");
    assert_non_null(strstr(f->told, "registry modules"));
    put(f, "module:dice", "enabeld|yes");
    assert_non_null(strstr(f->told, "did you mean enabled?"));
    struct registry_key key = key_parse("module:dice:echanels");
    model_apply_unknown_list(f->model, &key, true);
    assert_non_null(strstr(f->told, "did you mean echannels?"));
    model_apply_unknown_list(f->model, &key, false);
    assert_int_equal(f->problems, 2);
}

static void wrong_items_do_not_count(void **state)
{
    struct fixture *f = *state;
    put(f, "modules", "dice");
    put(f, "module:dice:echannels", "#good|bad|worse");
    assert_non_null(strstr(f->told, "\"bad\" is no channel"));
    assert_non_null(strstr(f->told, "2 wrong items do not count"));
    put(f, "module:dice:echannels", "worse|#good|bad");
    assert_int_equal(f->problems, 1);
    commit(f);
    assert_int_equal(view(f, "libera", "dice")->lists[LIST_ECHANNELS].count, 1);
}

/* "#N" for the numbers from one to the other, upwards or downwards. */
static void put_numbers(struct fixture *f, const char *key, int from, int to)
{
    static char texts[FIELD_MAX_ITEMS + 2][16];
    static struct model_bytes items[FIELD_MAX_ITEMS + 2];
    struct registry_key parsed = key_parse(key);
    int step = from < to ? 1 : -1;
    size_t n = 0;
    for (int i = from; i != to + step; i += step, n++) {
        int len = snprintf(texts[n], sizeof texts[n], "#%05d", i);
        items[n] = (struct model_bytes){texts[n], (size_t)len};
    }
    model_apply_list(f->model, &parsed, items, n);
}

static void of_too_many_items_the_known_ones_count(void **state)
{
    struct fixture *f = *state;
    put(f, "modules", "dice");
    /* Nothing is known: every server takes the same. */
    put_numbers(f, "module:dice:echannels", FIELD_MAX_ITEMS, 0);
    assert_non_null(strstr(f->told, "20001 items, and at most 20000 may be"));
    commit(f);
    const struct item_list *list = snapshot_module(f->snapshot, "dice")->lists[LIST_ECHANNELS];
    assert_int_equal(list->count, FIELD_MAX_ITEMS);
    assert_string_equal(list->items[FIELD_MAX_ITEMS - 1], "#19999");
    put_numbers(f, "module:dice:echannels", 1, FIELD_MAX_ITEMS);
    assert_int_equal(f->problems, 0);
    assert_true(commit(f));
    put_numbers(f, "module:dice:echannels", 0, FIELD_MAX_ITEMS);
    assert_int_equal(f->problems, 1);
    assert_non_null(strstr(f->told, "until then the last good ones count"));
    assert_false(commit(f));
}

static void an_unreadable_key_keeps_what_was_known(void **state)
{
    struct fixture *f = *state;
    put(f, "modules", "dice");
    put(f, "module:dice", "enabled|yes");
    put(f, "module:dice:dchannels", "#a");
    commit(f);
    struct registry_key hash = key_parse("module:dice");
    struct registry_key list = key_parse("module:dice:dchannels");
    model_begin_full(f->model);
    put(f, "modules", "dice");
    model_apply_unreadable(f->model, &hash, "the key has the wrong type");
    model_apply_unreadable(f->model, &list, "the key has the wrong type");
    model_end_full(f->model);
    assert_int_equal(f->problems, 2);
    assert_false(commit(f));
    put(f, "module:dice", "enabled|yes");
    put(f, "module:dice:dchannels", "#a");
    assert_int_equal(f->problems, 0);
}

static void a_full_reading_forgets_what_is_gone(void **state)
{
    struct fixture *f = *state;
    put(f, "modules", "dice|echo");
    put(f, "module:dice", "enabled|yes|cmd_prefix|xx");
    put(f, "module:echo", "enabled|yes");
    put(f, "network:libera:module:dice", "enabled|no");
    put(f, "network:libera:module:dice:enicks", "a");
    put(f, "network:libera:module:echo:enicks", "a");
    commit(f);
    assert_int_equal(f->problems, 1);
    model_begin_full(f->model);
    put(f, "modules", "dice");
    put(f, "module:dice", "description|d");
    put(f, "network:libera:module:dice:enicks", "a");
    model_end_full(f->model);
    commit(f);
    assert_int_equal(f->problems, 0);
    assert_int_equal(f->snapshot->nmodules, 1);
    const struct network_overlays *n = snapshot_network(f->snapshot, "libera");
    assert_int_equal(n->count, 1);
    assert_int_equal(n->modules[0]->set, 0);
    assert_non_null(n->modules[0]->lists[LIST_ENICKS]);
    assert_false(view(f, "libera", "dice")->fields.enabled);
}

/* A thousand modules on two hundred networks, of which each overlays ten. */
static void many_modules_and_networks_stay_cheap(void **state)
{
    enum { MODULES = 1000, NETWORKS = 200 };
    struct fixture *f = *state;
    static char names[MODULES][16];
    static struct model_bytes index[MODULES];
    static struct registry_view *views[NETWORKS];
    for (int i = 0; i < MODULES; i++) {
        snprintf(names[i], sizeof names[i], "module%d", i);
        index[i] = (struct model_bytes){names[i], strlen(names[i])};
    }
    model_apply_index(f->model, index, MODULES);
    for (int i = 0; i < MODULES; i++) {
        char key[64];
        snprintf(key, sizeof key, "module:module%d", i);
        put(f, key, "enabled|yes|description|Does something.");
        snprintf(key, sizeof key, "module:module%d:enicks", i);
        put(f, key, "$me");
    }
    for (int i = 0; i < NETWORKS; i++) {
        for (int j = 0; j < 10; j++) {
            char key[64];
            snprintf(key, sizeof key, "network:net%d:module:module%d", i, (i + j) % MODULES);
            put(f, key, "cmd_prefix|?");
        }
    }
    commit(f);
    int64_t before = clock_now(&clock_system);
    put(f, "module:module7", "enabled|no");
    commit(f);
    for (int i = 0; i < NETWORKS; i++) {
        char name[16];
        snprintf(name, sizeof name, "net%d", i);
        views[i] = registry_view_new(f->snapshot, name, CASEMAPPING_RFC1459, '!');
    }
    int64_t took = clock_now(&clock_system) - before;
    print_message("an edit of one of %d modules, new views of %d networks: %lld ms\n", MODULES,
                  NETWORKS, (long long)took);
    assert_true(took < 5000); /* a bound for sanitizers and slow machines */
    for (int i = 0; i < NETWORKS; i++) {
        assert_false(registry_view_find(views[i], "module7")->fields.enabled);
        registry_view_free(views[i]);
    }
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(builds_a_snapshot),
        TEST(the_same_again_is_no_change),
        TEST(unchanged_parts_are_shared),
        TEST(overlays),
        TEST(networks_without_an_overlay_share),
        TEST(a_view_outlives_its_snapshot),
        TEST(a_wrong_value_keeps_the_last_good_one),
        TEST(wrong_overlay_values_fall_back_to_the_shared_one),
        TEST(a_wrong_guard_keeps_everybody_out),
        TEST(limits_of_commands_are_overlaid_one_by_one),
        TEST(a_name_says_what_its_key_says),
        TEST(unknown_names_are_told),
        TEST(wrong_items_do_not_count),
        TEST(of_too_many_items_the_known_ones_count),
        TEST(an_unreadable_key_keeps_what_was_known),
        TEST(a_full_reading_forgets_what_is_gone),
        TEST(many_modules_and_networks_stay_cheap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
