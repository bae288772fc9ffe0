/* PRIVMSG, NOTICE, CTCP, batches. */

#include <stdio.h>

#include "world.h"

static void messages_have_a_place(void **state)
{
    (void)state;
    struct world w;
    world_open_channel(&w);
    world_expect(&w, ":bob!b@h PRIVMSG #C :hi all", "message bob!b@h #c 'hi all' in=#c");
    world_expect(&w, ":bob!b@h PRIVMSG @#c :ops", "message bob!b@h #c 'ops' in=#c reply=@#c");
    world_expect(&w, ":bob!b@h NOTICE @+#C :ops", "notice bob!b@h #c 'ops' in=#c reply=@+#C");
    world_expect(&w, ":bob!b@h PRIVMSG +#c :\001ACTION waves\001",
                 "action bob!b@h #c 'waves' in=#c reply=+#c");
    world_expect(&w, ":bob!b@h PRIVMSG me :hi", "message bob!b@h 'hi' private");
    world_expect(&w, ":s!s@s NOTICE me :hi", "notice s!s@s 'hi' private");
    world_expect(&w, ":bob!b@h PRIVMSG #other :x", "");
    world_expect(&w, ":bob!b@h PRIVMSG @#other :x", "");
    world_expect(&w, ":bob!b@h PRIVMSG me", "");
    world_expect(&w, ":bob!b@h PRIVMSG", "");
    world_expect(&w, ":bob!b@h PRIVMSG me :", "message bob!b@h private");
    world_close(&w);
}

static void servers_are_told_from_users(void **state)
{
    (void)state;
    struct world w;
    world_open_channel(&w);
    world_expect(&w, ":irc.example NOTICE me :*** x", "notice irc.example '*** x' server private");
    world_expect(&w, "NOTICE AUTH :*** x", "notice '*** x' server private");
    world_expect(&w, ":irc.example NOTICE $*.org :x", "notice irc.example 'x' server private");
    world_expect(&w, ":alice PRIVMSG me :x", "message alice!a@a.host 'x' private");
    world_close(&w);
}

static void our_own_messages_come_back(void **state)
{
    (void)state;
    struct world w;
    world_open_channel(&w);
    world_expect(&w, ":me!m@my.host PRIVMSG #c :said", "message me!m@my.host #c 'said' in=#c me");
    world_expect(&w, ":me!m@my.host PRIVMSG bob :said",
                 "message me!m@my.host >bob 'said' me private");
    world_close(&w);
}

static void ctcp_is_taken_apart(void **state)
{
    (void)state;
    struct world w;
    world_open_channel(&w);
    world_expect(&w, ":bob!b@h PRIVMSG #c :\001ACTION waves\001",
                 "action bob!b@h #c 'waves' in=#c");
    world_expect(&w, ":bob!b@h PRIVMSG me :\001version\001", "ctcp bob!b@h <VERSION> private");
    world_expect(&w, ":bob!b@h PRIVMSG me :\001PING 12 3", "ctcp bob!b@h <PING> '12 3' private");
    world_expect(&w, ":bob!b@h PRIVMSG me :\001\001", "message bob!b@h '\001\001' private");
    world_expect(&w, ":bob!b@h NOTICE me :\001VERSION x\001",
                 "notice bob!b@h '\001VERSION x\001' private");
    world_close(&w);
}

static void the_line_itself_stays_as_it_was(void **state)
{
    (void)state;
    struct world w;
    world_open_channel(&w);
    char line[] = ":bob!b@h PRIVMSG #c :\001ACTION waves\001";
    struct irc_msg msg;
    irc_parse(&msg, line);
    irc_state_apply(w.state, &msg, 1);
    assert_string_equal(irc_param(&msg, 1), "\001ACTION waves\001");
    world_events(&w, "action bob!b@h #c 'waves' in=#c");
    world_close(&w);
}

static void history_makes_no_events(void **state)
{
    (void)state;
    static const char *const types[] = {"chathistory", "draft/chathistory", "znc.in/playback"};
    struct world w;
    world_open_channel(&w);
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        char line[128];
        snprintf(line, sizeof line, ":irc.example BATCH +h %s #c", types[i]);
        world_expect(&w, line, "");
        world_expect(&w, "@batch=h :bob!b@h PRIVMSG #c :old", "");
        world_expect(&w, "@batch=h :bob!b@h PART #c", "");
        world_expect(&w, "@batch=h :irc.example BATCH +in netsplit a b", "");
        world_expect(&w, "@batch=in :bob!b@h QUIT :old", "");
        world_expect(&w, ":bob!b@h PRIVMSG #c :now", "message bob!b@h #c 'now' in=#c");
        world_expect(&w, "@batch=h :irc.example BATCH -in", "");
        world_expect(&w, ":irc.example BATCH -h", "");
        world_expect(&w, "@batch=h :bob!b@h PRIVMSG #c :x", "message bob!b@h #c 'x' in=#c");
        world_members(&w, "#c", "alice:ov bob:v carol: me:o");
    }
    world_expect(&w, "BATCH", "");
    world_expect(&w, "BATCH +", "");
    world_expect(&w, "BATCH :", "");
    world_expect(&w, "BATCH + chathistory", "");
    world_expect(&w, "BATCH -nothing", "");
    world_close(&w);
}

static void open_batches_are_bounded(void **state)
{
    (void)state;
    struct world w;
    world_open_channel(&w);
    for (int i = 0; i < 10000; i++) {
        char line[64];
        snprintf(line, sizeof line, "BATCH +b%d chathistory #c", i);
        world_line(&w, line);
    }
    world_expect(&w, "@batch=b0 :bob!b@h PRIVMSG #c :x", "");
    world_expect(&w, "@batch=b9999 :bob!b@h PRIVMSG #c :x", "message bob!b@h #c 'x' in=#c");
    irc_state_disconnected(w.state, "", 0);
    world_events(&w, "disconnected me");
    world_close(&w);
}

static void keep_time(void *arg, const struct irc_event *ev)
{
    *(int64_t *)arg = ev->time_ms;
}

static void time_is_the_servers_or_ours(void **state)
{
    (void)state;
    int64_t time = 0;
    struct irc_state *s = irc_state_new("me", keep_time, &time);
    struct irc_msg msg;
    char told[] = "@time=2012-06-30T23:59:59.419Z :x!y@z PRIVMSG me :x";
    irc_parse(&msg, told);
    irc_state_apply(s, &msg, 77);
    assert_int_equal(time, 1341100799419);
    char wrong[] = "@time=yesterday :x!y@z PRIVMSG me :x";
    irc_parse(&msg, wrong);
    irc_state_apply(s, &msg, 77);
    assert_int_equal(time, 77);
    irc_state_connected(s, 88);
    assert_int_equal(time, 88);
    irc_state_free(s);
    irc_state_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(messages_have_a_place),
        cmocka_unit_test(servers_are_told_from_users),
        cmocka_unit_test(our_own_messages_come_back),
        cmocka_unit_test(ctcp_is_taken_apart),
        cmocka_unit_test(the_line_itself_stays_as_it_was),
        cmocka_unit_test(history_makes_no_events),
        cmocka_unit_test(open_batches_are_bounded),
        cmocka_unit_test(time_is_the_servers_or_ours),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
