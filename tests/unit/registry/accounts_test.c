#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "registry/account_model.h"
#include "registry/account_overlap.h"
#include "registry/accounts.h"

struct fixture {
    struct model *model;
    struct snapshot *snapshot;
    char told[1024]; /* the last problem: "status field text" */
    int problems;
    bool full; /* a reading of everything is under way */
};

static void tell(void *arg, const char *status, const char *field, const char *text)
{
    struct fixture *f = arg;
    snprintf(f->told, sizeof f->told, "%s|%s|%s", status, field, text ? text : "-");
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
    snapshot_unref(f->snapshot);
    model_free(f->model);
    free(f);
    return 0;
}

/* Words divided by spaces into bytes. */
static size_t words(const char *text, char copy[512], struct model_bytes *out)
{
    size_t n = 0;
    snprintf(copy, 512, "%s", text);
    for (char *save, *w = strtok_r(copy, " ", &save); w; w = strtok_r(NULL, " ", &save))
        out[n++] = (struct model_bytes){w, strlen(w)};
    return n;
}

/* As the loader does with whom it hears of: nothing stands there. */
static void read_all_of(struct account_model *accounts, enum key_kind index, const char *name)
{
    enum key_kind first = index == KEY_USERS ? KEY_USER : KEY_GROUP;
    enum key_kind last = index == KEY_USERS ? KEY_USER_SERVICES : KEY_GROUP_MEMBERS;
    struct registry_key key = {0};
    snprintf(key.name, sizeof key.name, "%s", name);
    for (key.kind = first; key.kind <= last; key.kind++)
        account_model_apply(accounts, &key, NULL, 0);
}

static void put(struct fixture *f, const char *key, const char *text)
{
    char copy[512];
    struct model_bytes bytes[32];
    size_t n = words(text, copy, bytes);
    struct registry_key parsed = key_parse(key);
    struct account_model *accounts = model_accounts(f->model);
    if (parsed.kind == KEY_USERS || parsed.kind == KEY_GROUPS) {
        bool known[32];
        for (size_t i = 0; i < n; i++)
            known[i] = account_model_in_index(accounts, parsed.kind, bytes[i].data);
        account_model_index_begin(accounts, parsed.kind);
        account_model_index_add(accounts, parsed.kind, bytes, n / 2);
        account_model_index_add(accounts, parsed.kind, bytes + n / 2, n - n / 2);
        account_model_index_end(accounts, parsed.kind);
        for (size_t i = 0; i < n; i++)
            if (!known[i] && !f->full &&
                account_model_in_index(accounts, parsed.kind, bytes[i].data))
                read_all_of(accounts, parsed.kind, bytes[i].data);
    } else if (key_of_accounts(parsed.kind)) {
        account_model_apply(accounts, &parsed, bytes, n);
    } else {
        fail_msg("%s is no key of accounts", key);
    }
}

static void unreadable(struct fixture *f, const char *key)
{
    struct registry_key parsed = key_parse(key);
    account_model_unreadable(model_accounts(f->model), &parsed, "it is a list");
}

static const struct accounts *commit(struct fixture *f)
{
    struct snapshot *next = model_commit(f->model, f->snapshot);
    snapshot_unref(f->snapshot);
    f->snapshot = next;
    return snapshot_accounts(next);
}

static void users_count_once_they_are_named(void **state)
{
    struct fixture *f = *state;
    put(f, "user:bob", "secure yes");
    put(f, "user:bob:capabilities", "admin");
    assert_int_equal(commit(f)->nusers, 0);
    put(f, "users", "bob al");
    const struct accounts *a = commit(f);
    assert_int_equal(a->nusers, 2);
    assert_false(accounts_user(a, "bob")->secure); /* what came too early is read again */
    put(f, "user:bob", "secure yes ignored no");
    put(f, "user:bob:capabilities", "admin #c,op NET/owner");
    a = commit(f);
    const struct account *bob = accounts_user(a, "BOB");
    assert_true(bob->secure);
    assert_false(bob->ignored);
    assert_int_equal(capability_set_count(bob->capabilities), 3);
    assert_string_equal(accounts_users(a)[0]->name, "al");
    assert_string_equal(accounts_users(a)[1]->name, "bob");
    put(f, "users", "al");
    a = commit(f);
    assert_null(accounts_user(a, "bob"));
    put(f, "users", "al bob");
    assert_null(accounts_user(commit(f), "bob")->capabilities);
    assert_int_equal(f->problems, 0);
}

static void half_an_account_is_none(void **state)
{
    static const char *const parts[] = {"user:bob", "user:bob:hostmasks", "user:bob:services",
                                        "user:bob:capabilities"};
    struct fixture *f = *state;
    struct account_model *accounts = model_accounts(f->model);
    account_model_index_begin(accounts, KEY_USERS);
    account_model_index_add(accounts, KEY_USERS, &(struct model_bytes){"bob", 3}, 1);
    account_model_index_end(accounts, KEY_USERS);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(commit(f)->nusers, 0);
        if (i == 1)
            unreadable(f, parts[i]);
        else
            put(f, parts[i], "");
    }
    assert_int_equal(commit(f)->nusers, 1);
}

static void names_that_are_none_are_told(void **state)
{
    struct fixture *f = *state;
    put(f, "users", "bob Al a/b a:b a*b \303\244");
    const struct accounts *a = commit(f);
    assert_int_equal(a->nusers, 1);
    assert_int_equal(f->problems, 1);
    assert_non_null(strstr(f->told, "accounts|users|\"Al\""));
    assert_non_null(strstr(f->told, "5 wrong names"));
    put(f, "users", "bob");
    assert_int_equal(f->problems, 0);
}

static void the_same_again_is_no_change(void **state)
{
    struct fixture *f = *state;
    put(f, "users", "bob");
    put(f, "user:bob", "secure yes");
    put(f, "user:bob:hostmasks", "bob!*@* net/x!bob@host");
    put(f, "network:net:channel:#c:ignores", "x!*@* 0 y!*@* 5");
    const struct accounts *a = commit(f);
    const struct account *bob = accounts_user(a, "bob");
    put(f, "users", "bob");
    put(f, "user:bob", "secure on");
    put(f, "user:bob:hostmasks", "net/x!bob@host bob!*@*");
    put(f, "user:bob:services", "");
    put(f, "policy", "");
    put(f, "network:net:channel:#c:ignores", "y!*@* 5 x!*@* 0");
    assert_ptr_equal(commit(f), a);
    put(f, "policy", "default_ignore yes");
    const struct accounts *b = commit(f);
    assert_ptr_not_equal(b, a);
    assert_ptr_equal(accounts_user(b, "bob"), bob);
}

static void a_wrong_word_counts_as_before_or_as_closed(void **state)
{
    struct fixture *f = *state;
    put(f, "users", "bob");
    put(f, "user:bob", "secure maybe ignored perhaps password rubbish");
    put(f, "policy", "default_allow ja default_ignore nein registration half");
    put(f, "network:net:policy", "default_ignore x default_allow x");
    put(f, "network:net:channel:#c", "default_allow x lobotomized x");
    assert_int_equal(f->problems, 10);
    const struct accounts *a = commit(f);
    assert_true(accounts_user(a, "bob")->secure);
    assert_true(accounts_user(a, "bob")->ignored);
    assert_string_equal(accounts_user(a, "bob")->password, "");
    assert_false(a->policy->default_allow);
    assert_true(a->policy->default_ignore);
    assert_int_equal(a->policy->registration, REGISTRATION_CLOSED);
    assert_false(accounts_channel(a, "net", "#c")->default_allow);
    assert_true(accounts_channel(a, "net", "#c")->lobotomized);

    put(f, "user:bob", "secure no ignored no");
    put(f, "policy", "default_allow yes default_ignore no registration open");
    a = commit(f);
    assert_true(accounts_default_ignore(a, "net")); /* still the wrong word */
    assert_true(accounts_policy(a, "net")->has_default_allow);
    assert_false(accounts_policy(a, "net")->default_allow);
    put(f, "network:net:policy", "");
    put(f, "network:net:channel:#c", "");
    a = commit(f);
    assert_int_equal(f->problems, 0);
    assert_false(accounts_default_ignore(a, "net"));
    assert_null(accounts_policy(a, "net"));
    assert_null(accounts_channel(a, "net", "#c"));

    put(f, "user:bob", "secure x ignored y");
    put(f, "policy", "default_allow x default_ignore y registration z");
    a = commit(f);
    assert_int_equal(f->problems, 5);
    assert_false(accounts_user(a, "bob")->ignored);
    assert_true(a->policy->default_allow);
    assert_int_equal(accounts_registration(a, "net"), REGISTRATION_OPEN);
}

static void a_wrong_password_never_counts(void **state)
{
    static const char record[] = "limnoria:salt|0123456789012345678901234567890123456789";
    struct fixture *f = *state;
    char text[128];
    put(f, "users", "bob");
    snprintf(text, sizeof text, "password %s", record);
    put(f, "user:bob", text);
    assert_string_equal(accounts_user(commit(f), "bob")->password, record);
    put(f, "user:bob", "password hunter2");
    assert_string_equal(accounts_user(commit(f), "bob")->password, "");
    assert_null(strstr(f->told, "hunter2"));
    assert_non_null(strstr(f->told, "user:bob password"));
}

static void what_cannot_be_read_closes(void **state)
{
    struct fixture *f = *state;
    put(f, "users", "bob al");
    unreadable(f, "user:bob:capabilities");
    unreadable(f, "user:al");
    unreadable(f, "policy:capabilities");
    unreadable(f, "network:net:policy");
    unreadable(f, "network:net:channel:#c");
    const struct accounts *a = commit(f);
    assert_int_equal(f->problems, 5);
    assert_true(accounts_user(a, "bob")->ignored);
    assert_true(accounts_user(a, "al")->ignored);
    assert_true(accounts_user(a, "al")->secure);
    assert_false(a->policy->default_allow);
    assert_true(accounts_default_ignore(a, "net"));
    assert_int_equal(accounts_registration(a, "net"), REGISTRATION_CLOSED);
    assert_true(accounts_channel(a, "net", "#c")->lobotomized);
    put(f, "user:bob:capabilities", "admin");
    put(f, "user:al", "");
    put(f, "policy:capabilities", "-join");
    put(f, "network:net:policy", "");
    put(f, "network:net:channel:#c", "");
    a = commit(f);
    assert_int_equal(f->problems, 0);
    assert_false(accounts_user(a, "bob")->ignored);
    assert_false(accounts_user(a, "al")->ignored);
    assert_true(a->policy->default_allow);
    assert_false(accounts_default_ignore(a, "net"));
    unreadable(f, "user:bob:capabilities"); /* now something is known */
    assert_false(accounts_user(commit(f), "bob")->ignored);
    assert_int_equal(capability_set_count(accounts_user(commit(f), "bob")->capabilities), 1);
}

static void read_all(struct fixture *f, const char *users)
{
    model_begin_full(f->model);
    f->full = true;
    put(f, "users", users);
    model_end_full(f->model);
    f->full = false;
}

/* A wrong type closes nothing of what a reading of everything did not find. */
static void what_is_known_not_to_be_there_stays_so(void **state)
{
    static const char *const keys[] = {"policy",
                                       "policy:capabilities",
                                       "network:net:policy",
                                       "network:net:channel:#c",
                                       "network:net:channel:#c:capabilities",
                                       "user:al",
                                       "user:al:capabilities"};
    struct fixture *f = *state;
    read_all(f, "al");
    const struct accounts *before = commit(f);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        unreadable(f, keys[i]);
        assert_int_equal(f->problems, i + 1);
        assert_non_null(strstr(f->told, "what was known of it counts"));
        assert_ptr_equal(commit(f), before);
    }
    /* The same while everything is read again, but not of whom nobody knew. */
    model_begin_full(f->model);
    f->full = true;
    unreadable(f, "user:new");
    assert_non_null(strstr(f->told, "nothing was known of it"));
    put(f, "users", "al new");
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
        unreadable(f, keys[i]);
    model_end_full(f->model);
    f->full = false;
    const struct accounts *a = commit(f);
    assert_true(a->policy->default_allow);
    assert_false(accounts_default_ignore(a, "net"));
    assert_null(accounts_channel(a, "net", "#c"));
    assert_false(accounts_user(a, "al")->ignored);
    assert_true(accounts_user(a, "new")->ignored);
    unreadable(f, "user:new"); /* and still not */
    assert_true(accounts_user(commit(f), "new")->ignored);
    put(f, "users", "al new late");
    unreadable(f, "user:late:capabilities"); /* was read, and not there */
    assert_false(accounts_user(commit(f), "late")->ignored);
}

/* What could not be read from the start stays closed, be everything else read. */
static void what_was_never_readable_stays_closed(void **state)
{
    struct fixture *f = *state;
    model_begin_full(f->model);
    unreadable(f, "policy");
    assert_non_null(strstr(f->told, "nothing was known of it"));
    model_end_full(f->model);
    assert_true(accounts_default_ignore(commit(f), "net"));
    unreadable(f, "policy");
    assert_true(accounts_default_ignore(commit(f), "net"));
    put(f, "policy", "");
    assert_int_equal(f->problems, 0);
    unreadable(f, "policy");
    assert_false(accounts_default_ignore(commit(f), "net"));
}

static void wrong_items_do_not_count(void **state)
{
    struct fixture *f = *state;
    put(f, "users", "bob");
    put(f, "user:bob:hostmasks",
        "bob!*@host *!*@* a?!*@* account:bob net/account:bob nobody net/*!*@ab net/*!*@abc");
    assert_non_null(strstr(f->told, "6 wrong items do not count"));
    put(f, "user:bob:services", "net/bob bob /bob net/");
    assert_non_null(strstr(f->told, "3 wrong items do not count"));
    put(f, "network:net:channel:#c:capabilities", "-join #c.op net/x voice");
    assert_non_null(strstr(f->told, "network:net:channel:#c:capabilities"));
    const struct accounts *a = commit(f);
    assert_int_equal(accounts_user(a, "bob")->hostmasks->count, 2);
    assert_int_equal(accounts_user(a, "bob")->services->count, 1);
    assert_int_equal(capability_set_count(accounts_channel(a, "net", "#c")->capabilities), 2);
    put(f, "network:net:channel:#BIG", "lobotomized yes");
    assert_non_null(strstr(f->told, "lower case"));
    assert_null(accounts_channel(commit(f), "net", "#BIG"));
    put(f, "user:bob", "secured yes");
    assert_non_null(strstr(f->told, "did you mean secure?"));
}

static void profiles_need_a_style(void **state)
{
    struct fixture *f = *state;
    put(f, "auth_groups", "ops friends");
    put(f, "auth_group:ops", "style user");
    put(f, "auth_group:ops:members", "bob al");
    const struct accounts *a = commit(f);
    assert_int_equal(accounts_group(a, "ops")->style, AUTH_USER);
    assert_int_equal(accounts_group(a, "ops")->members->count, 2);
    assert_null(accounts_group(a, "friends"));
    put(f, "auth_group:friends", "description x");
    assert_non_null(strstr(f->told, "no style"));
    put(f, "auth_group:friends", "style open");
    assert_non_null(strstr(f->told, "nickserv, user, nick or password"));
    assert_null(accounts_group(commit(f), "friends"));
    put(f, "auth_group:friends", "style password");
    put(f, "auth_group:friends", "style open");
    a = commit(f);
    assert_int_equal(accounts_group(a, "friends")->style, AUTH_PASSWORD);
    assert_string_equal(accounts_group(a, "friends")->password, "");
    put(f, "auth_groups", "friends");
    assert_null(accounts_group(commit(f), "ops"));
}

static void a_full_reading_forgets_what_is_gone(void **state)
{
    struct fixture *f = *state;
    put(f, "users", "bob al");
    put(f, "user:bob", "secure yes");
    put(f, "user:al:capabilities", "admin");
    put(f, "network:net:channel:#c", "lobotomized yes");
    put(f, "policy", "default_ignore rubbish");
    put(f, "network:net", "nick bot");
    put(f, "network:net:channels", "#a #b");
    assert_string_equal(accounts_network(commit(f), "net")->nick, "bot");
    model_begin_full(f->model);
    f->full = true;
    put(f, "user:new", "secure yes"); /* before the set that names it */
    put(f, "user:nobody", "secure yes");
    put(f, "users", "al new");
    put(f, "network:net:channels", "#a");
    model_end_full(f->model);
    const struct accounts *a = commit(f);
    assert_int_equal(a->nusers, 2);
    assert_true(accounts_user(a, "new")->secure);
    assert_null(accounts_user(a, "al")->capabilities);
    assert_null(accounts_channel(a, "net", "#c"));
    assert_false(a->policy->default_ignore);
    assert_string_equal(accounts_network(a, "net")->nick, "");
    assert_int_equal(accounts_network(a, "net")->channels->count, 1);
    assert_int_equal(f->problems, 0);
}

/* ---- Whom a source is ---- */

static struct who_match ask(struct fixture *f, const char *network, const char *nick,
                            const char *host, const char *services)
{
    struct mask_source source;
    struct who *w = who_new(snapshot_accounts(f->snapshot), network, CASEMAPPING_RFC1459);
    mask_source_init(&source, CASEMAPPING_RFC1459, nick, "user", host, services);
    struct who_match match = who_match(w, &source, services);
    who_free(w);
    return match;
}

static void expect(struct fixture *f, const char *network, const char *nick, const char *host,
                   const char *services, const char *wanted)
{
    struct who_match match = ask(f, network, nick, host, services);
    assert_string_equal(match.account ? match.account->name : "", wanted);
}

static void a_source_is_found(void **state)
{
    struct fixture *f = *state;
    put(f, "users", "bob al eve sec");
    put(f, "user:bob:hostmasks", "bob!*@home.example libera/*!*@work.example");
    put(f, "user:al:hostmasks", "*!*@al.example *!*@AL[2].example");
    put(f, "user:al:services", "libera/Al{1}");
    put(f, "user:eve:services", "oftc/al[1] libera/eve");
    put(f, "user:sec", "secure yes");
    put(f, "user:sec:hostmasks", "sec!*@sec.example");
    put(f, "user:sec:services", "libera/sec");
    commit(f);
    expect(f, "libera", "bob", "home.example", NULL, "bob");
    expect(f, "libera", "BOB", "Home.Example", NULL, "bob");
    expect(f, "libera", "bob", "elsewhere.example", NULL, "");
    expect(f, "libera", "x", "work.example", NULL, "bob");
    expect(f, "oftc", "x", "work.example", NULL, "");
    expect(f, "libera", "x", "al{2}.example", NULL, "al");
    expect(f, "libera", "x", "y", "al[1]", "al");
    expect(f, "oftc", "x", "y", "al{1}", "eve");
    expect(f, "other", "x", "y", "al{1}", "");
    expect(f, "libera", "x", "y", "", "");
    struct who_match match = ask(f, "libera", "sec", "sec.example", NULL);
    assert_null(match.account);
    assert_true(match.needs_session);
    assert_string_equal(match.other->name, "sec");
    match = ask(f, "libera", "sec", "sec.example", "sec");
    assert_null(match.account); /* a session, too, however it is known */
    assert_true(match.needs_session && match.by_services);
    assert_string_equal(match.other->name, "sec");
    assert_string_equal(match.item, "libera/sec");
    assert_string_equal(ask(f, "libera", "x", "work.example", NULL).item,
                        "libera/*!*@work.example");
}

static void two_that_match_count_as_nobody(void **state)
{
    struct fixture *f = *state;
    put(f, "users", "a b c d e f g h i j k l m n o p q");
    put(f, "user:a:hostmasks", "bob!*@* *!*@home.example net/*!*@ho?e.example");
    put(f, "user:q:hostmasks", "other/*!*@home.example");
    put(f, "user:q:services", "net/q");
    put(f, "user:c:services", "net/both");
    put(f, "user:d:services", "net/BOTH");
    commit(f);
    expect(f, "net", "bob", "home.example", NULL, "a"); /* by three of his own */
    struct who_match match = ask(f, "other", "bob", "home.example", NULL);
    assert_null(match.account);
    assert_true((match.ambiguous->name[0] == 'a' && match.other->name[0] == 'q') ||
                (match.ambiguous->name[0] == 'q' && match.other->name[0] == 'a'));
    /* Nobody takes a services account away from another by a hostmask. */
    expect(f, "net", "bob", "home.example", "q", "q");
    match = ask(f, "net", "x", "y", "both");
    assert_null(match.account);
    assert_non_null(match.ambiguous);
}

static void a_thousand_wildcards_are_refused_or_quick(void **state)
{
    struct fixture *f = *state;
    char mask[600];
    char why[REGISTRY_WHY_SIZE];
    size_t len = 0;
    for (int i = 0; i < 240; i++)
        len += (size_t)sprintf(mask + len, i % 2 ? "a" : "*");
    snprintf(mask + len, sizeof mask - len, "!*@*b");
    assert_int_equal(account_hostmask_check(mask, why, sizeof why), 0);
    put(f, "users", "bob");
    put(f, "user:bob:hostmasks", mask);
    commit(f);
    char nick[256];
    memset(nick, 'a', 255);
    nick[255] = '\0';
    expect(f, "net", nick, nick, NULL, "");
    assert_true(mask_overlap(mask, mask));
    memset(mask, '*', 500);
    snprintf(mask + 500, sizeof mask - 500, "!*@*");
    assert_int_equal(account_hostmask_check(mask, why, sizeof why), -1);
}

static void overlaps_of_accounts_are_found(void **state)
{
    struct fixture *f = *state;
    put(f, "users", "bob al");
    put(f, "user:bob:hostmasks", "net/*!*@host.example *!*@all.example");
    put(f, "user:bob:services", "net/Bob[1]");
    const struct accounts *a = commit(f);
    assert_non_null(account_overlap_hostmask(a, "al", "net/al!*@host.example"));
    assert_non_null(account_overlap_hostmask(a, "al", "al!*@host.example"));
    assert_null(account_overlap_hostmask(a, "al", "oftc/al!*@host.example"));
    assert_non_null(account_overlap_hostmask(a, "al", "oftc/al!*@*"));
    assert_null(account_overlap_hostmask(a, "bob", "al!*@host.example"));
    assert_non_null(account_overlap_services(a, "al", "net/bob{1}"));
    assert_null(account_overlap_services(a, "al", "oftc/bob[1]"));
    assert_null(account_overlap_services(a, "bob", "net/bob[1]"));
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(users_count_once_they_are_named),
        TEST(half_an_account_is_none),
        TEST(names_that_are_none_are_told),
        TEST(the_same_again_is_no_change),
        TEST(a_wrong_word_counts_as_before_or_as_closed),
        TEST(a_wrong_password_never_counts),
        TEST(what_cannot_be_read_closes),
        TEST(what_is_known_not_to_be_there_stays_so),
        TEST(what_was_never_readable_stays_closed),
        TEST(wrong_items_do_not_count),
        TEST(profiles_need_a_style),
        TEST(a_full_reading_forgets_what_is_gone),
        TEST(a_source_is_found),
        TEST(two_that_match_count_as_nobody),
        TEST(a_thousand_wildcards_are_refused_or_quick),
        TEST(overlaps_of_accounts_are_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
