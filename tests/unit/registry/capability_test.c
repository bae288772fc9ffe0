#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "base/xmalloc.h"
#include "capability_naive.h"
#include "capability_rows.h"
#include "registry/accounts.h"
#include "registry/fields.h"
#include "views.h"

static struct capability parsed(const char *text)
{
    char why[REGISTRY_WHY_SIZE];
    struct capability c;
    if (capability_parse(&c, text, why, sizeof why))
        fail_msg("%s: %s", text, why);
    return c;
}

/* ---- Worlds ---- */

#define MAX_ITEMS 40

struct items {
    size_t count;
    struct capability at[MAX_ITEMS];
};

static void items_add(struct items *items, const char *text)
{
    assert_true(items->count < MAX_ITEMS);
    items->at[items->count++] = parsed(text);
}

static struct capability_set *items_set(const struct items *items)
{
    return items->count ? capability_set_new(items->at, items->count) : NULL;
}

/* What a query needs; the arrays are what the snapshot would hold. */
struct world {
    struct items own, defaults[3], registered[3], channel_items;
    struct account account;
    struct policy bot;
    struct policy networks[2]; /* A, B */
    struct policy *policies[2];
    struct channel_record channel;
    struct channel_record *channels[1];
    struct accounts accounts;
    char declared[3][64];
    struct capability_query q;
};

static bool is_declared(const void *ctx, const char *name)
{
    const struct world *w = ctx;
    for (size_t i = 0; i < 3; i++)
        if (!strcmp(w->declared[i], name))
            return true;
    return false;
}

static void policy_init(struct policy *p, const char *network)
{
    str_copy(p->network, sizeof p->network, network);
    p->default_allow = true;
}

static struct world *world_new(void)
{
    struct world *w = xcalloc(1, sizeof *w);
    policy_init(&w->bot, "");
    for (int i = 0; i < 2; i++) {
        policy_init(&w->networks[i], i ? "B" : "A");
        w->policies[i] = &w->networks[i];
    }
    str_copy(w->channel.network, sizeof w->channel.network, "A");
    str_copy(w->channel.channel, sizeof w->channel.channel, "#c");
    w->channel.default_allow = true;
    w->channels[0] = &w->channel;
    w->accounts.policy = &w->bot;
    w->accounts.npolicies = 2;
    w->accounts.policies = w->policies;
    w->accounts.nchannels = 1;
    w->accounts.channels = w->channels;
    w->q = (struct capability_query){.accounts = &w->accounts,
                                     .network = "A",
                                     .casemapping = CASEMAPPING_RFC1459,
                                     .privileged = is_declared,
                                     .ctx = w};
    return w;
}

static void policy_sets(struct world *w, struct policy *p, int i)
{
    p->capabilities = items_set(&w->defaults[i]);
    p->registered = items_set(&w->registered[i]);
}

static void world_make(struct world *w)
{
    w->account.capabilities = items_set(&w->own);
    policy_sets(w, &w->bot, 0);
    policy_sets(w, &w->networks[0], 1);
    policy_sets(w, &w->networks[1], 2);
    w->channel.capabilities = items_set(&w->channel_items);
}

static void world_free(struct world *w)
{
    capability_set_unref(w->account.capabilities);
    capability_set_unref(w->bot.capabilities);
    capability_set_unref(w->bot.registered);
    for (int i = 0; i < 2; i++) {
        capability_set_unref(w->networks[i].capabilities);
        capability_set_unref(w->networks[i].registered);
    }
    capability_set_unref(w->channel.capabilities);
    free(w);
}

static void world_word(struct world *w, const char *word)
{
    struct items *sets[] = {['d'] = &w->defaults[0],
                            ['r'] = &w->registered[0],
                            ['D'] = &w->defaults[1],
                            ['R'] = &w->registered[1],
                            ['c'] = &w->channel_items};
    if (word[1] == ':') {
        items_add(sets[(unsigned char)*word], word + 2);
    } else if (!strcmp(word, "deny")) {
        w->bot.has_default_allow = true;
        w->bot.default_allow = false;
    } else if (!strncmp(word, "net-", 4)) {
        w->networks[0].has_default_allow = true;
        w->networks[0].default_allow = !strcmp(word, "net-allow");
    } else if (!strcmp(word, "chan-deny")) {
        w->channel.default_allow = false;
    } else if (!strcmp(word, "ignored")) {
        w->account.ignored = true;
    } else if (!strncmp(word, "off:", 4)) {
        size_t i = 0;
        while (*w->declared[i])
            i++;
        str_copy(w->declared[i], sizeof w->declared[i], word + 4);
    } else if (!strcmp(word, "net:B")) {
        w->q.network = "B";
    } else if (!strcmp(word, "ascii")) {
        w->q.casemapping = CASEMAPPING_ASCII;
    } else {
        fail_msg("%s?", word);
    }
}

static struct world *world_of(const struct capability_group *g)
{
    struct world *w = world_new();
    char *own = xstrdup(g->own ? g->own : "");
    char *words = xstrdup(g->world);
    char *rest;
    for (char *s = strtok_r(own, " ", &rest); s; s = strtok_r(NULL, " ", &rest))
        items_add(&w->own, s);
    for (char *s = strtok_r(words, " ", &rest); s; s = strtok_r(NULL, " ", &rest))
        world_word(w, s);
    if (g->own)
        w->q.account = &w->account;
    free(own);
    free(words);
    world_make(w);
    return w;
}

/* ---- Rows ---- */

static void expect(const struct capability_group *g, const char *row, const char *got)
{
    const char *want = strstr(row, " => ") + 4;
    if (strcmp(want, got) != 0)
        fail_msg("%s [own: %s] [%s] %s, but it was: %s", g->section, g->own ? g->own : "unknown",
                 g->world, row, got);
}

static void check_row(const struct world *w, const struct capability_group *g, const char *row)
{
    char ask[128];
    char got[64];
    snprintf(ask, sizeof ask, "%.*s", (int)(strstr(row, " => ") - row), row);
    struct capability c = parsed(ask);
    struct capability_answer answer = capability_check(&w->q, &c);
    snprintf(got, sizeof got, "%s %s", answer.allowed ? "yes" : "no",
             capability_step_name(answer.step));
    expect(g, row, got);
    /* whatever it is, its opposite is had when it is not */
    c.anti = !c.anti;
    struct capability_answer opposite = capability_check(&w->q, &c);
    assert_int_equal(opposite.allowed, !answer.allowed);
    assert_int_equal(opposite.step, answer.step);
}

/* "call MODULE.COMMAND [CHANNEL]"; a '=' in the command stands for a space. */
static void call_row(const struct world *w, const struct capability_group *g, const char *row)
{
    char module[64];
    char command[64];
    char channel[64] = "";
    char name[CAPABILITY_MAX + 1];
    char got[CAPABILITY_MAX + 64];
    assert_true(sscanf(row, "call %63[^.].%63s %63s", module, command, channel) >= 2);
    for (char *s = command; (s = strchr(s, '='));)
        *s = ' ';
    struct capability_command_answer a = capability_check_command(
        &w->q, module, command, *channel == '=' ? NULL : channel); /* no channel: "=>" */
    snprintf(got, sizeof got, "%s %s %s", a.allowed ? "yes" : "no",
             capability_step_name(a.answer.step), capability_write(&a.asked, name, sizeof name));
    expect(g, row, got);
}

static size_t run_groups(const struct capability_group *groups, size_t count,
                         void (*run)(const struct world *, const struct capability_group *,
                                     const char *))
{
    size_t total = 0;
    size_t of_section = 0;
    for (size_t i = 0; i < count; i++) {
        struct world *w = world_of(&groups[i]);
        size_t rows = 0;
        for (; groups[i].rows[rows]; rows++)
            run(w, &groups[i], groups[i].rows[rows]);
        world_free(w);
        of_section += rows;
        total += rows;
        if (i + 1 == count || strcmp(groups[i].section, groups[i + 1].section) != 0) {
            print_message("%4zu rows: %s\n", of_section, groups[i].section);
            of_section = 0;
        }
    }
    return total;
}

static void answers_as_the_documents_say(void **state)
{
    (void)state;
    size_t total = run_groups(capability_groups, capability_group_count, check_row);
    total += run_groups(command_groups, command_group_count, call_row);
    print_message("%4zu rows\n", total);
    assert_true(total >= 300);
}

/* ---- Names ---- */

static void reads_names(void **state)
{
    static const struct {
        const char *text;
        const char *written; /* NULL: refused */
    } rows[] = {
        {"x", "x"},
        {"-x", "-x"},
        {"Owner", "owner"},
        {"-OWNER", "-owner"},
        {"foo.bar", "foo.bar"},
        {"-Foo.Bar", "-foo.bar"},
        {"with-dash", "with-dash"},
        {"8ball", "8ball"},
        {"c++", "c++"},
        {"caf\xc3\xa9", "caf\xc3\xa9"},
        {"#c.x", "#c.x"},
        {"#c.-x", "#c.-x"},
        {"#c,x", "#c.x"},
        {"#c,-x", "#c.-x"},
        {"#C.X", "#C.x"},
        {"#c.foo.bar", "#c.foo.bar"},
        {"#c.-foo.bar", "#c.-foo.bar"},
        {"#c,foo.bar", "#c.foo.bar"},
        {"#a.b,x", "#a.b,x"},
        {"#a.b.c,-foo.bar", "#a.b.c,-foo.bar"},
        {"#a.b.c", "#a.b.c"}, /* b.c in #a */
        {"#.op", "#.op"},
        {"##c.op", "##c.op"},
        {"#a/b.op", "#a/b.op"},
        {"&c.x", "&c.x"},
        {"+c.x", "+c.x"},
        {"!abc.x", "!abc.x"},
        {"#c-d.-x", "#c-d.-x"},
        {"A/x", "A/x"},
        {"A/-x", "A/-x"},
        {"lib.era/Owner", "lib.era/owner"},
        {"A/#c.x", "A/#c.x"},
        {"A/#c,-x", "A/#c.-x"},
        {"A/#a.b,x", "A/#a.b,x"},
        {"A/#a/b.x", "A/#a/b.x"},
        {"", NULL},
        {"-", NULL},
        {"--x", NULL},
        {"A/", NULL},
        {"A/-", NULL},
        {"/x", NULL},
        {"A/B/x", NULL},
        {"-A/x", NULL},
        {"-#c.x", NULL},
        {"#c", NULL},
        {"#c.", NULL},
        {"#c,", NULL},
        {"#c.-", NULL},
        {"#c.--x", NULL},
        {"#c,x,y", NULL},
        {"#c.#d.x", NULL},
        {"#a.b.-x", NULL},
        {"#a.b.c.d", NULL},
        {"a,b", NULL},
        {"a.b.c", NULL},
        {".x", NULL},
        {"x.", NULL},
        {"foo.-bar", NULL},
        {"a b", NULL},
        {" x", NULL},
        {"x ", NULL},
        {"a\tb", NULL},
        {"x\n", NULL},
        {"\x01x", NULL},
        {"x\x02", NULL},
        {"x\x7f", NULL},
        {"#c\x07.x", NULL},
        {"#c d.x", NULL},
        {"x\xff", NULL},
        {"\xc3", NULL},
        {"a/b/c/d", NULL},
        {"x/y z", NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct capability c;
        char why[REGISTRY_WHY_SIZE] = "";
        char text[CAPABILITY_MAX + 1] = "";
        int rc = capability_parse(&c, rows[i].text, why, sizeof why);
        if (!rc)
            capability_write(&c, text, sizeof text);
        if (!rc != !!rows[i].written || (rows[i].written && strcmp(text, rows[i].written) != 0))
            fail_msg("\"%s\" was \"%s\" (%s)", rows[i].text, text, why);
        assert_true(!rc || *why);
    }
}

static void bounds_names(void **state)
{
    char text[10001];
    char why[REGISTRY_WHY_SIZE];
    char written[CAPABILITY_MAX + 1];
    struct capability c;
    (void)state;
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    assert_int_equal(capability_parse(&c, text, why, sizeof why), -1);
    text[0] = '#';
    text[5000] = '.';
    assert_int_equal(capability_parse(&c, text, why, sizeof why), -1);
    /* the longest of everything */
    memset(text, 'n', 64);
    text[64] = '/';
    memset(text + 65, '#', 200);
    memcpy(text + 265, ".-", 2);
    memset(text + 267, 'x', 128);
    text[395] = '\0';
    assert_int_equal(capability_parse(&c, text, why, sizeof why), 0);
    assert_string_equal(capability_write(&c, written, sizeof written), text);
    text[395] = 'x';
    text[396] = '\0';
    assert_int_equal(capability_parse(&c, text, why, sizeof why), -1);
    memcpy(text, "#", 1);
    memset(text + 1, 'c', 200);
    memcpy(text + 201, ".x", sizeof ".x");
    assert_int_equal(capability_parse(&c, text, why, sizeof why), -1);
}

/* A command that no set could name is nobody's. */
static void refuses_commands_without_a_name(void **state)
{
    struct world *w = world_new();
    char word[300];
    (void)state;
    memset(word, 'x', sizeof word - 1);
    word[sizeof word - 1] = '\0';
    assert_false(capability_check_command(&w->q, "foo", word, NULL).allowed);
    assert_false(capability_check_command(&w->q, word, "bar", NULL).allowed);
    word[0] = '#';
    assert_false(capability_check_command(&w->q, "foo", "bar", word).allowed);
    assert_true(capability_check_command(&w->q, "foo", "bar", NULL).allowed);
    world_free(w);
}

static void sets_compare_and_count(void **state)
{
    struct capability one[] = {parsed("x"), parsed("A/#a.b,x"), parsed("-y"), parsed("#c,x")};
    struct capability two[] = {parsed("#c.x"), parsed("-Y"), parsed("X"), parsed("A/#a.b,x"),
                               parsed("x")};
    struct capability_set *a = capability_set_new(one, 4);
    struct capability_set *b = capability_set_new(two, 5);
    struct capability_set *c = capability_set_new(one, 3);
    struct capability_set *none = capability_set_new(NULL, 0);
    (void)state;
    assert_int_equal(capability_set_count(b), 4);
    assert_true(capability_set_equal(a, b));
    assert_false(capability_set_equal(a, c));
    assert_true(capability_set_equal(none, NULL));
    assert_false(capability_set_equal(a, NULL));
    assert_string_equal(capability_set_at(a, capability_set_count(a) - 1)->name, "y");
    assert_ptr_equal(capability_set_ref(a), a);
    capability_set_unref(a);
    capability_set_unref(a);
    capability_set_unref(b);
    capability_set_unref(c);
    capability_set_unref(none);
    capability_set_unref(NULL);
}

/* ---- Explanations ---- */

struct told {
    char text[512];
    int deciding;
};

static void tell(void *arg, enum capability_step step, bool decides, const struct capability *item)
{
    struct told *told = arg;
    char name[CAPABILITY_MAX + 1];
    size_t len = strlen(told->text);
    assert_int_equal(told->deciding, 0); /* nothing comes after what decides */
    told->deciding += decides;
    snprintf(told->text + len, sizeof told->text - len, " %s%s%s", capability_step_name(step),
             item ? "=" : "", item ? capability_write(item, name, sizeof name) : "");
}

static void explains_in_order(void **state)
{
    static const struct capability_group group = {"", "z #c.op", "d:-y", {NULL}};
    static const struct {
        const char *ask;
        const char *told;
    } rows[] = {
        {"x", " ignored owner_asked owner own_set default_set registered_set privileged default"},
        {"-y", " ignored owner_asked owner own_set default_set=-y"},
        {"z", " ignored owner_asked owner own_set=z"},
        {"owner", " ignored owner_asked"},
        {"#c.x", " ignored owner own_set channel_op=#c.op"},
        {"#d.x", " ignored owner own_set channel_op channel_set privileged channel_default"},
    };
    struct world *w = world_of(&group);
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct told told = {.text = ""};
        struct capability_trace trace = {tell, &told};
        struct capability c = parsed(rows[i].ask);
        struct capability_answer a = capability_explain(&w->q, &c, &trace);
        assert_string_equal(told.text, rows[i].told);
        assert_int_equal(told.deciding, 1);
        assert_int_equal(a.allowed, capability_check(&w->q, &c).allowed);
        assert_true(*capability_step_sentence(a.step));
    }
    world_free(w);
}

static void needs_no_accounts(void **state)
{
    struct capability_query q = {.network = "A", .casemapping = CASEMAPPING_ASCII};
    struct capability x = parsed("x");
    struct capability op = parsed("#c.op");
    (void)state;
    assert_true(capability_check(&q, &x).allowed);
    assert_false(capability_check(&q, &op).allowed);
    assert_true(capability_check_command(&q, "foo", "bar", "#c").allowed);
}

/* ---- Against the naive one ---- */

static const char *const all_names[] = {"x",     "y",     "foo",     "bar", "foo.bar",
                                        "owner", "admin", "trusted", "op"};

/* Writes the item in the naive form, and adds it. */
static void random_item(struct views_random *r, struct naive_set *naive, struct items *items,
                        bool own)
{
    static const char *const networks[] = {"", "", "A/", "B/"};
    static const char *const channels[] = {"", "", "#c,", "#d,"};
    if (naive->count == NAIVE_MAX)
        return;
    char *text = naive->items[naive->count];
    snprintf(text, sizeof naive->items[0], "%s%s%s%s", networks[views_random(r, 4)],
             own ? channels[views_random(r, 4)] : "", views_random(r, 2) ? "-" : "",
             all_names[views_random(r, 9)]);
    naive->count++;
    items_add(items, text);
}

static void random_items(struct views_random *r, struct naive_set *naive, struct items *items,
                         bool own)
{
    for (uint32_t n = views_random(r, 2) ? views_random(r, own ? 9 : 4) : 0; n; n--)
        random_item(r, naive, items, own);
}

static struct world *random_world(struct views_random *r, struct naive_world *naive)
{
    struct world *w = world_new();
    memset(naive, 0, sizeof *naive);
    naive->known = views_random(r, 3) != 0;
    naive->ignored = views_random(r, 12) == 0;
    random_items(r, &naive->own, &w->own, true);
    for (int i = 0; i < 3; i++) {
        struct policy *p = i ? &w->networks[i - 1] : &w->bot;
        random_items(r, &naive->defaults[i], &w->defaults[i], false);
        random_items(r, &naive->registered[i], &w->registered[i], false);
        naive->default_allow[i] = (int)views_random(r, 3) - 1;
        p->has_default_allow = naive->default_allow[i] >= 0;
        p->default_allow = naive->default_allow[i] != 0;
    }
    random_items(r, &naive->channel, &w->channel_items, false);
    naive->channel_allow = views_random(r, 2) != 0;
    w->channel.default_allow = naive->channel_allow;
    if (views_random(r, 3) == 0) {
        naive->declared = all_names[views_random(r, 5)];
        str_copy(w->declared[0], sizeof w->declared[0], naive->declared);
    }
    w->q.account = naive->known ? &w->account : NULL;
    w->account.ignored = naive->ignored;
    w->q.network = views_random(r, 2) ? "A" : "B";
    world_make(w);
    return w;
}

static void compare_check(struct views_random *r, const struct world *w,
                          const struct naive_world *naive, unsigned round)
{
    static const char *const channels[] = {"", "#c", "#d"};
    struct capability c = {.anti = views_random(r, 2) != 0};
    str_copy(c.channel, sizeof c.channel, channels[views_random(r, 3)]);
    str_copy(c.name, sizeof c.name, all_names[views_random(r, 9)]);
    bool want = naive_has(naive, w->q.network, c.channel, c.anti, c.name);
    char text[CAPABILITY_MAX + 1];
    if (capability_check(&w->q, &c).allowed != want)
        fail_msg("round %u on %s: %s", round, w->q.network,
                 capability_write(&c, text, sizeof text));
}

static void compare_call(struct views_random *r, const struct world *w,
                         const struct naive_world *naive, unsigned round)
{
    static const char *const channels[] = {"", "#c", "#d"};
    const char *module = views_random(r, 3) ? "foo" : "x";
    const char *command = views_random(r, 3) ? "bar" : "y";
    const char *channel = channels[views_random(r, 3)];
    bool want = naive_may_call(naive, w->q.network, module, command, channel);
    if (capability_check_command(&w->q, module, command, *channel ? channel : NULL).allowed != want)
        fail_msg("round %u on %s: %s.%s %s", round, w->q.network, module, command, channel);
}

static void agrees_with_the_naive_one(void **state)
{
    struct views_random r = {20040218};
    (void)state;
    for (unsigned round = 0; round < 2000; round++) {
        struct naive_world naive;
        struct world *w = random_world(&r, &naive);
        for (int i = 0; i < 20; i++) {
            compare_check(&r, w, &naive, round);
            compare_call(&r, w, &naive, round);
        }
        world_free(w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_as_the_documents_say),
        cmocka_unit_test(reads_names),
        cmocka_unit_test(bounds_names),
        cmocka_unit_test(refuses_commands_without_a_name),
        cmocka_unit_test(sets_compare_and_count),
        cmocka_unit_test(explains_in_order),
        cmocka_unit_test(needs_no_accounts),
        cmocka_unit_test(agrees_with_the_naive_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
