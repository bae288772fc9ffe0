#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "registry/account_edit.h"
#include "registry/accounts.h"

static char why[REGISTRY_WHY_SIZE];
#define WHY why, sizeof why

static const char RECORD[] = "limnoria:salt|0123456789012345678901234567890123456789";
static const char RECORD2[] = "limnoria:salt|9876543210987654321098765432109876543210";

struct answered {
    bool done;
    enum registry_result result;
    char text[300];
    size_t nchanged;
};

static void on_answer(void *arg, const struct edit_answer *answer)
{
    struct answered *a = arg;
    a->done = true;
    a->result = answer->result;
    a->nchanged = answer->nchanged;
    snprintf(a->text, sizeof a->text, "%s", answer->text);
}

static bool is_done(void *arg)
{
    return ((struct answered *)arg)->done;
}

static struct answered commit(struct fixture *f, struct registry_edit *e)
{
    struct answered a = {0};
    registry_edit_commit(e, f->registry, on_answer, &a);
    assert_false(a.done);
    run_until(f, is_done, &a, "the edit is answered");
    return a;
}

static void commit_ok(struct fixture *f, struct registry_edit *e)
{
    struct answered a = commit(f, e);
    if (a.result != REGISTRY_OK)
        fail_msg("%s", a.text);
}

static void commit_refused(struct fixture *f, struct registry_edit *e, const char *text)
{
    struct answered a = commit(f, e);
    assert_int_equal(a.result, REGISTRY_DENIED);
    if (strncmp(a.text, text, strlen(text)) != 0)
        fail_msg("\"%s\" instead of \"%s\"", a.text, text);
}

static void assert_redis(struct fixture *f, const char *command, const char *wanted)
{
    char *got = redis_get(f->socket, command, "");
    assert_string_equal(got, wanted);
    free(got);
}

static void synced(struct fixture *f)
{
    one_module(f);
    open_default(f);
    run_until_state(f, REGISTRY_SYNCED);
}

static const struct accounts *accounts(struct fixture *f)
{
    return snapshot_accounts(registry_snapshot(f->registry));
}

struct seen {
    struct fixture *f;
    size_t users;
};

static bool are_users(void *arg)
{
    const struct seen *seen = arg;
    return accounts(seen->f)->nusers == seen->users;
}

static void run_until_users(struct fixture *f, size_t users)
{
    struct seen seen = {f, users};
    run_until(f, are_users, &seen, "the users are seen");
}

static const struct capability_place BOB = {HOLDER_USER, "bob", "", "", CASEMAPPING_RFC1459};
static const struct capability_place AL = {HOLDER_USER, "al", "", "", CASEMAPPING_RFC1459};

/* Bob, an owner, and al. */
static void two_users(struct fixture *f)
{
    synced(f);
    struct registry_edit *e = registry_edit_new();
    assert_int_equal(registry_edit_user_new(e, "Bob", RECORD, WHY), 0);
    assert_int_equal(registry_edit_capability(e, &BOB, "owner", true, WHY), 0);
    assert_int_equal(registry_edit_hostmask(e, "bob", "bob!*@bob.example", true, WHY), 0);
    assert_int_equal(registry_edit_services(e, "bob", "net/bob", true, WHY), 0);
    assert_int_equal(registry_edit_user_new(e, "al", "", WHY), 0);
    commit_ok(f, e);
    run_until_users(f, 2);
}

static void accounts_are_made_and_dropped(void **state)
{
    struct fixture *f = *state;
    two_users(f);
    const struct account *bob = accounts_user(accounts(f), "BOB");
    assert_string_equal(bob->name, "bob");
    assert_string_equal(bob->password, RECORD);
    assert_int_equal(capability_set_count(bob->capabilities), 1);
    assert_string_equal(bob->hostmasks->items[0], "bob!*@bob.example");
    assert_string_equal(bob->services->items[0], "net/bob");

    struct registry_edit *e = registry_edit_new();
    registry_edit_user_new(e, "BOB", RECORD2, WHY);
    commit_refused(f, e, "there is an account of that name already");
    assert_redis(f, "HGET seshet:user:bob password%s", RECORD);
    e = registry_edit_new();
    registry_edit_user_drop(e, "nobody", WHY);
    commit_refused(f, e, "there is no account of that name");
    e = registry_edit_new();
    registry_edit_user_flag(e, "al", "secure", true, WHY);
    registry_edit_capability(e, &AL, "admin", true, WHY);
    commit_ok(f, e);
    e = registry_edit_new();
    registry_edit_user_drop(e, "Al", WHY);
    commit_ok(f, e);
    assert_redis(f, "EXISTS seshet:user:al%s", "0");
    assert_redis(f, "EXISTS seshet:user:al:capabilities%s", "0");
    assert_redis(f, "SISMEMBER seshet:users al%s", "0");
    run_until_users(f, 1);
    redis_do(f->socket, "SADD seshet:user:al:capabilities owner"); /* left behind by hand */
    e = registry_edit_new();
    registry_edit_user_new(e, "al", "", WHY);
    commit_ok(f, e);
    assert_redis(f, "EXISTS seshet:user:al:capabilities%s", "0");
}

static void a_password_is_changed_once(void **state)
{
    struct fixture *f = *state;
    two_users(f);
    struct registry_edit *e = registry_edit_new();
    assert_int_equal(registry_edit_user_password(e, "bob", RECORD, "hunter2", WHY), -1);
    assert_null(strstr(why, "hunter2"));
    registry_edit_user_password(e, "bob", RECORD, RECORD2, WHY);
    commit_ok(f, e);
    e = registry_edit_new();
    registry_edit_user_password(e, "bob", RECORD, RECORD, WHY);
    commit_refused(f, e, "the password was changed at the same moment");
    assert_redis(f, "HGET seshet:user:bob password%s", RECORD2);
    e = registry_edit_new();
    registry_edit_user_password(e, "eve", NULL, RECORD, WHY);
    commit_refused(f, e, "there is no account of that name");
    assert_redis(f, "EXISTS seshet:user:eve%s", "0");
}

static void the_last_owner_stays(void **state)
{
    struct fixture *f = *state;
    static const char text[] = "that is the last owner";
    two_users(f);
    struct registry_edit *e = registry_edit_new();
    registry_edit_user_drop(e, "bob", WHY);
    commit_refused(f, e, text);
    e = registry_edit_new();
    registry_edit_capability(e, &BOB, "owner", false, WHY);
    commit_refused(f, e, text);
    e = registry_edit_new();
    registry_edit_capability(e, &BOB, "-owner", true, WHY);
    commit_refused(f, e, text);
    e = registry_edit_new();
    registry_edit_capability(e, &AL, "owner", false, WHY);
    registry_edit_capability(e, &AL, "net/owner", true, WHY); /* of one network: does not count */
    commit_ok(f, e);
    e = registry_edit_new();
    registry_edit_user_drop(e, "bob", WHY);
    commit_refused(f, e, text);
    e = registry_edit_new();
    registry_edit_capability(e, &AL, "owner", true, WHY);
    unsigned swaps = f->swaps;
    commit_ok(f, e);
    run_until_swaps(f, swaps + 1);
    e = registry_edit_new(); /* not both in one go */
    registry_edit_user_drop(e, "bob", WHY);
    registry_edit_user_drop(e, "al", WHY);
    commit_refused(f, e, text);
    /* Two servers, each of another owner, at once. */
    struct answered one = {0};
    struct answered two = {0};
    e = registry_edit_new();
    registry_edit_capability(e, &BOB, "owner", false, WHY);
    registry_edit_commit(e, f->registry, on_answer, &one);
    e = registry_edit_new();
    registry_edit_capability(e, &AL, "owner", false, WHY);
    registry_edit_commit(e, f->registry, on_answer, &two);
    run_until(f, is_done, &two, "both are answered");
    assert_int_equal(one.result, REGISTRY_OK);
    assert_int_equal(two.result, REGISTRY_DENIED);
    assert_redis(f, "SISMEMBER seshet:user:al:capabilities owner%s", "1");
}

static void a_set_never_holds_both_signs(void **state)
{
    struct fixture *f = *state;
    two_users(f);
    redis_do(f->socket, "SADD seshet:user:al:capabilities #Chan,-op KARMA");
    struct registry_edit *e = registry_edit_new();
    registry_edit_capability(e, &AL, "#chan.op", true, WHY);
    registry_edit_capability(e, &AL, "-karma", true, WHY);
    registry_edit_capability(e, &AL, "net/karma", true, WHY);
    commit_ok(f, e);
    assert_redis(f, "SCARD seshet:user:al:capabilities%s", "3");
    assert_redis(f, "SISMEMBER seshet:user:al:capabilities #chan.op%s", "1");
    assert_redis(f, "SISMEMBER seshet:user:al:capabilities -karma%s", "1");
    e = registry_edit_new();
    registry_edit_capability(e, &AL, "karma", true, WHY);
    registry_edit_capability(e, &AL, "#CHAN,op", false, WHY);
    commit_ok(f, e);
    assert_redis(f, "SCARD seshet:user:al:capabilities%s", "2");
    assert_redis(f, "SISMEMBER seshet:user:al:capabilities -karma%s", "0");
    e = registry_edit_new();
    assert_int_equal(registry_edit_capability(e, &AL, "two words", true, WHY), -1);
    registry_edit_capability(
        e, &(struct capability_place){HOLDER_USER, "eve", "", "", CASEMAPPING_RFC1459}, "admin",
        true, WHY);
    commit_refused(f, e, "there is no account of that name");
}

/* Takes the capability from al; how many of the set that was. */
static size_t taken(struct fixture *f, const char *capability, enum casemapping casemapping)
{
    struct capability_place place = AL;
    place.casemapping = casemapping;
    struct registry_edit *e = registry_edit_new();
    assert_int_equal(registry_edit_capability(e, &place, capability, false, WHY), 0);
    struct answered a = commit(f, e);
    assert_int_equal(a.result, REGISTRY_OK);
    return a.nchanged;
}

static void names_compare_in_their_parts(void **state)
{
    struct fixture *f = *state;
    two_users(f);
    redis_do(f->socket, "SADD seshet:user:al:capabilities net.1/#a.b,op #c[x.op net/#C{x,-op a.b");
    /* The op of #a takes nothing from #a.b. */
    assert_int_equal(taken(f, "net.1/#a.b.op", CASEMAPPING_RFC1459), 0);
    assert_int_equal(taken(f, "NET.1/#a.b,op", CASEMAPPING_RFC1459), 0);
    assert_int_equal(taken(f, "net.1/#A.B,op", CASEMAPPING_ASCII), 1);
    assert_int_equal(taken(f, "#C{x.op", CASEMAPPING_ASCII), 0);
    assert_int_equal(taken(f, "#C{X.OP", CASEMAPPING_RFC1459_STRICT), 1);
    assert_int_equal(taken(f, "a.b", CASEMAPPING_RFC1459), 1);
    struct capability_place place = AL;
    struct registry_edit *e = registry_edit_new();
    assert_int_equal(registry_edit_capability(e, &place, "net/#c[X.op", true, WHY), 0);
    commit_ok(f, e);
    assert_redis(f, "SCARD seshet:user:al:capabilities%s", "1");
    assert_redis(f, "SISMEMBER seshet:user:al:capabilities net/#c[X.op%s", "1");
}

static void the_last_owner_is_not_ignored(void **state)
{
    struct fixture *f = *state;
    two_users(f);
    struct registry_edit *e = registry_edit_new();
    assert_int_equal(registry_edit_user_flag(e, "bob", "ignored", true, WHY), 0);
    commit_refused(f, e, "that is the last owner");
    assert_redis(f, "HEXISTS seshet:user:bob ignored%s", "0");
    e = registry_edit_new();
    registry_edit_user_flag(e, "al", "ignored", true, WHY);
    registry_edit_user_flag(e, "bob", "ignored", false, WHY);
    commit_ok(f, e);
}

static void default_sets_open_nothing_privileged(void **state)
{
    struct fixture *f = *state;
    static const struct capability_place places[] = {
        {HOLDER_DEFAULT, "", "", "", CASEMAPPING_RFC1459},
        {HOLDER_REGISTERED, "", "net", "", CASEMAPPING_RFC1459},
        {HOLDER_CHANNEL, "", "net", "#c:d", CASEMAPPING_RFC1459}};
    synced(f);
    struct registry_edit *e = registry_edit_new();
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        assert_int_equal(registry_edit_capability(e, &places[i], "op", true, WHY), -1);
        assert_int_equal(registry_edit_capability(e, &places[i], "OWNER", true, WHY), -1);
        assert_int_equal(registry_edit_capability(e, &places[i], "-op", true, WHY), 0);
        assert_int_equal(registry_edit_capability(e, &places[i], "karma", true, WHY), 0);
    }
    assert_int_equal(registry_edit_capability(e, &places[0], "net/#c.op", true, WHY), -1);
    assert_int_equal(registry_edit_capability(e, &places[2], "#c.karma", true, WHY), -1);
    commit_ok(f, e);
    assert_redis(f, "SISMEMBER seshet:policy:capabilities karma%s", "1");
    assert_redis(f, "SISMEMBER seshet:network:net:policy:registered -op%s", "1");
    assert_redis(f, "SISMEMBER seshet:network:net:channel:#c%%3Ad:capabilities karma%s", "1");
}

static void masks_do_not_overlap(void **state)
{
    struct fixture *f = *state;
    two_users(f);
    struct registry_edit *e = registry_edit_new();
    assert_int_equal(registry_edit_hostmask(e, "al", "*!*@*", true, WHY), -1);
    assert_int_equal(registry_edit_hostmask(e, "al", "account:bob", true, WHY), -1);
    assert_int_equal(registry_edit_services(e, "al", "bob", true, WHY), -1);
    registry_edit_hostmask(e, "al", "net/*!*@*.example", true, WHY);
    commit_refused(f, e, "\"net/*!*@*.example\" overlaps a hostmask of another account");
    e = registry_edit_new();
    registry_edit_services(e, "al", "net/BOB", true, WHY);
    commit_refused(f, e, "another account has the services account \"net/BOB\"");
    e = registry_edit_new();
    registry_edit_hostmask(e, "al", "al!*@al.example", true, WHY);
    registry_edit_services(e, "al", "other/bob", true, WHY);
    registry_edit_hostmask(e, "bob", "bob!*@*.bob.example", true, WHY); /* his own */
    commit_ok(f, e);
    e = registry_edit_new();
    registry_edit_hostmask(e, "bob", "no mask at all", false, WHY);
    registry_edit_hostmask(e, "bob", "bob!*@bob.example", false, WHY);
    assert_int_equal(commit(f, e).nchanged, 1);
}

static void an_account_has_so_many_masks(void **state)
{
    struct fixture *f = *state;
    two_users(f);
    struct registry_edit *e = registry_edit_new();
    char mask[64];
    for (int i = 0; i < ACCOUNT_MAX_MASKS; i++) {
        snprintf(mask, sizeof mask, "al!*@%d.example", i);
        assert_int_equal(registry_edit_hostmask(e, "al", mask, true, WHY), 0);
    }
    commit_ok(f, e);
    e = registry_edit_new();
    registry_edit_hostmask(e, "al", "al!*@one.too.many", true, WHY);
    commit_refused(f, e, "the account has as many as it may have");
}

static void profiles_have_members(void **state)
{
    struct fixture *f = *state;
    two_users(f);
    struct registry_edit *e = registry_edit_new();
    assert_int_equal(registry_edit_group_new(e, "ops", "anybody", "", "", WHY), -1);
    assert_int_equal(registry_edit_group_new(e, "a b", "user", "", "", WHY), -1);
    assert_int_equal(registry_edit_group_new(e, "ops", "user", "", "Operators.", WHY), 0);
    assert_int_equal(registry_edit_group_member(e, "ops", "AL", true, WHY), 0);
    assert_int_equal(registry_edit_group_new(e, "net", "nickserv", "", "", WHY), 0);
    assert_int_equal(registry_edit_group_member(e, "net", "net/Al", true, WHY), 0);
    commit_ok(f, e);
    assert_redis(f, "SISMEMBER seshet:auth_group:ops:members al%s", "1");
    assert_redis(f, "SISMEMBER seshet:auth_group:net:members net/Al%s", "1");
    assert_redis(f, "HGET seshet:auth_group:ops description%s", "Operators.");
    e = registry_edit_new();
    registry_edit_group_member(e, "ops", "eve", true, WHY);
    commit_refused(f, e, "there is no account eve that could be a member");
    e = registry_edit_new();
    registry_edit_group_new(e, "ops", "password", RECORD, "", WHY);
    commit_refused(f, e, "there is a profile of that name already");
    e = registry_edit_new();
    registry_edit_group_member(e, "friends", "al", true, WHY);
    commit_refused(f, e, "there is no profile of that name");
    e = registry_edit_new();
    registry_edit_group_member(e, "net", "net/eve", true, WHY);
    registry_edit_group_member(e, "net", "al", true, WHY);
    registry_edit_user_drop(e, "al", WHY);
    commit_ok(f, e);
    assert_redis(f, "EXISTS seshet:auth_group:ops:members%s", "0");
    assert_redis(f, "SCARD seshet:auth_group:net:members%s", "3"); /* not ours */
    e = registry_edit_new();
    registry_edit_group_drop(e, "net", WHY);
    commit_ok(f, e);
    assert_redis(f, "EXISTS seshet:auth_group:net%s", "0");
    assert_redis(f, "EXISTS seshet:auth_group:net:members%s", "0");
}

static void policies_and_channels_are_set(void **state)
{
    struct fixture *f = *state;
    synced(f);
    struct registry_edit *e = registry_edit_new();
    assert_int_equal(registry_edit_policy(e, "", "default_allow", "maybe", WHY), -1);
    assert_non_null(strstr(why, "default_allow must be yes or no"));
    assert_int_equal(registry_edit_policy(e, "", "lobotomized", "yes", WHY), -1);
    assert_int_equal(registry_edit_channel(e, "net", "#c", "registration", "open", WHY), -1);
    assert_int_equal(registry_edit_channel(e, "", "#c", "lobotomized", "yes", WHY), -1);
    assert_int_equal(registry_edit_channel(e, "net", "c", "lobotomized", "yes", WHY), -1);
    assert_int_equal(registry_edit_channel_ignore(e, "net", "#c", "x", 0, true, WHY), -1);
    assert_int_equal(registry_edit_network_set(e, "net", "nick", "1bad nick", WHY), -1);
    assert_int_equal(registry_edit_network_channel(e, "net", "bad", true, WHY), -1);
    assert_int_equal(registry_edit_count(e), 0);
    registry_edit_policy(e, "", "registration", "closed", WHY);
    registry_edit_policy(e, "net", "default_ignore", "yes", WHY);
    registry_edit_channel(e, "net", "#c:%d", "lobotomized", "yes", WHY);
    registry_edit_channel_ignore(e, "net", "#c:%d", "x!*@*", 0, true, WHY);
    registry_edit_network_set(e, "net", "nick", "bot", WHY);
    registry_edit_network_channel(e, "net", "#c:%d", true, WHY);
    unsigned swaps = f->swaps;
    commit_ok(f, e);
    run_until_swaps(f, swaps + 1);
    const struct accounts *a = accounts(f);
    assert_int_equal(accounts_registration(a, "net"), REGISTRATION_CLOSED);
    assert_true(accounts_default_ignore(a, "net"));
    const struct channel_record *c = accounts_channel(a, "net", "#c:%d");
    assert_true(c->lobotomized);
    assert_string_equal(c->ignores->items[0].mask, "x!*@*");
    assert_string_equal(accounts_network(a, "net")->nick, "bot");
    assert_string_equal(accounts_network(a, "net")->channels->items[0], "#c:%d");
    assert_redis(f, "HGET seshet:network:net:channel:#c%%3A%%25d lobotomized%s", "yes");
    e = registry_edit_new();
    registry_edit_policy(e, "net", "default_ignore", NULL, WHY);
    registry_edit_channel(e, "net", "#c:%d", "lobotomized", NULL, WHY);
    registry_edit_channel_ignore(e, "net", "#c:%d", "x!*@*", 0, false, WHY);
    registry_edit_network_channel(e, "net", "#c:%d", false, WHY);
    swaps = f->swaps;
    commit_ok(f, e);
    run_until_swaps(f, swaps + 1);
    assert_null(accounts_channel(accounts(f), "net", "#c:%d"));
    assert_null(accounts_policy(accounts(f), "net"));
    e = registry_edit_new();
    registry_edit_channel_ignore(e, "net", "#c:%d", "x!*@*", 6, true, WHY);
    registry_edit_channel_ignore(e, "net", "#c:%d", "y!*@*", 5, true, WHY);
    registry_edit_channel_expire(e, "net", "#c:%d", "x!*@*", 5, WHY); /* it ends later now */
    registry_edit_channel_expire(e, "net", "#c:%d", "y!*@*", 5, WHY);
    commit_ok(f, e);
    assert_redis(f, "HGET seshet:network:net:channel:#c%%3A%%25d:ignores x!*@*%s", "6");
    assert_redis(f, "HLEN seshet:network:net:channel:#c%%3A%%25d:ignores%s", "1");
}

/* Many names: they are read in several steps. */
static void many_users_are_read(void **state)
{
    struct fixture *f = *state;
    enum { MANY = 5000 };
    redisContext *redis = redis_client(f->socket);
    synced(f);
    for (int i = 0; i < MANY; i++) {
        redisAppendCommand(redis, "SADD seshet:users u%d", i);
        redisAppendCommand(redis, "SADD seshet:user:u%d:hostmasks u%d!*@*.example", i, i);
    }
    for (int i = 0; i < 2 * MANY; i++) {
        redisReply *reply = NULL;
        assert_int_equal(redisGetReply(redis, (void **)&reply), REDIS_OK);
        freeReplyObject(reply);
    }
    redisFree(redis);
    run_until_users(f, MANY);
    for (int i = 0; i < MANY; i += 777) {
        char name[16];
        snprintf(name, sizeof name, "u%d", i);
        assert_non_null(accounts_user(accounts(f), name)->hostmasks);
    }
    close_registry(f);
    open_default(f);
    run_until_state(f, REGISTRY_SYNCED);
    assert_int_equal(accounts(f)->nusers, MANY);
    redis_do(f->socket, "SREM seshet:users u17 u18");
    run_until_users(f, MANY - 2);
    assert_null(accounts_user(accounts(f), "u17"));
    redis_do(f->socket, "DEL seshet:users");
    run_until_users(f, 0);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, fixture_setup, fixture_teardown)
    const struct CMUnitTest tests[] = {
        TEST(accounts_are_made_and_dropped),
        TEST(a_password_is_changed_once),
        TEST(the_last_owner_stays),
        TEST(a_set_never_holds_both_signs),
        TEST(names_compare_in_their_parts),
        TEST(the_last_owner_is_not_ignored),
        TEST(default_sets_open_nothing_privileged),
        TEST(masks_do_not_overlap),
        TEST(an_account_has_so_many_masks),
        TEST(profiles_have_members),
        TEST(policies_and_channels_are_set),
        TEST(many_users_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
