/* Nicks, accounts, addresses. */

#include "world.h"

static void nicks_change(void **state)
{
    (void)state;
    struct world w;
    world_open_channel(&w);
    world_expect(&w, ":bob!b@b.host NICK robert", "nick bob!b@b.host >robert in=#c reply=robert");
    world_members(&w, "#c", "alice:ov carol: me:o robert:v");
    assert_null(irc_user_find(w.state, "bob"));
    assert_string_equal(irc_user_host(irc_user_find(w.state, "robert")), "b.host");
    world_expect(&w, ":bob!b@b.host NICK x", "");
    world_expect(&w, ":carol!c@c NICK", "");
    world_expect(&w, ":carol!c@c NICK :a b", "");
    world_expect(&w, ":carol!c@c NICK a!b@c", "");
    world_expect(&w, ":carol!c@c NICK :", "");
    world_members(&w, "#c", "alice:ov carol: me:o robert:v");
    world_close(&w);
}

static void a_nick_may_change_in_case_alone(void **state)
{
    (void)state;
    struct world w;
    world_open_channel(&w);
    world_expect(&w, ":bob!b@b.host NICK BOB", "nick bob!b@b.host >BOB in=#c reply=BOB");
    world_members(&w, "#c", "BOB:v alice:ov carol: me:o");
    world_expect(&w, ":me!m@my.host NICK ME", "nick me!m@my.host >ME in=#c reply=ME me");
    assert_string_equal(irc_state_nick(w.state), "ME");
    world_members(&w, "#c", "BOB:v ME:o alice:ov carol:");
    world_close(&w);
}

static void our_own_nick_changes(void **state)
{
    (void)state;
    struct world w;
    world_open_channel(&w);
    world_expect(&w, ":me!m@my.host NICK myself",
                 "nick me!m@my.host >myself in=#c reply=myself me");
    assert_true(irc_state_is_me(w.state, "MYSELF"));
    assert_false(irc_state_is_me(w.state, "me"));
    world_members(&w, "#c", "alice:ov bob:v carol: myself:o");
    world_expect(&w, ":myself!m@my.host PART #c", "part myself!m@my.host #c in=#c me");
    world_expect(&w, ":myself!m@my.host NICK me", "nick myself!m@my.host >me reply=me me");
    assert_true(irc_state_is_me(w.state, "me"));
    world_expect(&w, ":irc.example 001 other :Welcome", "");
    assert_true(irc_state_is_me(w.state, "other"));
    world_close(&w);
}

static void colliding_nicks_are_resolved(void **state)
{
    (void)state;
    struct world w;
    world_open_channel(&w);
    /* Cannot be, so whoever was there before is gone. */
    world_expect(&w, ":bob!b@b.host NICK ALICE", "nick bob!b@b.host >ALICE in=#c reply=ALICE");
    world_members(&w, "#c", "ALICE:v carol: me:o");
    world_expect(&w, ":carol!c@c NICK Me", "");
    world_members(&w, "#c", "ALICE:v carol: me:o");
    world_expect(&w, ":irc.example 001 other :Welcome", "");
    assert_string_equal(irc_state_nick(w.state), "me");
    world_close(&w);
}

static void account_notify_is_told_with_all_places(void **state)
{
    (void)state;
    struct world w;
    world_open_channel(&w);
    const struct irc_user *bob = irc_user_find(w.state, "bob");
    assert_false(irc_user_account_known(bob));
    world_expect(&w, ":bob!b@b.host ACCOUNT bobby", "account bob!b@b.host[bobby] in=#c");
    assert_string_equal(irc_user_account(bob), "bobby");
    world_expect(&w, ":bob!b@b.host PRIVMSG #c :x", "message bob!b@b.host[bobby] #c 'x' in=#c");
    world_expect(&w, ":bob!b@b.host ACCOUNT *", "account bob!b@b.host[] in=#c");
    assert_null(irc_user_account(bob));
    assert_true(irc_user_account_known(bob));
    world_expect(&w, ":bob!b@b.host ACCOUNT :no name", "account bob!b@b.host in=#c");
    assert_false(irc_user_account_known(bob));
    world_expect(&w, ":stranger!s@s ACCOUNT x", "");
    world_expect(&w, ":bob!b@b.host ACCOUNT", "");
    world_close(&w);
}

static void account_tag_is_believed(void **state)
{
    (void)state;
    struct world w;
    world_open_channel(&w);
    world_expect(&w, "@account=bobby :bob!b@b.host PRIVMSG #c :x",
                 "message bob!b@b.host[bobby] #c 'x' in=#c");
    /* Not negotiated: a missing tag says nothing. */
    world_expect(&w, ":bob!b@b.host PRIVMSG #c :x", "message bob!b@b.host[bobby] #c 'x' in=#c");
    world_expect(&w, ":s!s@s PRIVMSG me :x", "message s!s@s 'x' private");
    irc_state_set_caps(w.state, true);
    world_expect(&w, ":bob!b@b.host PRIVMSG #c :x", "message bob!b@b.host[] #c 'x' in=#c");
    world_expect(&w, ":s!s@s PRIVMSG me :x", "message s!s@s[] 'x' private");
    world_expect(&w, "@account=sam :s!s@s PRIVMSG me :x", "message s!s@s[sam] 'x' private");
    world_expect(&w, "@account=sam :s!s@s JOIN #c", "join s!s@s[sam] #c in=#c");
    world_expect(&w, ":t!t@t JOIN #c", "join t!t@t[] #c in=#c");
    /* The command's own word is newer than the tag. */
    world_expect(&w, "@account=old :bob!b@b.host ACCOUNT new", "account bob!b@b.host[new] in=#c");
    /* What cannot be an account is unknown, not "logged out" and never part of a name. */
    world_expect(&w, "@account=a\\r\\nb :bob!b@b.host PRIVMSG #c :x",
                 "message bob!b@b.host #c 'x' in=#c");
    world_expect(&w, "@account=* :s!s@s PRIVMSG me :x", "message s!s@s 'x' private");
    world_expect(&w, "@account= :x!s@s PRIVMSG me :x", "message x!s@s 'x' private");
    /* A server's line does not log a user out. */
    world_line(&w, "@account=bobby :bob!b@b.host PRIVMSG #c :x");
    world_line(&w, ":bob MODE #c +n");
    assert_string_equal(irc_user_account(irc_user_find(w.state, "bob")), "bobby");
    world_events(&w, "message bob!b@b.host[bobby] #c 'x' in=#c\n"
                     "mode bob!b@b.host[bobby] #c >+n in=#c");
    world_close(&w);
}

static void addresses_are_learned(void **state)
{
    (void)state;
    struct world w;
    world_open_channel(&w);
    const struct irc_user *bob = irc_user_find(w.state, "bob");
    world_line(&w, ":bob!b@b.host PRIVMSG #c :x");
    assert_string_equal(irc_user_host(bob), "b.host");
    world_events(&w, "message bob!b@b.host #c 'x' in=#c");
    world_expect(&w, ":bob!b@b.host CHGHOST bb hidden.host", "");
    assert_string_equal(irc_user_user(bob), "bb");
    assert_string_equal(irc_user_host(bob), "hidden.host");
    world_expect(&w, ":bob!bb@hidden.host CHGHOST bb", "");
    world_expect(&w, ":me!m@my.host CHGHOST mm my.cloak", "");
    assert_string_equal(irc_state_user(w.state), "mm");
    assert_string_equal(irc_state_host(w.state), "my.cloak");
    world_expect(&w, ":irc.example 396 me new.cloak :is now your displayed host", "");
    assert_string_equal(irc_state_user(w.state), "mm");
    assert_string_equal(irc_state_host(w.state), "new.cloak");
    assert_string_equal(irc_user_host(irc_user_find(w.state, "me")), "new.cloak");
    world_expect(&w, ":irc.example 396 me u@v.cloak :is now your displayed host", "");
    assert_string_equal(irc_state_user(w.state), "u");
    assert_string_equal(irc_state_host(w.state), "v.cloak");
    world_line(&w, ":me!u@v.cloak PART #c");
    world_line(&w, ":me!u@v.cloak CHGHOST a b.cloak");
    assert_string_equal(irc_state_host(w.state), "b.cloak");
    world_close(&w);
}

static void names_and_absence_are_learned(void **state)
{
    (void)state;
    struct world w;
    world_open_channel(&w);
    const struct irc_user *bob = irc_user_find(w.state, "bob");
    world_expect(&w, ":bob!b@b.host SETNAME :Robert B.", "");
    assert_string_equal(irc_user_realname(bob), "Robert B.");
    world_expect(&w, ":bob!b@b.host AWAY :lunch", "");
    assert_true(irc_user_away(bob));
    world_expect(&w, ":bob!b@b.host AWAY", "");
    assert_false(irc_user_away(bob));
    world_expect(&w, ":nobody!n@n AWAY :x", "");
    world_expect(&w, ":nobody!n@n SETNAME :x", "");
    world_close(&w);
}

/* A search that repeats the last one is answered from memory. */
static void who_is_gone_is_found_no_more(void **state)
{
    (void)state;
    struct world w;
    world_open_channel(&w);
    assert_non_null(irc_user_find(w.state, "bob"));
    world_expect(&w, ":bob!b@b.host NICK rob", "nick bob!b@b.host >rob in=#c reply=rob");
    assert_null(irc_user_find(w.state, "bob"));
    assert_non_null(irc_user_find(w.state, "rob"));
    world_expect(&w, ":rob!b@b.host QUIT :bye", "quit rob!b@b.host 'bye' in=#c");
    assert_null(irc_user_find(w.state, "rob"));
    assert_non_null(irc_user_find(w.state, "carol"));
    assert_non_null(irc_channel_find(w.state, "#c"));
    world_expect(&w, ":me!m@my.host PART #c", "part me!m@my.host #c in=#c me");
    assert_null(irc_user_find(w.state, "carol"));
    assert_null(irc_channel_find(w.state, "#c"));
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nicks_change),
        cmocka_unit_test(a_nick_may_change_in_case_alone),
        cmocka_unit_test(our_own_nick_changes),
        cmocka_unit_test(colliding_nicks_are_resolved),
        cmocka_unit_test(account_notify_is_told_with_all_places),
        cmocka_unit_test(account_tag_is_believed),
        cmocka_unit_test(addresses_are_learned),
        cmocka_unit_test(names_and_absence_are_learned),
        cmocka_unit_test(who_is_gone_is_found_no_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
