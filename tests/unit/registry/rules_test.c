#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "base/permission.h"
#include "registry/decide.h"
#include "views.h"

/*
 * Every set of rules that can apply at once, in every kind of place: what decides is worked out
 * here from the list of rules alone, and must be what the registry says.
 */
enum condition {
    OFF,
    NOT_HANDLED,
    BLACK,
    WHITE,
    DCHAN,
    DNICK,
    ECHAN,
    ENICK,
    IGNORED,
    ANTI,
    GROUP,
    MEMBER,
    CAPABILITY,
    CAPABLE,
    USER_RATE,
    CHANNEL_RATE,
    NETWORK_RATE,
    CONDITIONS
};
#define BIT(condition) (1u << (condition))

enum kind { CHANNEL_COMMAND, CHANNEL_MESSAGE, PRIVATE_COMMAND, QUIT_OF_TWO, NOWHERE, KINDS };
static const char *const kind_names[KINDS] = {"command in a channel", "message in a channel",
                                              "private command", "quit of two channels",
                                              "quit of no channel"};

static bool is_command(enum kind kind)
{
    return kind == CHANNEL_COMMAND || kind == PRIVATE_COMMAND;
}

/* Of the rules on places: which one decides, as registry.md says. */
static enum decide_reason expected_place(unsigned set, enum kind kind)
{
    bool channels = kind != PRIVATE_COMMAND;
    if (kind == NOWHERE)
        return DECIDE_NOWHERE;
    if (channels && set & BIT(DCHAN))
        return DECIDE_DCHANNEL;
    if (set & BIT(DNICK))
        return DECIDE_DNICK;
    if (channels && set & BIT(ECHAN))
        return DECIDE_ECHANNEL;
    if (set & BIT(ENICK))
        return DECIDE_ENICK;
    return DECIDE_NO_RULE;
}

static bool place_allows(enum decide_reason reason)
{
    return reason == DECIDE_ECHANNEL || reason == DECIDE_ENICK;
}

static enum decide_reason expected(unsigned set, enum kind kind)
{
    if (set & BIT(OFF))
        return DECIDE_DISABLED;
    if (set & BIT(NOT_HANDLED))
        return DECIDE_EVENT_TYPE;
    if (set & BIT(BLACK))
        return DECIDE_BLACKLIST;
    enum decide_reason place = set & BIT(WHITE) ? DECIDE_WHITELIST : expected_place(set, kind);
    if (place != DECIDE_WHITELIST && !place_allows(place))
        return place;
    if (set & BIT(IGNORED))
        return DECIDE_IGNORED;
    if (is_command(kind) && set & BIT(ANTI))
        return DECIDE_ANTICAPABILITY;
    if (is_command(kind) && set & BIT(GROUP) && !(set & BIT(MEMBER)))
        return DECIDE_AUTH_GROUP;
    if (is_command(kind) && set & BIT(CAPABILITY) && !(set & BIT(CAPABLE)))
        return DECIDE_CAPABILITY;
    if (set & BIT(USER_RATE) && !(set & BIT(WHITE)))
        return DECIDE_RATE_USER;
    /* A whitelisted source's QUIT is of no one channel. */
    bool one_channel = kind == CHANNEL_COMMAND || kind == CHANNEL_MESSAGE ||
                       (kind == QUIT_OF_TWO && !(set & BIT(WHITE)));
    if (set & BIT(CHANNEL_RATE) && one_channel)
        return DECIDE_RATE_CHANNEL;
    if (set & BIT(NETWORK_RATE))
        return DECIDE_RATE_NETWORK;
    return place;
}

static bool has(const void *ctx, const char *nick)
{
    char word[128];
    snprintf(word, sizeof word, " %s ", nick);
    return strstr(ctx, word) != NULL;
}

static struct registry_view *make_view(unsigned set, enum kind kind, enum casemapping map)
{
    struct views *views = views_new(NULL, NULL);
    char fields[400];
    snprintf(
        fields, sizeof fields, "enabled|%s|event_types|%s%s%s%s%s%s", set & BIT(OFF) ? "no" : "yes",
        set & BIT(NOT_HANDLED) ? "topic" : "message quit command",
        set & BIT(GROUP) ? "|auth_group|ops" : "", set & BIT(CAPABILITY) ? "|capability|admin" : "",
        set & BIT(USER_RATE) ? "|rate_user|1/1m" : "",
        set & BIT(CHANNEL_RATE) ? "|rate_channel|1/1m" : "",
        set & BIT(NETWORK_RATE) ? "|rate_network|1/1m" : "");
    views_put(views, "modules", "m");
    views_put(views, "module:m", fields);
    /* In other case than the network writes them. */
    if (set & BIT(BLACK))
        views_put(views, "module:m:blacklist", "zoe!*@*|*!AL@*.Example.ORG");
    if (set & BIT(WHITE))
        views_put(views, "module:m:whitelist", "account:ALICE|zoe!*@*");
    if (set & BIT(DCHAN))
        views_put(views, "module:m:dchannels", "#one|#TWO|#zzz");
    if (set & BIT(ECHAN))
        views_put(views, "module:m:echannels", "#ONE|#two|#zzz");
    if (set & BIT(DNICK))
        views_put(views, "module:m:dnicks", kind == PRIVATE_COMMAND ? "ALICE" : "Rival|zoe");
    if (set & BIT(ENICK))
        views_put(views, "module:m:enicks", "zoe|$me");
    struct registry_view *view = views_make(views, "net", map);
    views_free(views);
    return view;
}

#define IN " bot alice rival "

struct scene {
    bool trusted;
    struct decide_place places[2];
    struct decide_guard guard;
    struct decide_facts facts;
    unsigned set;
};

static const char *may_call(void *ctx, const char *module, const char *command, const char *channel)
{
    const struct scene *s = ctx;
    assert_string_equal(module, "m");
    assert_string_equal(command, "roll");
    if (s->facts.is_private)
        assert_null(channel);
    else
        assert_string_equal(channel, "#One");
    return s->set & BIT(ANTI) ? "-m.roll" : NULL;
}

static bool in_group(void *ctx, const char *group)
{
    const struct scene *s = ctx;
    assert_string_equal(group, "ops");
    return s->set & BIT(MEMBER);
}

static bool has_capability(void *ctx, const char *capability)
{
    const struct scene *s = ctx;
    if (!strcmp(capability, "trusted"))
        return s->trusted;
    assert_string_equal(capability, "admin");
    return s->set & BIT(CAPABLE);
}

static void set_scene(struct scene *s, unsigned set, enum kind kind, const struct flood *flood)
{
    *s = (struct scene){.places = {{"#One", has, IN}, {"#two", has, IN}},
                        .guard = {s, may_call, in_group, has_capability},
                        .set = set};
    s->facts = (struct decide_facts){
        .type = is_command(kind)          ? EVENT_COMMAND
                : kind == CHANNEL_MESSAGE ? EVENT_MESSAGE
                                          : EVENT_QUIT,
        .network = "net",
        .nick = "Alice",
        .user = "al",
        .host = "host.example.org",
        .account = "Alice",
        .me = "Bot",
        .is_private = kind == PRIVATE_COMMAND,
        .places = s->places,
        .nplaces = kind == QUIT_OF_TWO                          ? 2
                   : kind == PRIVATE_COMMAND || kind == NOWHERE ? 0
                                                                : 1,
        .ignored = set & BIT(IGNORED) ? "*!*@host.example.org" : NULL,
        .command = is_command(kind) ? "roll" : NULL,
        .flood = flood,
        .guard = &s->guard,
    };
}

/* One use by the same source, in the first channel. */
static void use_up(struct flood *flood, const struct module_view *m, const struct scene *s)
{
    char source[FLOOD_SOURCE_SIZE];
    const struct decision none = {.place = s->facts.nplaces ? &s->places[0] : NULL};
    struct flood_use use = decide_use(m, &s->facts, &none, source);
    flood_count(flood, &use);
}

/* The place of a rule in the order in which they are looked at. */
static int rank(enum decide_reason rule)
{
    return rule == DECIDE_ANTICAPABILITY ? 4 * DECIDE_IGNORED + 1
           : rule == DECIDE_SECRET       ? 4 * DECIDE_OURS + 1
           : rule == DECIDE_NOT_LOADED   ? 4 * DECIDE_NO_FILE + 1
           : rule == DECIDE_QUARANTINED  ? 4 * DECIDE_NO_FILE + 2
                                         : 4 * (int)rule;
}

struct traced {
    size_t steps;
    size_t decide;
    enum decide_reason decided; /* the last step that claims to decide */
    enum decide_reason last;
    bool refused;
    bool broken;
};

static void on_step(void *arg, const struct decide_step *step)
{
    struct traced *t = arg;
    t->steps++;
    if (step->decides) {
        t->decide++;
        t->decided = step->rule;
    }
    t->broken = t->broken || step->rule < DECIDE_DISABLED || step->rule >= DECIDE_REASON_END ||
                (t->refused && step->rule > DECIDE_NO_RULE && step->outcome != DECIDE_SKIPPED);
    if (step->decides && step->outcome == DECIDE_REFUSES)
        t->refused = true;
    bool next_place = step->rule == DECIDE_DCHANNEL && t->last <= DECIDE_NO_RULE;
    t->broken = t->broken || (rank(step->rule) < rank(t->last) && !next_place);
    t->last = step->rule;
}

static void check(unsigned set, enum kind kind, enum casemapping map)
{
    struct clock clock = clock_manual(1000);
    struct flood *flood = flood_new(&clock);
    struct registry_view *view = make_view(set, kind, map);
    const struct module_view *m = registry_view_find(view, "m");
    struct scene s;
    struct traced traced = {0};
    const struct decide_trace trace = {on_step, &traced};
    set_scene(&s, set, kind, flood);
    use_up(flood, m, &s);
    struct decision d = decide_module(m, &s.facts);
    struct decision explained = decide_explain(m, &s.facts, &trace);
    enum decide_reason want = expected(set, kind);
    bool allowed = want == DECIDE_WHITELIST || place_allows(want);
    if (d.reason != want || d.allowed != allowed)
        fail_msg("%s, set %#x: %s instead of %s", kind_names[kind], set,
                 decide_reason_name(d.reason), decide_reason_name(want));
    if (explained.reason != d.reason || explained.allowed != d.allowed ||
        explained.item != d.item || explained.place != d.place ||
        explained.whitelisted != d.whitelisted)
        fail_msg("%s, set %#x: explained as %s", kind_names[kind], set,
                 decide_reason_name(explained.reason));
    /* The place's rule is named, and then the one that refuses for all that. */
    if (traced.broken || traced.decided != want || traced.decide < 1 || traced.decide > 2)
        fail_msg("%s, set %#x: the trace says %s", kind_names[kind], set,
                 decide_reason_name(traced.decided));
    if (want >= DECIDE_RATE_USER && want <= DECIDE_RATE_NETWORK)
        assert_int_equal(d.hit.limit, want - DECIDE_RATE_USER);
    flood_free(flood);
    registry_view_free(view);
}

static void every_set_of_rules(void **state)
{
    (void)state;
    for (unsigned set = 0; set < BIT(CONDITIONS); set++)
        for (int kind = 0; kind < KINDS; kind++)
            if (__builtin_popcount(set) <= 4 || (set * 2654435761u) >> 27 == 0)
                check(set, (enum kind)kind, (enum casemapping)((set + (unsigned)kind) % 3));
}

static void every_pair_under_every_casemapping(void **state)
{
    (void)state;
    for (int a = 0; a < CONDITIONS; a++)
        for (int b = a; b < CONDITIONS; b++)
            for (int kind = 0; kind < KINDS; kind++)
                for (int map = CASEMAPPING_RFC1459; map <= CASEMAPPING_ASCII; map++)
                    for (int on = 0; on < 2; on++)
                        check(BIT(a) | BIT(b) | (on ? BIT(ENICK) : 0), (enum kind)kind,
                              (enum casemapping)map);
}

/* ---- Properties ---- */

static const char *const pool_channels[] = {"#a", "#B", "#c[]", "#d~", "#e", "net/#f", "other/#a"};
static const char *const pool_nicks[] = {"ann", "Bob", "c{c", "$me", "eve", "net/fay", "other/ann"};
static const char *const pool_masks[] = {"*!*@*.example", "ann!*@*",      "account:bob",
                                         "net/*!x@*",     "other/*!*@*",  "e?e!*@host",
                                         "*!*@10.0.0.*",  "c[c!*@*.h?st*"};
#define POOL(pool) (sizeof(pool) / sizeof *(pool))

static void put_some(struct views *views, const char *key, const char *const *pool, size_t count,
                     uint32_t bits, bool backwards)
{
    char words[300] = "";
    for (size_t i = 0; i < count; i++) {
        size_t at = backwards ? count - 1 - i : i;
        if (bits & 1u << at)
            snprintf(words + strlen(words), sizeof words - strlen(words), "%s%s", *words ? "|" : "",
                     pool[at]);
    }
    views_put(views, key, words);
}

static void put_module(struct views *views, const uint32_t bits[LIST_COUNT], bool backwards)
{
    views_put(views, "modules", "m");
    views_put(views, "module:m", "enabled|yes");
    for (int list = 0; list < LIST_COUNT; list++) {
        char key[40];
        snprintf(key, sizeof key, "module:m:%s", module_list_rows[list].name);
        switch (module_list_rows[list].items) {
        case ITEM_CHANNEL:
            put_some(views, key, pool_channels, POOL(pool_channels), bits[list], backwards);
            break;
        case ITEM_NICK:
            put_some(views, key, pool_nicks, POOL(pool_nicks), bits[list], backwards);
            break;
        case ITEM_MASK:
            put_some(views, key, pool_masks, POOL(pool_masks), bits[list], backwards);
            break;
        }
    }
}

static struct decision ask(const struct registry_view *view, uint32_t source, uint32_t where,
                           char item[64])
{
    static const char *const nicks[] = {"Ann", "bob", "C[C", "eve"};
    static const char *const hosts[] = {"a.example", "10.0.0.7", "host", "x.hast.y"};
    static const char *const channels[] = {"#A", "#b", "#C{}", "#D^", "#E", "#f", "#none"};
    const struct decide_place places[] = {{channels[where % 7], has, " bot ann "},
                                          {channels[where / 7 % 7], has, " bot eve c{c "}};
    const struct decide_facts facts = {.type = where % 5 ? EVENT_MESSAGE : EVENT_QUIT,
                                       .network = "net",
                                       .nick = nicks[source % 4],
                                       .user = source % 3 ? "x" : "y",
                                       .host = hosts[source / 4 % 4],
                                       .account = source % 5 ? NULL : "Bob",
                                       .me = "Bot",
                                       .places = places,
                                       .nplaces = where % 5 ? 1 : 2};
    struct decision d = decide_module(registry_view_find(view, "m"), &facts);
    snprintf(item, 64, "%s", d.item ? d.item : "");
    return d;
}

static void random_bits(struct views_random *r, uint32_t bits[LIST_COUNT])
{
    for (int list = 0; list < LIST_COUNT; list++) {
        bits[list] = views_random(r, 256);
        bits[list] &= views_random(r, 256);
        bits[list] &= views_random(r, 256);
    }
}

static void assert_same(const struct registry_view *a, const struct registry_view *b,
                        struct views_random *r)
{
    for (int i = 0; i < 20; i++) {
        char item[64];
        char other_item[64];
        uint32_t source = views_random(r, 1000);
        uint32_t where = views_random(r, 1000);
        struct decision x = ask(a, source, where, item);
        struct decision y = ask(b, source, where, other_item);
        assert_int_equal(x.reason, y.reason);
        assert_int_equal(x.allowed, y.allowed);
        assert_string_equal(item, other_item);
    }
}

static void the_order_of_items_changes_no_answer(void **state)
{
    struct views_random r = {7};
    (void)state;
    for (int round = 0; round < 300; round++) {
        struct registry_view *pair[2];
        uint32_t bits[LIST_COUNT];
        random_bits(&r, bits);
        for (int backwards = 0; backwards < 2; backwards++) {
            struct views *views = views_new(NULL, NULL);
            put_module(views, bits, backwards);
            pair[backwards] = views_make(views, "net", (enum casemapping)(round % 3));
            views_free(views);
        }
        assert_same(pair[0], pair[1], &r);
        registry_view_free(pair[0]);
        registry_view_free(pair[1]);
    }
}

static void the_number_of_networks_changes_no_answer(void **state)
{
    struct views_random r = {8};
    (void)state;
    for (int round = 0; round < 40; round++) {
        struct registry_view *pair[2];
        uint32_t bits[LIST_COUNT];
        struct views *views = views_new(NULL, NULL);
        random_bits(&r, bits);
        put_module(views, bits, false);
        views_put(views, "network:net:module:m:dchannels", "#e");
        views_put(views, "network:net:module:m:whitelist", "eve!*@*");
        pair[0] = views_make(views, "net", CASEMAPPING_RFC1459);
        for (int i = 0; i < 50; i++) {
            char key[80];
            snprintf(key, sizeof key, "network:more%d:module:m", i);
            views_put(views, key, i % 2 ? "enabled|no" : "inherit|no|rate_user|0/1m");
            snprintf(key, sizeof key, "network:more%d:module:m:blacklist", i);
            views_put(views, key, "*!*@*");
            snprintf(key, sizeof key, "network:more%d:ignores", i);
            views_put(views, key, "*!*@*|0");
        }
        pair[1] = views_make(views, "net", CASEMAPPING_RFC1459);
        assert_same(pair[0], pair[1], &r);
        registry_view_free(pair[0]);
        registry_view_free(pair[1]);
        views_free(views);
    }
}

static void masks_of_an_overlay(void **state)
{
    struct views *views = views_new(NULL, NULL);
    char item[64];
    (void)state;
    views_put(views, "modules", "m");
    views_put(views, "module:m", "enabled|yes");
    views_put(views, "module:m:enicks", "$me");
    views_put(views, "module:m:blacklist", "ann!*@*|other/*!*@*|net/bob!*@*");
    views_put(views, "network:net:module:m:blacklist", "eve!*@*");
    views_put(views, "network:own:module:m", "inherit|enicks");
    views_put(views, "network:own:module:m:blacklist", "eve!*@*");
    static const struct {
        const char *network;
        const char *items[4]; /* for Ann, bob, C[C, eve */
    } rows[] = {
        {"net", {"ann!*@*", "bob!*@*", NULL, "eve!*@*"}},
        {"other", {"ann!*@*", "*!*@*", "*!*@*", "*!*@*"}},
        {"own", {NULL, NULL, NULL, "eve!*@*"}},
        {"plain", {"ann!*@*", NULL, NULL, NULL}},
    };
    for (size_t i = 0; i < POOL(rows); i++) {
        struct registry_view *view = views_make(views, rows[i].network, CASEMAPPING_RFC1459);
        for (uint32_t nick = 0; nick < 4; nick++) {
            struct decision d = ask(view, nick, 6 + 7, item);
            assert_int_equal(d.reason == DECIDE_BLACKLIST, rows[i].items[nick] != NULL);
            if (rows[i].items[nick])
                assert_string_equal(item, rows[i].items[nick]);
        }
        registry_view_free(view);
    }
    views_free(views);
}

static void an_event_without_a_source_is_on_no_list(void **state)
{
    struct views *views = views_new(NULL, NULL);
    struct clock clock = clock_manual(1000);
    struct flood *flood = flood_new(&clock);
    char source[FLOOD_SOURCE_SIZE];
    const struct decide_facts facts = {.type = EVENT_CONNECTED,
                                       .network = "net",
                                       .nick = "",
                                       .user = "",
                                       .host = "",
                                       .me = "Bot",
                                       .flood = flood};
    (void)state;
    views_put(views, "modules", "m");
    views_put(views, "module:m", "enabled|yes|rate_user|0/1m");
    views_put(views, "module:m:blacklist", "*!*@*");
    views_put(views, "module:m:whitelist", "*!*@*");
    struct registry_view *view = views_make(views, "net", CASEMAPPING_RFC1459);
    struct decision d = decide_module(view->modules[0], &facts);
    assert_int_equal(d.reason, DECIDE_NO_PLACE);
    assert_true(d.allowed);
    assert_false(d.whitelisted);
    struct flood_use use = decide_use(view->modules[0], &facts, &d, source);
    assert_string_equal(use.source, "");
    flood_count(flood, &use);
    assert_int_equal(flood_stats(flood).windows, 0);
    registry_view_free(view);
    flood_free(flood);
    views_free(views);
}

/* The rules that are the bot's and no module's: each set of them, for a command and a happening. */
static void what_stands_in_the_way_besides(void **state)
{
    struct clock clock = clock_manual(1000);
    struct flood *flood = flood_new(&clock);
    const struct rate once = {1, 60000};
    (void)state;
    assert_false(flood_count_source(flood, "net", "account:alice", once));
    for (unsigned set = 0; set < 512; set++) {
        bool trusted = set & 256;
        bool ours = set & 1;
        bool no_file = set & 2;
        bool much = set & 4;
        bool is_command = set & 8;
        bool secret = set & 16;
        bool not_loaded = set & 32;
        bool quarantined = set & 64;
        bool clash = set & 128;
        struct registry_view *view =
            make_view(is_command ? BIT(ENICK) | BIT(USER_RATE) : BIT(ENICK), CHANNEL_COMMAND,
                      CASEMAPPING_RFC1459);
        struct scene s;
        struct traced traced = {0};
        const struct decide_trace trace = {on_step, &traced};
        set_scene(&s, 0, is_command ? CHANNEL_COMMAND : CHANNEL_MESSAGE, flood);
        s.facts.view = view;
        s.trusted = trusted;
        s.facts.ours = ours;
        s.facts.no_file = no_file;
        s.facts.secret = secret;
        s.facts.not_loaded = not_loaded ? "it refused" : NULL;
        s.facts.quarantined = quarantined ? "faults" : NULL;
        s.facts.clash = clash ? "other" : NULL;
        s.facts.source_rate = much ? once : (struct rate){2, 60000};
        enum decide_reason wanted = ours && is_command               ? DECIDE_OURS
                                    : secret                         ? DECIDE_SECRET
                                    : no_file                        ? DECIDE_NO_FILE
                                    : not_loaded                     ? DECIDE_NOT_LOADED
                                    : quarantined                    ? DECIDE_QUARANTINED
                                    : much && is_command && !trusted ? DECIDE_RATE_SOURCE
                                    : clash && is_command            ? DECIDE_CLASH
                                                                     : DECIDE_ENICK;
        struct decision d = decide_module(view->modules[0], &s.facts);
        assert_int_equal(d.reason, wanted);
        assert_int_equal(d.allowed, wanted == DECIDE_ENICK);
        if (wanted == DECIDE_RATE_SOURCE)
            assert_int_equal(d.hit.limit, FLOOD_SOURCE);
        assert_int_equal(decide_explain(view->modules[0], &s.facts, &trace).reason, wanted);
        assert_int_equal(traced.decided, wanted);
        assert_false(traced.broken);
        registry_view_free(view);
    }
    flood_free(flood);
}

/* What the definition says and what the file says; and IRC's lines need a permission. */
static void which_types_of_event(void **state)
{
    const uint32_t files[] = {0, EVENT_BIT(EVENT_QUIT), EVENT_BIT(EVENT_MESSAGE)};
    struct registry_view *view = make_view(BIT(ENICK), CHANNEL_MESSAGE, CASEMAPPING_RFC1459);
    struct module_view raw = *view->modules[0];
    (void)state;
    for (unsigned set = 0; set < 6; set++) {
        struct scene s;
        set_scene(&s, 0, CHANNEL_MESSAGE, NULL);
        s.facts.handles_known = set >= 3;
        s.facts.handles = files[set % 3];
        assert_int_equal(decide_module(view->modules[0], &s.facts).reason,
                         set < 3 || set == 5 ? DECIDE_ENICK : DECIDE_EVENT_TYPE);
    }
    raw.fields.permissions = PERMISSION_RAW;
    assert_false(decide_may_get(view->modules[0], EVENT_RAW));
    assert_true(decide_may_get(view->modules[0], EVENT_MESSAGE));
    assert_true(decide_may_get(&raw, EVENT_RAW));
    registry_view_free(view);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_set_of_rules),
        cmocka_unit_test(every_pair_under_every_casemapping),
        cmocka_unit_test(the_order_of_items_changes_no_answer),
        cmocka_unit_test(the_number_of_networks_changes_no_answer),
        cmocka_unit_test(masks_of_an_overlay),
        cmocka_unit_test(an_event_without_a_source_is_on_no_list),
        cmocka_unit_test(what_stands_in_the_way_besides),
        cmocka_unit_test(which_types_of_event),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
