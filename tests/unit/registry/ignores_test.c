#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "registry/check.h"
#include "registry/ignores.h"
#include "views.h"

#define NOW 1000000

static bool ignored(const struct registry_view *view, struct ignores *ig, const char *host,
                    int64_t now_s, struct ignore_match *match)
{
    struct mask_source source;
    mask_source_init(&source, view->casemapping, "alice", "al", host, "Al");
    *match = (struct ignore_match){0};
    return ignores_match(view, ig, &source, now_s, match);
}

static void stand_in_the_registry(void **state)
{
    struct views *views = views_new(NULL, NULL);
    struct ignore_match match;
    (void)state;
    views_put(views, "ignores", "*!*@all.example|0|*!*@short.example|1000010");
    views_put(views, "network:net:ignores", "*!*@net.example|0|account:al|999999|*!*@*.x|1000001");
    struct registry_view *view = views_make(views, "net", CASEMAPPING_RFC1459);
    struct registry_view *other = views_make(views, "other", CASEMAPPING_RFC1459);
    assert_true(ignored(view, NULL, "ALL.example", NOW, &match));
    assert_string_equal(match.mask, "*!*@all.example");
    assert_false(match.in_memory);
    assert_true(ignored(view, NULL, "net.example", NOW, &match));
    assert_false(ignored(other, NULL, "net.example", NOW, &match));
    assert_true(ignored(other, NULL, "short.example", NOW + 9, &match));
    assert_int_equal(match.expires_s, 1000010);
    assert_false(ignored(other, NULL, "short.example", NOW + 10, &match));
    assert_true(ignored(view, NULL, "a.x", NOW, &match)); /* the account's ended before */
    assert_string_equal(match.mask, "*!*@*.x");
    assert_false(ignored(view, NULL, "a.x", NOW + 1, &match));
    registry_view_free(view);
    registry_view_free(other);
    views_free(views);
}

static void edits_are_heard(void **state)
{
    struct views *views = views_new(NULL, NULL);
    struct ignore_match match;
    (void)state;
    views_put(views, "network:net:ignores", "*!*@a|0");
    assert_true(views_commit(views));
    assert_int_equal(views->snapshot->nnetworks, 1);
    views_put(views, "network:net:ignores", "*!*@a|0"); /* the same again */
    assert_false(views_commit(views));
    views_put(views, "network:net:ignores", "*!*@a|1");
    assert_true(views_commit(views));
    views_put(views, "network:net:ignores", ""); /* lifted */
    assert_true(views_commit(views));
    assert_int_equal(views->snapshot->nnetworks, 0);
    struct registry_view *view = views_make(views, "net", CASEMAPPING_ASCII);
    assert_false(ignored(view, NULL, "a", NOW, &match));
    registry_view_free(view);
    views_free(views);
}

static void a_full_reading_forgets_them(void **state)
{
    struct views *views = views_new(NULL, NULL);
    struct ignore_match match;
    (void)state;
    views_put(views, "ignores", "*!*@a|0");
    views_put(views, "network:net:ignores", "*!*@b|0");
    views_put(views, "network:more:ignores", "*!*@c|0");
    model_begin_full(views->model);
    views_put(views, "network:more:ignores", "*!*@c|0");
    model_end_full(views->model);
    struct registry_view *view = views_make(views, "net", CASEMAPPING_ASCII);
    assert_false(ignored(view, NULL, "a", NOW, &match));
    assert_false(ignored(view, NULL, "b", NOW, &match));
    registry_view_free(view);
    view = views_make(views, "more", CASEMAPPING_ASCII);
    assert_true(ignored(view, NULL, "c", NOW, &match));
    registry_view_free(view);
    views_free(views);
}

struct told {
    char text[512];
    int problems;
};

static void tell(void *arg, const char *status, const char *field, const char *text)
{
    struct told *told = arg;
    snprintf(told->text, sizeof told->text, "%s %s %s", status, field, text ? text : "-");
    told->problems = text != NULL; /* all of one key */
}

static void wrong_entries_are_told(void **state)
{
    struct told told = {0};
    struct views *views = views_new(tell, &told);
    struct ignore_match match;
    (void)state;
    views_put(views, "network:net:ignores", "*!*@a|0|bob|0|*!*@b|soon");
    assert_int_equal(told.problems, 1);
    assert_non_null(strstr(told.text, "registry net/ignores"));
    assert_non_null(strstr(told.text, "seconds since 1970"));
    assert_non_null(strstr(told.text, "2 wrong entries do not count"));
    struct registry_view *view = views_make(views, "net", CASEMAPPING_ASCII);
    assert_true(ignored(view, NULL, "a", NOW, &match));
    assert_false(ignored(view, NULL, "b", NOW, &match));
    registry_view_free(view);
    views_put(views, "network:net:ignores", "*!*@a|-5"); /* keeps its last good expiry */
    assert_int_equal(told.problems, 1);
    view = views_make(views, "net", CASEMAPPING_ASCII);
    assert_true(ignored(view, NULL, "a", NOW, &match));
    registry_view_free(view);
    struct registry_key key = key_parse("network:net:ignores");
    model_begin_full(views->model);
    model_apply_unreadable(views->model, &key, "the key has the wrong type: it must be a hash");
    model_end_full(views->model);
    assert_non_null(strstr(told.text, "wrong type"));
    view = views_make(views, "net", CASEMAPPING_ASCII);
    assert_true(ignored(view, NULL, "a", NOW, &match));
    registry_view_free(view);
    views_put(views, "network:net:ignores", "*!*@a|0");
    assert_int_equal(told.problems, 0);
    views_free(views);
}

static void count(void *arg, const char *network, const char *mask, int64_t expires_s)
{
    char *text = arg;
    snprintf(text + strlen(text), 200 - strlen(text), "%s/%s=%lld ", network, mask,
             (long long)expires_s);
}

static void memory(void **state)
{
    struct views *views = views_new(NULL, NULL);
    struct registry_view *view = views_make(views, "net", CASEMAPPING_RFC1459);
    struct registry_view *other = views_make(views, "other", CASEMAPPING_ASCII);
    struct ignores *ig = ignores_new();
    struct ignore_match match;
    char why[REGISTRY_WHY_SIZE];
    char text[200] = "";
    (void)state;
    assert_false(ignored(view, ig, "a", NOW, &match));
    assert_int_equal(ignores_add(ig, "net", "*!*@a", NOW + 5, why, sizeof why), 0);
    assert_int_equal(ignores_add(ig, "", "*!*@b", 0, why, sizeof why), 0);
    assert_int_equal(ignores_add(ig, "net", "rubbish", 0, why, sizeof why), -1);
    assert_non_null(strstr(why, "did you mean"));
    assert_true(ignored(view, ig, "a", NOW + 4, &match));
    assert_true(match.in_memory);
    assert_int_equal(match.expires_s, NOW + 5);
    assert_false(ignored(view, ig, "a", NOW + 5, &match));
    assert_false(ignored(other, ig, "a", NOW, &match));
    assert_true(ignored(view, ig, "b", NOW, &match));
    assert_true(ignored(other, ig, "B", NOW, &match));
    assert_false(ignored(view, ig, "c", NOW, &match));
    ignores_add(ig, "net", "*!*@c", NOW + 5, why, sizeof why);
    assert_true(ignored(view, ig, "c", NOW, &match));
    assert_int_equal(ignores_remove(ig, "net", CASEMAPPING_ASCII, "*!*@c"), 1);
    assert_false(ignored(view, ig, "c", NOW, &match));
    ignores_add(ig, "net", "*!*@a", NOW + 50, why, sizeof why); /* longer */
    assert_true(ignored(view, ig, "a", NOW + 5, &match));
    ignores_each(ig, NULL, count, text);
    assert_string_equal(text, "net/*!*@a=1000050 /*!*@b=0 ");
    *text = '\0';
    ignores_each(ig, "net", count, text);
    assert_string_equal(text, "net/*!*@a=1000050 ");
    ignores_sweep(ig, NOW + 50);
    assert_int_equal(ignores_count(ig), 1);
    assert_int_equal(ignores_remove(ig, "net", CASEMAPPING_ASCII, "*!*@a"), 0);
    assert_int_equal(ignores_remove(ig, "", CASEMAPPING_ASCII, "*!*@b"), 1);
    assert_false(ignored(other, ig, "b", NOW, &match));
    assert_int_equal(ignores_count(ig), 0);
    ignores_free(ig);
    registry_view_free(view);
    registry_view_free(other);
    views_free(views);
}

static void memory_is_bounded(void **state)
{
    struct ignores *ig = ignores_new();
    char why[REGISTRY_WHY_SIZE];
    char mask[40];
    (void)state;
    ignores_add(ig, "net", "*!*@for.ever", 0, why, sizeof why);
    for (int i = 0; i < IGNORES_MAX + 10; i++) {
        snprintf(mask, sizeof mask, "*!*@host%d", i);
        ignores_add(ig, "net", mask, NOW + i, why, sizeof why);
    }
    assert_int_equal(ignores_count(ig), IGNORES_MAX);
    assert_int_equal(ignores_remove(ig, "net", CASEMAPPING_ASCII, "*!*@host10"),
                     0); /* ended first, so it made room */
    assert_int_equal(ignores_remove(ig, "net", CASEMAPPING_ASCII, "*!*@host11"), 1);
    assert_int_equal(ignores_remove(ig, "net", CASEMAPPING_ASCII, "*!*@for.ever"), 1);
    ignores_free(ig);
}

static void a_mask_is_lifted_however_it_is_written(void **state)
{
    struct ignores *ig = ignores_new();
    char why[REGISTRY_WHY_SIZE];
    (void)state;
    ignores_add(ig, "net", "Joe[1]!*@Host", 0, why, sizeof why);
    ignores_add(ig, "net", "joe[1]!*@host", NOW, why, sizeof why);
    ignores_add(ig, "net", "joe!*@host", 0, why, sizeof why);
    assert_int_equal(ignores_remove(ig, "net", CASEMAPPING_ASCII, "joe{1}!*@host"), 0);
    assert_int_equal(ignores_remove(ig, "net", CASEMAPPING_RFC1459, "JOE{1}!*@HOST"), 2);
    assert_int_equal(ignores_count(ig), 1);
    ignores_free(ig);
}

static void what_has_come_to_the_registry_is_its_own(void **state)
{
    struct ignores *ig = ignores_new();
    char why[REGISTRY_WHY_SIZE];
    char text[200] = "";
    struct ignore items[] = {{"*!*@for.ever", 0}, {"*!*@long", NOW + 50}, {"*!*@short", NOW + 5}};
    struct ignore_list *list = ignore_list_new(items, 3);
    struct network_overlays net = {.refs = 1, .network = "net", .ignores = list};
    struct network_overlays *networks[] = {&net};
    struct snapshot s = {.refs = 1, .nnetworks = 1, .networks = networks};
    (void)state;
    ignores_add(ig, "net", "*!*@long", NOW + 2, why, sizeof why);
    ignores_add(ig, "net", "*!*@for.ever", 0, why, sizeof why);
    ignores_add(ig, "net", "*!*@short", NOW + 50, why, sizeof why); /* is being made longer */
    ignores_add(ig, "net", "*!*@other", NOW + 2, why, sizeof why);
    ignores_add(ig, "", "*!*@long", NOW + 2, why, sizeof why);
    ignores_add(ig, "elsewhere", "*!*@long", NOW + 2, why, sizeof why);
    ignores_follow(ig, &s);
    ignores_each(ig, NULL, count, text);
    assert_string_equal(text, "net/*!*@short=1000050 net/*!*@other=1000002 /*!*@long=1000002 "
                              "elsewhere/*!*@long=1000002 ");
    s.nnetworks = 0;
    s.ignores = list;
    ignores_follow(ig, &s);
    assert_int_equal(ignores_count(ig), 3);
    ignore_list_unref(list);
    ignores_free(ig);
}

static void single_edits_are_checked(void **state)
{
    static const struct {
        const char *field, *value;
        bool overlay;
        const char *why; /* NULL: accepted */
    } rows[] = {
        {"enabled", "yes", false, NULL},
        {"enabled", "perhaps", false, "yes or no"},
        {"enabeld", "yes", false, "did you mean enabled?"},
        {"rate_user", "3/1m", true, NULL},
        {"rate_user.roll", "3/1m", false, NULL},
        {"rate_user.Roll", "3/1m", false, "lower case"},
        {"rate_user.", "3/1m", false, "one word"},
        {"rate_user.a.b", "3/1m", false, "without a dot"},
        {"rate_user.roll", "3", false, "N/duration"},
        {"enabled.roll", "yes", false, "for the whole module"},
        {"inherit", "no", true, NULL},
        {"inherit", "no", false, "name the network"},
        {"event_types", "join", false, "written by the server"},
        {"name", "x", false, "written by the server"},
        {"echannels", "#a", false, "is a list"},
        {"capability", "admin", false, NULL},
        {"capability", "-admin", false, "without the -"},
        {"auth_group", "ops", false, NULL},
        {"auth_group", "o p s", false, "one word"},
    };
    char why[REGISTRY_WHY_SIZE];
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        int rc = registry_check_field("dice", rows[i].field, rows[i].value, rows[i].overlay, why,
                                      sizeof why);
        if ((rc == 0) != (rows[i].why == NULL) || (rc && !strstr(why, rows[i].why)))
            fail_msg("%s=%s: %s", rows[i].field, rows[i].value, rc ? why : "accepted");
    }
    assert_int_equal(registry_check_field("d d", "enabled", "yes", false, why, sizeof why), -1);
    assert_int_equal(registry_check_unset("rate_user.roll", false, why, sizeof why), 0);
    assert_int_equal(registry_check_unset("event_types", false, why, sizeof why), -1);
    assert_int_equal(registry_check_item("blacklist", "net/*!*@*", why, sizeof why), 0);
    assert_int_equal(registry_check_item("blacklist", "bob", why, sizeof why), -1);
    assert_non_null(strstr(why, "bob!*@*"));
    assert_int_equal(registry_check_item("blaklist", "bob", why, sizeof why), -1);
    assert_non_null(strstr(why, "did you mean blacklist?"));
    assert_int_equal(registry_check_item("enabled", "bob", why, sizeof why), -1);
    assert_non_null(strstr(why, "set its value"));
    assert_int_equal(registry_check_ignore("*!*@a", "0", why, sizeof why), 0);
    assert_int_equal(registry_check_ignore("*!*@a", "1h", why, sizeof why), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stand_in_the_registry),
        cmocka_unit_test(edits_are_heard),
        cmocka_unit_test(a_full_reading_forgets_them),
        cmocka_unit_test(wrong_entries_are_told),
        cmocka_unit_test(memory),
        cmocka_unit_test(memory_is_bounded),
        cmocka_unit_test(a_mask_is_lifted_however_it_is_written),
        cmocka_unit_test(what_has_come_to_the_registry_is_its_own),
        cmocka_unit_test(single_edits_are_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
