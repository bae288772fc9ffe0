/* Who comes and goes, modes and topics. */

#include <stdio.h>

#include "world.h"

static void we_join_and_part(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    assert_int_equal(irc_channel_count(w.state), 0);
    world_expect(&w, ":me!m@my.host JOIN #C", "join me!m@my.host #C in=#C me");
    world_members(&w, "#c", "me:");
    assert_false(irc_channel_names_done(irc_channel_find(w.state, "#c")));
    assert_string_equal(irc_channel_name(irc_channel_find(w.state, "#c")), "#C");
    assert_string_equal(irc_state_user(w.state), "m");
    assert_string_equal(irc_state_host(w.state), "my.host");
    world_expect(&w, ":me!m@my.host PART #c :bye", "part me!m@my.host #C 'bye' in=#C me");
    assert_int_equal(irc_channel_count(w.state), 0);
    assert_int_equal(irc_user_count(w.state), 0);
    assert_string_equal(irc_state_host(w.state), "my.host");
    world_close(&w);
}

static void names_are_learned(void **state)
{
    (void)state;
    struct world w;
    world_open_channel(&w);
    world_members(&w, "#c", "alice:ov bob:v carol: me:o");
    assert_true(irc_channel_names_done(irc_channel_find(w.state, "#c")));
    assert_string_equal(irc_user_host(irc_user_find(w.state, "ALICE")), "a.host");
    assert_string_equal(irc_user_user(irc_user_find(w.state, "alice")), "a");
    assert_string_equal(irc_user_host(irc_user_find(w.state, "bob")), "");
    assert_true(irc_channel_has(irc_channel_find(w.state, "#c"), "Carol"));
    assert_false(irc_channel_has(irc_channel_find(w.state, "#c"), "dave"));
    const struct channel *c = irc_channel_find(w.state, "#c");
    assert_true(irc_member_has_mode(irc_member_find(c, "alice"), 'v'));
    assert_false(irc_member_has_mode(irc_member_find(c, "bob"), 'o'));
    assert_false(irc_member_has_mode(irc_member_find(c, "bob"), 'x'));
    world_close(&w);
}

static void names_without_multi_prefix_keep_lower_modes(void **state)
{
    (void)state;
    struct world w;
    world_open_channel(&w);
    world_line(&w, ":irc.example 353 me = #c :@alice");
    world_members(&w, "#c", "alice:ov bob:v carol: me:o");
    world_line(&w, ":irc.example 353 me = #c :+alice @bob me");
    world_members(&w, "#c", "alice:v bob:ov carol: me:");
    world_close(&w);
}

static void others_join(void **state)
{
    (void)state;
    struct world w;
    world_open_channel(&w);
    world_expect(&w, ":dave!d@d.host JOIN :#C", "join dave!d@d.host #c in=#c");
    world_expect(&w, ":dave!d@d.host JOIN #c", ""); /* he is there */
    world_expect(&w, ":eve!e@e.host JOIN #c evil :Eve E.", "join eve!e@e.host[evil] #c in=#c");
    world_expect(&w, ":fay!f@f.host JOIN #c * :Fay", "join fay!f@f.host[] #c in=#c");
    world_expect(&w, ":gus!g@g.host JOIN #elsewhere", "");
    world_members(&w, "#c", "alice:ov bob:v carol: dave: eve: fay: me:o");
    assert_string_equal(irc_user_realname(irc_user_find(w.state, "eve")), "Eve E.");
    assert_string_equal(irc_user_account(irc_user_find(w.state, "eve")), "evil");
    assert_true(irc_user_account_known(irc_user_find(w.state, "fay")));
    assert_false(irc_user_account_known(irc_user_find(w.state, "dave")));
    world_close(&w);
}

static void others_part(void **state)
{
    (void)state;
    struct world w;
    world_open_channel(&w);
    world_expect(&w, ":bob!b@b.host PART #C :gone", "part bob!b@b.host #c 'gone' in=#c");
    world_expect(&w, ":bob!b@b.host PART #c", "");
    world_expect(&w, ":bob!b@b.host PART #none", "");
    world_members(&w, "#c", "alice:ov carol: me:o");
    assert_null(irc_user_find(w.state, "bob"));
    world_close(&w);
}

static void kicks_are_told_before_they_take_effect(void **state)
{
    (void)state;
    struct world w;
    world_open_channel(&w);
    world_expect(&w, ":alice!a@a.host KICK #c BOB :out", "kick alice!a@a.host #c >bob 'out' in=#c");
    world_expect(&w, ":alice!a@a.host KICK #c bob :out", "");
    world_expect(&w, ":irc.example KICK #c carol", "kick irc.example #c >carol in=#c server");
    world_expect(&w, ":alice!a@a.host KICK #c Me :you too",
                 "kick alice!a@a.host #c >me 'you too' in=#c");
    world_members(&w, "#c", "none");
    assert_int_equal(irc_user_count(w.state), 0);
    world_close(&w);
}

static void modes_change_members_and_channel(void **state)
{
    (void)state;
    struct world w;
    world_open_channel(&w);
    world_expect(&w, ":alice!a@a.host MODE #C +o-v+h bob BOB carol",
                 "mode alice!a@a.host #c >+o-v+h 'bob BOB carol' in=#c");
    world_members(&w, "#c", "alice:ov bob:o carol:h me:o");
    const struct channel *c = irc_channel_find(w.state, "#c");
    char modes[IRC_MODES_SIZE];
    world_expect(&w, ":irc.example MODE #c +ntklb-o secret 5 x!*@* nobody",
                 "mode irc.example #c >+ntklb-o 'secret 5 x!*@* nobody' in=#c server");
    assert_string_equal(irc_channel_modes(c, modes), "klnt");
    assert_string_equal(irc_channel_key(c), "secret");
    assert_true(irc_channel_has_mode(c, 't'));
    world_expect(&w, ":alice!a@a.host MODE #c -lk+Z-t *",
                 "mode alice!a@a.host #c >-lk+Z-t '*' in=#c");
    assert_string_equal(irc_channel_modes(c, modes), "nZ");
    assert_string_equal(irc_channel_key(c), "");
    world_expect(&w, ":alice!a@a.host MODE #c +ko *", "mode alice!a@a.host #c >+ko '*' in=#c");
    assert_string_equal(irc_channel_key(c), "");
    world_expect(&w, ":alice!a@a.host MODE #c", "");
    world_expect(&w, ":alice!a@a.host MODE #none +o alice", "");
    world_close(&w);
}

static void mode_numerics_replace(void **state)
{
    (void)state;
    struct world w;
    char modes[IRC_MODES_SIZE];
    world_open_channel(&w);
    const struct channel *c = irc_channel_find(w.state, "#c");
    world_expect(&w, ":irc.example 324 me #c +ntk secret", "");
    assert_string_equal(irc_channel_modes(c, modes), "knt");
    assert_string_equal(irc_channel_key(c), "secret");
    world_line(&w, ":irc.example 324 me #c +ik *");
    assert_string_equal(irc_channel_modes(c, modes), "ik");
    assert_string_equal(irc_channel_key(c), "secret");
    world_line(&w, ":irc.example 324 me #c +");
    assert_string_equal(irc_channel_modes(c, modes), "");
    assert_string_equal(irc_channel_key(c), "");
    world_expect(&w, ":irc.example 329 me #c 1700000000", "");
    world_members(&w, "#c", "alice:ov bob:v carol: me:o");
    world_close(&w);
}

static void topics_are_kept(void **state)
{
    (void)state;
    struct world w;
    world_open_channel(&w);
    const struct channel *c = irc_channel_find(w.state, "#c");
    assert_string_equal(irc_channel_topic(c), "");
    world_expect(&w, ":irc.example 332 me #c :old topic", "");
    world_expect(&w, ":irc.example 333 me #c alice!a@a.host 1700000000", "");
    assert_string_equal(irc_channel_topic(c), "old topic");
    assert_string_equal(irc_channel_topic_by(c), "alice!a@a.host");
    assert_int_equal(irc_channel_topic_time(c), 1700000000000);
    world_expect(&w, "@time=2012-06-30T23:59:59.419Z :bob!b@b.host TOPIC #C :new topic",
                 "topic bob!b@b.host #c 'new topic' in=#c");
    assert_string_equal(irc_channel_topic(c), "new topic");
    assert_string_equal(irc_channel_topic_by(c), "bob");
    assert_int_equal(irc_channel_topic_time(c), 1341100799419);
    world_expect(&w, ":bob!b@b.host TOPIC #c :", "topic bob!b@b.host #c in=#c");
    assert_string_equal(irc_channel_topic(c), "");
    world_line(&w, ":irc.example 332 me #c :again");
    world_line(&w, ":irc.example 331 me #c :No topic");
    assert_string_equal(irc_channel_topic(c), "");
    world_expect(&w, ":bob!b@b.host TOPIC #c", "");
    world_expect(&w, ":bob!b@b.host TOPIC #none :x", "");
    world_line(&w, ":irc.example 333 me #c alice 99999999999999999999");
    assert_int_equal(irc_channel_topic_time(c), 0);
    world_close(&w);
}

static void invitations_are_told(void **state)
{
    (void)state;
    struct world w;
    world_open_channel(&w);
    world_expect(&w, ":x!x@x INVITE me #new", "invite x!x@x #new >me reply=x");
    world_expect(&w, ":alice!a@a.host INVITE dave #c",
                 "invite alice!a@a.host #c >dave in=#c reply=alice");
    world_expect(&w, ":x!x@x INVITE dave #new", "");
    world_expect(&w, ":x!x@x INVITE me", "");
    world_close(&w);
}

static void a_netsplit_is_a_row_of_quits_and_joins(void **state)
{
    (void)state;
    struct world w;
    world_open_channel(&w);
    world_line(&w, ":me!m@my.host JOIN #d");
    world_line(&w, ":irc.example 353 me = #d :me @alice");
    world_events(&w, "join me!m@my.host #d in=#d me");
    world_expect(&w, ":irc.example BATCH +x netsplit a.example b.example", "");
    world_expect(&w, "@batch=x :alice!a@a.host QUIT :a.example b.example",
                 "quit alice!a@a.host 'a.example b.example' in=#d,#c");
    world_expect(&w, "@batch=x :bob!b@b.host QUIT :a.example b.example",
                 "quit bob!b@b.host 'a.example b.example' in=#c");
    world_expect(&w, ":irc.example BATCH -x", "");
    world_members(&w, "#c", "carol: me:o");
    world_members(&w, "#d", "me:");
    world_line(&w, ":irc.example BATCH +y netjoin a.example b.example");
    world_expect(&w, "@batch=y :alice!a@a.host JOIN #c", "join alice!a@a.host #c in=#c");
    world_line(&w, ":irc.example BATCH -y");
    world_members(&w, "#c", "alice: carol: me:o");
    world_close(&w);
}

static void a_quit_names_all_places_however_many(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    w.quiet = true;
    for (int i = 0; i < 100; i++) {
        char line[64];
        snprintf(line, sizeof line, ":me!m@h JOIN #%d", i);
        world_line(&w, line);
        snprintf(line, sizeof line, ":bob!b@h JOIN #%d", i);
        world_line(&w, line);
    }
    assert_int_equal(irc_user_channels(irc_user_find(w.state, "bob"), NULL, 0), 100);
    world_check(&w);
    w.quiet = false;
    world_line(&w, ":bob!b@h QUIT");
    buf_append(&w.events, "", 1);
    size_t commas = 0;
    for (const char *s = buf_data(&w.events); *s; s++)
        commas += *s == ',';
    assert_int_equal(commas, 99);
    world_close(&w);
}

static void our_own_quit_leaves_everything(void **state)
{
    (void)state;
    struct world w;
    world_open_channel(&w);
    world_expect(&w, ":me!m@my.host QUIT :bye", "quit me!m@my.host 'bye' in=#c me");
    assert_int_equal(irc_channel_count(w.state), 0);
    assert_int_equal(irc_user_count(w.state), 0);
    world_expect(&w, ":bob!b@b.host QUIT :bye", "");
    world_close(&w);
}

static void a_disconnect_forgets_all_but_the_nick(void **state)
{
    (void)state;
    struct world w;
    char modes[IRC_MODES_SIZE];
    world_open_channel(&w);
    world_line(&w, ":me MODE me +iw");
    irc_state_connected(w.state, 1);
    world_events(&w, ""); /* once is enough */
    irc_state_disconnected(w.state, "ping timeout", 2);
    world_events(&w, "disconnected 'ping timeout' me");
    irc_state_disconnected(w.state, "again", 3);
    world_events(&w, "");
    assert_int_equal(irc_channel_count(w.state), 0);
    assert_int_equal(irc_user_count(w.state), 0);
    assert_string_equal(irc_state_nick(w.state), "me");
    assert_string_equal(irc_state_host(w.state), "");
    assert_string_equal(irc_state_user_modes(w.state, modes), "");
    assert_false(irc_state_isupport(w.state)->whox);
    irc_state_set_nick(w.state, "other");
    assert_true(irc_state_is_me(w.state, "OTHER"));
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(we_join_and_part),
        cmocka_unit_test(names_are_learned),
        cmocka_unit_test(names_without_multi_prefix_keep_lower_modes),
        cmocka_unit_test(others_join),
        cmocka_unit_test(others_part),
        cmocka_unit_test(kicks_are_told_before_they_take_effect),
        cmocka_unit_test(modes_change_members_and_channel),
        cmocka_unit_test(mode_numerics_replace),
        cmocka_unit_test(topics_are_kept),
        cmocka_unit_test(invitations_are_told),
        cmocka_unit_test(a_netsplit_is_a_row_of_quits_and_joins),
        cmocka_unit_test(a_quit_names_all_places_however_many),
        cmocka_unit_test(our_own_quit_leaves_everything),
        cmocka_unit_test(a_disconnect_forgets_all_but_the_nick),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
