#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "registry/flood.h"
#include "views.h"

struct fixture {
    struct clock clock;
    struct flood *flood;
    struct registry_view *view;
};

/* dice: per user, echo: per channel and network, one and two: a group, web: for commands. */
static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof *f);
    struct views *views = views_new(NULL, NULL);
    views_put(views, "modules", "dice|echo|one|two|web|none|never|free|put|get");
    views_put(views, "module:dice", "rate_user|3/1m");
    views_put(views, "module:echo", "rate_channel|2/10s|rate_network|3/10s");
    views_put(views, "module:one", "rate_user|2/1m|rate_group|games");
    views_put(views, "module:two", "rate_user|3/2m|rate_group|games");
    views_put(views, "module:free", "rate_group|games");
    views_put(views, "module:put", "rate_group|store|rate_user.save|2/1m");
    views_put(views, "module:get", "rate_group|store");
    views_put(views, "module:web", "rate_user|4/1m|rate_user.get|1/1m|rate_network.put|1/1m");
    views_put(views, "module:never", "rate_user.x|0/1m");
    f->view = views_make(views, "net", CASEMAPPING_RFC1459);
    views_free(views);
    f->clock = clock_manual(1000000);
    f->flood = flood_new(&f->clock);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    flood_free(f->flood);
    registry_view_free(f->view);
    free(f);
    return 0;
}

static struct flood_use use_of(const struct fixture *f, const char *module, const char *source)
{
    return (struct flood_use){.module = registry_view_find(f->view, module),
                              .view = f->view,
                              .network = "net",
                              .source = source,
                              .channel = "#chan"};
}

/* Uses it now if it may. */
static bool try_use(struct fixture *f, const struct flood_use *use)
{
    if (flood_reached(f->flood, use, NULL))
        return false;
    flood_count(f->flood, use);
    return true;
}

static void the_window_slides(void **state)
{
    struct fixture *f = *state;
    struct flood_use use = use_of(f, "dice", "host:a");
    struct flood_hit hit;
    const int64_t start = f->clock.manual_ms;
    assert_true(try_use(f, &use));
    f->clock.manual_ms = start + 10000;
    assert_true(try_use(f, &use));
    f->clock.manual_ms = start + 59999;
    assert_true(try_use(f, &use));
    assert_true(flood_reached(f->flood, &use, &hit));
    assert_int_equal(hit.limit, FLOOD_USER);
    assert_false(hit.of_command);
    assert_int_equal(hit.again_ms, 1);
    f->clock.manual_ms = start + 60000; /* the first one counts no longer */
    assert_true(try_use(f, &use));
    assert_true(flood_reached(f->flood, &use, &hit));
    assert_int_equal(hit.again_ms, 10000);
    f->clock.manual_ms = start + 69999;
    assert_true(flood_reached(f->flood, &use, &hit));
    f->clock.manual_ms = start + 70000;
    assert_true(try_use(f, &use));
    assert_false(try_use(f, &use));
    f->clock.manual_ms += 60000;
    for (int i = 0; i < 3; i++)
        assert_true(try_use(f, &use));
    assert_false(try_use(f, &use));
}

/* Never more than the count within any span of the window's length, and never refused with less. */
static void no_span_holds_more(void **state)
{
    enum { USES = 3000, COUNT = 3, WINDOW = 60000 };
    static int64_t times[USES];
    struct fixture *f = *state;
    struct views_random r = {99};
    struct flood_use use = use_of(f, "dice", "host:a");
    size_t used = 0;
    for (int i = 0; i < USES; i++) {
        f->clock.manual_ms += views_random(&r, 30000);
        size_t within = 0;
        for (size_t j = 0; j < used; j++)
            within += times[j] > f->clock.manual_ms - WINDOW;
        bool may = try_use(f, &use);
        assert_int_equal(may, within < COUNT);
        if (may)
            times[used++] = f->clock.manual_ms;
    }
    assert_true(used > USES / 4 && used < USES);
}

static void a_question_counts_nothing(void **state)
{
    struct fixture *f = *state;
    struct flood_use use = use_of(f, "dice", "host:a");
    for (int i = 0; i < 100; i++)
        assert_false(flood_reached(f->flood, &use, NULL));
    assert_int_equal(flood_stats(f->flood).windows, 0);
}

static void keys_are_apart(void **state)
{
    struct fixture *f = *state;
    struct flood_use a = use_of(f, "dice", "host:a");
    struct flood_use b = use_of(f, "dice", "host:b");
    struct flood_use elsewhere = a;
    elsewhere.network = "other";
    for (int i = 0; i < 3; i++)
        assert_true(try_use(f, &a));
    assert_false(try_use(f, &a));
    assert_true(try_use(f, &b));
    assert_true(try_use(f, &elsewhere));
    a.channel = "#other"; /* the user's limit is for all places */
    assert_false(try_use(f, &a));
    a.channel = NULL;
    assert_false(try_use(f, &a));
}

static void channels_and_networks(void **state)
{
    struct fixture *f = *state;
    struct flood_use use = use_of(f, "echo", "host:a");
    struct flood_hit hit;
    assert_true(try_use(f, &use));
    use.source = "host:b";
    use.channel = "#CHAN";
    assert_true(try_use(f, &use));
    assert_true(flood_reached(f->flood, &use, &hit));
    assert_int_equal(hit.limit, FLOOD_CHANNEL);
    use.channel = "#other";
    assert_true(try_use(f, &use));
    use.channel = NULL; /* in private only the network's limit counts */
    assert_true(flood_reached(f->flood, &use, &hit));
    assert_int_equal(hit.limit, FLOOD_NETWORK);
    use.network = "other";
    assert_true(try_use(f, &use));
}

static void whitelisted_sources_are_exempt_from_the_users_limit(void **state)
{
    struct fixture *f = *state;
    struct flood_use use = use_of(f, "dice", "host:a");
    use.whitelisted = true;
    for (int i = 0; i < 10; i++)
        assert_true(try_use(f, &use));
    use.whitelisted = false; /* and those uses were not counted */
    assert_true(try_use(f, &use));
    struct flood_use echo = use_of(f, "echo", "host:a");
    echo.whitelisted = true;
    assert_true(try_use(f, &echo));
    assert_true(try_use(f, &echo));
    assert_false(try_use(f, &echo));
}

static void commands_have_limits_of_their_own(void **state)
{
    struct fixture *f = *state;
    struct flood_use use = use_of(f, "web", "host:a");
    struct flood_hit hit;
    use.command = "get";
    assert_true(try_use(f, &use));
    assert_true(flood_reached(f->flood, &use, &hit));
    assert_int_equal(hit.limit, FLOOD_USER);
    assert_true(hit.of_command);
    assert_int_equal(hit.rate.count, 1);
    use.command = "put";
    assert_true(try_use(f, &use));
    use.source = "host:b";
    assert_true(flood_reached(f->flood, &use, &hit));
    assert_int_equal(hit.limit, FLOOD_NETWORK);
    assert_true(hit.of_command);
    use.source = "host:a"; /* each use counts for the module too */
    use.command = "list";
    assert_true(try_use(f, &use));
    assert_true(try_use(f, &use));
    assert_true(flood_reached(f->flood, &use, &hit));
    assert_false(hit.of_command);
}

static void a_group_counts_together(void **state)
{
    struct fixture *f = *state;
    struct flood_use one = use_of(f, "one", "host:a");
    struct flood_use two = use_of(f, "two", "host:a");
    assert_true(try_use(f, &two));
    assert_true(try_use(f, &one));
    assert_false(try_use(f, &one)); /* 2/1m */
    assert_true(try_use(f, &two));  /* 3/2m */
    assert_false(try_use(f, &two));
    f->clock.manual_ms += 60000;
    assert_true(try_use(f, &one));
    assert_false(try_use(f, &two)); /* still four within two minutes */
}

/* What one member may not forget, because another asks for it. */
static void a_group_remembers_what_its_widest_limit_needs(void **state)
{
    struct fixture *f = *state;
    struct flood_use one = use_of(f, "one", "host:a"); /* 2/1m */
    struct flood_use two = use_of(f, "two", "host:a"); /* 3/2m */
    assert_true(try_use(f, &one));
    assert_true(try_use(f, &one));
    f->clock.manual_ms += 60000;
    assert_true(try_use(f, &one));
    assert_false(try_use(f, &two));
    f->clock.manual_ms += 60000;
    assert_true(try_use(f, &two));
}

static void members_without_a_limit_count_in_their_group(void **state)
{
    struct fixture *f = *state;
    struct flood_use bare = use_of(f, "free", "host:a");
    struct flood_use one = use_of(f, "one", "host:a");
    struct flood_use other = use_of(f, "one", "host:b");
    assert_true(flood_is_counted(f->view, bare.module));
    for (int i = 0; i < 5; i++)
        assert_true(try_use(f, &bare)); /* nothing limits it itself */
    assert_false(try_use(f, &one));
    assert_true(try_use(f, &other));
    /* Only what some member has a limit for is kept: one window for each source. */
    assert_int_equal(flood_stats(f->flood).windows, 2);
}

/* Members come, go and change while the view follows. */
static void a_group_follows_edits(void **state)
{
    struct fixture *f = *state;
    struct views *views = views_new(NULL, NULL);
    views_put(views, "modules", "bare|member");
    views_put(views, "module:bare", "rate_group|g");
    struct registry_view *view = views_make(views, "net", CASEMAPPING_RFC1459);
    assert_false(flood_is_counted(view, registry_view_find(view, "bare")));
    static const struct {
        const char *key;
        const char *words;
        bool counted;
    } edits[] = {
        {"module:member", "rate_group|g|rate_channel|1/1m", true},
        {"module:member", "rate_group|h|rate_channel|1/1m", false},
        {"network:net:module:member", "rate_group|g", true},
        {"network:net:module:bare", "rate_group|other", false},
        {"network:net:module:bare", "usage|x", true},
        {"modules", "bare", false},
        {"modules", "bare|member", false}, /* its definition was forgotten */
        {"module:member", "rate_network|1/1m", true},
        {"network:net:module:member", "usage|x", false},
        {"module:bare", "rate_user|1/1m", true}, /* by itself */
    };
    for (size_t i = 0; i < sizeof edits / sizeof *edits; i++) {
        views_put(views, edits[i].key, edits[i].words);
        views_commit(views);
        registry_view_follow(view, views->snapshot, NULL, NULL);
        bool counted = flood_is_counted(view, registry_view_find(view, "bare"));
        if (counted != edits[i].counted)
            fail_msg("after %s %s", edits[i].key, edits[i].words);
    }
    (void)f;
    registry_view_free(view);
    views_free(views);
}

static void limits_of_one_command_in_a_group(void **state)
{
    struct fixture *f = *state;
    struct flood_use get = use_of(f, "get", "host:a");
    struct flood_use put = use_of(f, "put", "host:a");
    assert_false(flood_is_counted(f->view, get.module)); /* passive: only a command is limited */
    get.command = put.command = "load";
    assert_true(try_use(f, &get));
    assert_int_equal(flood_stats(f->flood).windows, 0);
    get.command = put.command = "save";
    assert_true(try_use(f, &get));
    assert_true(try_use(f, &get));
    assert_false(try_use(f, &put));
}

static void a_count_of_nothing_forbids(void **state)
{
    struct fixture *f = *state;
    struct flood_use use = use_of(f, "never", "host:a");
    struct flood_hit hit;
    char text[100];
    assert_true(try_use(f, &use));
    use.command = "x";
    assert_true(flood_reached(f->flood, &use, &hit));
    assert_int_equal(hit.again_ms, -1);
    assert_string_equal(flood_describe(text, sizeof text, &hit), "it may not be used at all");
}

static void no_limit_keeps_nothing(void **state)
{
    struct fixture *f = *state;
    struct flood_use use = use_of(f, "none", "host:a");
    for (int i = 0; i < 1000; i++)
        assert_true(try_use(f, &use));
    struct flood_use silent = use_of(f, "dice", ""); /* no source */
    for (int i = 0; i < 10; i++)
        assert_true(try_use(f, &silent));
    assert_int_equal(flood_stats(f->flood).windows, 0);
}

static void told_once_in_a_window(void **state)
{
    struct fixture *f = *state;
    struct flood_use a = use_of(f, "echo", "host:a");
    struct flood_use b = use_of(f, "echo", "host:b");
    struct flood_hit hit;
    char text[100];
    while (try_use(f, &a))
        ;
    f->clock.manual_ms += 1500;
    assert_true(flood_reached(f->flood, &a, &hit));
    assert_string_equal(flood_describe(text, sizeof text, &hit),
                        "at most 2 uses in 10s; again in 9s");
    assert_true(flood_tell(f->flood, &a, &hit));
    assert_false(flood_tell(f->flood, &a, &hit));
    assert_true(flood_tell(f->flood, &b, &hit)); /* each source */
    a.channel = "#other";
    assert_true(flood_tell(f->flood, &a, &hit)); /* each limit */
    a.channel = "#chan";
    f->clock.manual_ms += 9999;
    assert_false(flood_tell(f->flood, &a, &hit));
    f->clock.manual_ms += 1;
    assert_true(flood_tell(f->flood, &a, &hit));
}

static void a_source_over_all_modules(void **state)
{
    const struct rate rate = {3, 60000};
    struct fixture *f = *state;
    for (int i = 0; i < 3; i++)
        assert_false(flood_count_source(f->flood, "net", "host:a", rate));
    assert_false(flood_count_source(f->flood, "net", "host:b", rate));
    assert_false(flood_count_source(f->flood, "other", "host:a", rate));
    assert_true(flood_count_source(f->flood, "net", "host:a", rate));
    assert_false(flood_count_source(f->flood, "net", "host:a", rate)); /* anew */
    f->clock.manual_ms += 60000;
    for (int i = 0; i < 3; i++)
        assert_false(flood_count_source(f->flood, "net", "host:a", rate));
    for (int i = 0; i < 100; i++)
        assert_false(flood_count_source(f->flood, "net", "host:c", (struct rate){0}));
}

static void names_sources(void **state)
{
    static const struct {
        const char *nick, *host, *account, *key;
    } rows[] = {
        {"Alice", "Host.Example", "Ali[ce]", "account:ali{ce}"},
        {"Alice", "Host.Example", NULL, "host:host.example"},
        {"Bob", "host.EXAMPLE", "", "host:host.example"},
        {"Alice", "", NULL, "nick:alice"},
        {"", NULL, NULL, ""},
    };
    char key[FLOOD_SOURCE_SIZE];
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_string_equal(flood_source_key(key, sizeof key, CASEMAPPING_RFC1459, rows[i].nick,
                                             rows[i].host, rows[i].account),
                            rows[i].key);
}

static void a_changed_rate_judges_the_same_uses(void **state)
{
    struct fixture *f = *state;
    struct flood_use use = use_of(f, "dice", "host:a");
    for (int i = 0; i < 3; i++)
        assert_true(try_use(f, &use));
    struct views *views = views_new(NULL, NULL);
    views_put(views, "modules", "dice");
    views_put(views, "module:dice", "rate_user|5/1m");
    struct registry_view *view = views_make(views, "net", CASEMAPPING_RFC1459);
    views_free(views);
    use.module = registry_view_find(view, "dice");
    assert_true(try_use(f, &use));
    assert_true(try_use(f, &use));
    assert_false(try_use(f, &use));
    use.module = registry_view_find(f->view, "dice");
    f->clock.manual_ms += 59999;
    assert_false(try_use(f, &use));
    f->clock.manual_ms += 1;
    assert_true(try_use(f, &use));
    registry_view_free(view);
}

static void windows_that_ran_out_are_swept(void **state)
{
    struct fixture *f = *state;
    char source[32] = "";
    struct flood_use use = use_of(f, "dice", source);
    for (int i = 0; i < 1000; i++) {
        snprintf(source, sizeof source, "host:%d", i);
        assert_true(try_use(f, &use));
    }
    assert_int_equal(flood_stats(f->flood).windows, 1000);
    f->clock.manual_ms += 60000;
    for (int i = 0; i < 400; i++) {
        snprintf(source, sizeof source, "host:new%d", i % 100);
        try_use(f, &use);
    }
    assert_int_equal(flood_stats(f->flood).windows, 100);
    assert_int_equal(flood_stats(f->flood).forgotten, 0);
}

static void memory_is_bounded(void **state)
{
    struct fixture *f = *state;
    char source[64] = "";
    struct flood_use use = use_of(f, "dice", source);
    for (int i = 0; i < 3 * FLOOD_MAX_WINDOWS; i++) {
        snprintf(source, sizeof source, "host:%d.some.rather.long.name.example.org", i);
        flood_count(f->flood, &use);
    }
    struct flood_stats stats = flood_stats(f->flood);
    assert_true(stats.windows <= FLOOD_MAX_WINDOWS);
    assert_true(stats.bytes <= FLOOD_MAX_BYTES);
    assert_int_equal(stats.forgotten, 3 * FLOOD_MAX_WINDOWS - stats.windows);
    for (int i = 0; i < 2; i++) /* the newest is still known */
        assert_true(try_use(f, &use));
    assert_false(try_use(f, &use));
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(the_window_slides),
        TEST(no_span_holds_more),
        TEST(a_question_counts_nothing),
        TEST(keys_are_apart),
        TEST(channels_and_networks),
        TEST(whitelisted_sources_are_exempt_from_the_users_limit),
        TEST(commands_have_limits_of_their_own),
        TEST(a_group_counts_together),
        TEST(a_group_remembers_what_its_widest_limit_needs),
        TEST(members_without_a_limit_count_in_their_group),
        TEST(a_group_follows_edits),
        TEST(limits_of_one_command_in_a_group),
        TEST(a_count_of_nothing_forbids),
        TEST(no_limit_keeps_nothing),
        TEST(told_once_in_a_window),
        TEST(a_source_over_all_modules),
        TEST(names_sources),
        TEST(a_changed_rate_judges_the_same_uses),
        TEST(windows_that_ran_out_are_swept),
        TEST(memory_is_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
