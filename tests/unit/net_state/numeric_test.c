/* Replies to WHO and MODE, ISUPPORT, and numerics that are rubbish. */

#include <stdio.h>

#include "world.h"

static void who_tells_of_members(void **state)
{
    (void)state;
    struct world w;
    world_open_channel(&w);
    const struct irc_user *bob = irc_user_find(w.state, "bob");
    world_expect(&w, ":irc.example 352 me #c b b.host irc.example bob G+ :3 Robert B.", "");
    assert_string_equal(irc_user_user(bob), "b");
    assert_string_equal(irc_user_host(bob), "b.host");
    assert_string_equal(irc_user_realname(bob), "Robert B.");
    assert_true(irc_user_away(bob));
    assert_false(irc_user_account_known(bob));
    world_line(&w, ":irc.example 352 me #c b b.host irc.example bob H :0 R");
    assert_false(irc_user_away(bob));
    world_line(&w, ":irc.example 352 me * s s.host irc.example stranger H :0 S");
    assert_null(irc_user_find(w.state, "stranger"));
    world_line(&w, ":irc.example 352 me #c m my.cloak irc.example me H :0 Me");
    assert_string_equal(irc_state_host(w.state), "my.cloak");
    world_expect(&w, ":irc.example 315 me #c :End of WHO", "");
    world_close(&w);
}

static void whox_tells_accounts(void **state)
{
    (void)state;
    struct world w;
    world_open_channel(&w);
    const struct irc_user *bob = irc_user_find(w.state, "bob");
    const struct irc_user *carol = irc_user_find(w.state, "carol");
    world_expect(&w, ":irc.example 354 me 152 #c b b.host bob G bobby :Robert B.", "");
    assert_string_equal(irc_user_account(bob), "bobby");
    assert_string_equal(irc_user_host(bob), "b.host");
    assert_string_equal(irc_user_realname(bob), "Robert B.");
    assert_true(irc_user_away(bob));
    world_line(&w, ":irc.example 354 me 152 #c c c.host carol H 0 :Carol");
    assert_true(irc_user_account_known(carol));
    assert_null(irc_user_account(carol));
    /* Somebody else's question, or a shorter answer. */
    world_line(&w, ":irc.example 354 me 153 #c b x.host bob H other :Robert B.");
    world_line(&w, ":irc.example 354 me 152 #c b x.host bob H :other");
    world_line(&w, ":irc.example 354 me 152 #c x x.host stranger H other :X");
    assert_string_equal(irc_user_account(bob), "bobby");
    assert_string_equal(irc_user_host(bob), "b.host");
    assert_string_equal(IRC_WHOX_FIELDS, "%tcuhnfar,152");
    world_close(&w);
}

static void user_modes_are_kept(void **state)
{
    (void)state;
    struct world w;
    char modes[IRC_MODES_SIZE];
    world_open(&w);
    world_expect(&w, ":me MODE me :+iwR", "");
    assert_string_equal(irc_state_user_modes(w.state, modes), "iwR");
    world_expect(&w, ":irc.example MODE ME -i+Z-w", "");
    assert_string_equal(irc_state_user_modes(w.state, modes), "RZ");
    world_expect(&w, ":irc.example 221 me +ix", "");
    assert_string_equal(irc_state_user_modes(w.state, modes), "ix");
    world_expect(&w, ":irc.example MODE other +o", "");
    assert_string_equal(irc_state_user_modes(w.state, modes), "ix");
    world_close(&w);
}

static void a_new_prefix_keeps_modes_by_letter(void **state)
{
    (void)state;
    struct world w;
    world_open_channel(&w);
    world_line(&w, ":irc.example 005 me PREFIX=(qaov)~&@+ :are supported");
    world_members(&w, "#c", "alice:ov bob:v carol: me:o");
    world_line(&w, ":alice!a@a MODE #c +q bob");
    world_line(&w, ":irc.example 005 me PREFIX=(vq)+~ :are supported");
    world_members(&w, "#c", "alice:v bob:vq carol: me:");
    world_line(&w, ":irc.example 005 me PREFIX= :are supported");
    world_members(&w, "#c", "alice: bob: carol: me:");
    world_line(&w, ":irc.example 353 me = #c :@alice");
    world_members(&w, "#c", "alice: bob: carol: me:"); /* "@alice" is no nick */
    world_events(&w, "mode alice!a@a #c >+q 'bob' in=#c");
    world_close(&w);
}

static void short_numerics_do_nothing(void **state)
{
    (void)state;
    static const char *const numbers[] = {"001", "005", "221", "324", "331", "332", "333",
                                          "352", "353", "354", "366", "396", "315", "329"};
    static const char *const params[] = {"",      " me",      " me #c",  " me #c x",    " me = #c",
                                         " me :", " me #c :", " me 152", " me #c #c #c"};
    struct world w;
    world_open_channel(&w);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        for (size_t j = 0; j < sizeof params / sizeof *params; j++) {
            char line[64];
            snprintf(line, sizeof line, ":irc.example %s%s", numbers[i], params[j]);
            world_expect(&w, line, "");
            world_check(&w);
        }
    }
    world_close(&w);
}

static void short_commands_do_nothing(void **state)
{
    (void)state;
    static const char *const commands[] = {"JOIN",    "PART",    "KICK",   "MODE",    "TOPIC",
                                           "NICK",    "NAMES",   "INVITE", "ACCOUNT", "CHGHOST",
                                           "SETNAME", "PRIVMSG", "NOTICE", "BATCH",   "FOO"};
    static const char *const sources[] = {"", ":bob!b@b ", ":me!m@m ", ":irc.example ", ":x "};
    struct world w;
    world_open_channel(&w);
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        for (size_t j = 0; j < sizeof sources / sizeof *sources; j++) {
            char line[64];
            snprintf(line, sizeof line, "%s%s", sources[j], commands[i]);
            world_expect(&w, line, "");
        }
    }
    world_expect(&w, "JOIN #x", "");
    world_expect(&w, ":me!m@m JOIN nochannel", "");
    world_expect(&w, "QUIT", "");
    world_expect(&w, "NICK x", "");
    world_expect(&w, "PART #c", "");
    world_members(&w, "#c", "alice:ov bob:v carol: me:o");
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_tells_of_members),
        cmocka_unit_test(whox_tells_accounts),
        cmocka_unit_test(user_modes_are_kept),
        cmocka_unit_test(a_new_prefix_keeps_modes_by_letter),
        cmocka_unit_test(short_numerics_do_nothing),
        cmocka_unit_test(short_commands_do_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
