/* Servers that have lost their mind: random sequences, and lines without end. */

#include <stdio.h>

#include "base/xmalloc.h"
#include "world.h"

static unsigned next_random(unsigned *seed)
{
    *seed = *seed * 1664525 + 1013904223;
    return *seed >> 8;
}

static const char *pick(unsigned *seed, const char *const *words, size_t count)
{
    return words[next_random(seed) % count];
}

#define PICK(seed, words) pick(seed, words, sizeof(words) / sizeof *(words))

/* What lines are made of. */
static const char *const tags[] = {
    "", "", "", "@account=acc ", "@batch=h ", "@account=\\n ", "@time=2020-01-01T00:00:00.000Z "};
static const char *const sources[] = {"",        ":me!m@h ", ":a!a@h ", ":A!b@i ", ":[!c@h ",
                                      ":{!d@h ", ":b ",      ":srv.x ", ":me ",    ":m[!m@h "};
static const char *const commands[] = {
    "JOIN", "JOIN", "JOIN",   "PART",    "KICK",    "QUIT",   "NICK",  "NICK", "MODE",
    "MODE", "005",  "353",    "353",     "352",     "354",    "TOPIC", "332",  "333",
    "324",  "396",  "INVITE", "ACCOUNT", "CHGHOST", "AWAY",   "BATCH", "001",  "PRIVMSG",
    "221",  "366",  "NOTICE", "SETNAME", "331",     "PRIVMSG"};
static const char *const words[] = {"me",
                                    "a",
                                    "A",
                                    "[",
                                    "{",
                                    "m[",
                                    "m{",
                                    "#c",
                                    "#C",
                                    "#[",
                                    "#{",
                                    "&x",
                                    "@#c",
                                    "+o",
                                    "-o+v",
                                    "+k-l",
                                    "=",
                                    "152",
                                    "H",
                                    "G@",
                                    "*",
                                    "0",
                                    "+h",
                                    "-h",
                                    "chathistory",
                                    "a!b@c",
                                    "99",
                                    "+ovb",
                                    "@a",
                                    "@+[",
                                    ":@a +[ {",
                                    ":\001ACTION x\001",
                                    ":",
                                    "CASEMAPPING=ascii",
                                    "CASEMAPPING=rfc1459",
                                    "PREFIX=(ov)@+",
                                    "PREFIX=(vo)+@",
                                    "PREFIX=",
                                    "CHANTYPES=#",
                                    "CHANTYPES=",
                                    "-CHANTYPES",
                                    ":x y"};

/* A line of words that are likely to mean something together. */
static char *make_line(unsigned *seed)
{
    struct buf line = {0};
    buf_printf(&line, "%s%s%s", PICK(seed, tags), PICK(seed, sources), PICK(seed, commands));
    for (unsigned n = next_random(seed) % 9; n; n--)
        buf_printf(&line, " %s", PICK(seed, words));
    buf_append(&line, "", 1);
    char *copy = xstrdup(buf_data(&line));
    buf_free(&line);
    return copy;
}

static void random_sequences_keep_the_state_whole(void **state)
{
    (void)state;
    for (unsigned seed = 1; seed <= 50; seed++) {
        unsigned random = seed;
        struct world w;
        world_open_channel(&w);
        w.quiet = true;
        for (int i = 0; i < 5000; i++) {
            char *line = make_line(&random);
            world_line(&w, line);
            free(line);
            if (i % 50 == 0)
                world_check(&w);
            if (next_random(&random) % 1000 == 0)
                irc_state_disconnected(w.state, "x", 1);
        }
        world_close(&w);
    }
}

static void channels_are_bounded(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    w.quiet = true;
    for (int i = 0; i < IRC_STATE_MAX_CHANNELS + 100; i++) {
        char line[64];
        snprintf(line, sizeof line, ":me!m@h JOIN #%d", i);
        world_line(&w, line);
    }
    assert_int_equal(irc_channel_count(w.state), IRC_STATE_MAX_CHANNELS);
    world_close(&w);
}

static void fill_channel(struct world *w, const char *channel, int members)
{
    char *line = xasprintf(":me!m@h JOIN %s", channel);
    world_line(w, line);
    free(line);
    for (int i = 0; i < members; i += 10) {
        line = xasprintf(":s 353 me = %s :n%d n%d n%d n%d n%d n%d n%d n%d n%d n%d", channel, i,
                         i + 1, i + 2, i + 3, i + 4, i + 5, i + 6, i + 7, i + 8, i + 9);
        world_line(w, line);
        free(line);
    }
}

static void members_are_bounded(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    w.quiet = true;
    fill_channel(&w, "#1", IRC_STATE_MAX_MEMBERS + 1000);
    assert_int_equal(irc_member_count(irc_channel_find(w.state, "#1")), IRC_STATE_MAX_MEMBERS);
    fill_channel(&w, "#2", IRC_STATE_MAX_MEMBERS);
    fill_channel(&w, "#3", IRC_STATE_MAX_MEMBERS);
    assert_int_equal(irc_member_count(irc_channel_find(w.state, "#3")),
                     IRC_STATE_MAX_TOTAL - 2 * IRC_STATE_MAX_MEMBERS);
    /* No room for ourselves: we are not there. */
    world_line(&w, ":me!m@h JOIN #4");
    assert_null(irc_channel_find(w.state, "#4"));
    /* Room comes back, whichever way members leave. */
    world_line(&w, ":me!m@h PART #2");
    world_line(&w, ":n1!x@y QUIT");
    world_line(&w, ":n2!x@y PART #1");
    fill_channel(&w, "#5", IRC_STATE_MAX_MEMBERS);
    assert_int_equal(irc_member_count(irc_channel_find(w.state, "#5")), IRC_STATE_MAX_MEMBERS);
    world_line(&w, ":n5!x@y JOIN #3");
    world_line(&w, ":n99999!x@y JOIN #3");
    assert_true(irc_channel_has(irc_channel_find(w.state, "#3"), "n99999"));
    irc_state_disconnected(w.state, "x", 1);
    fill_channel(&w, "#6", IRC_STATE_MAX_MEMBERS);
    fill_channel(&w, "#7", IRC_STATE_MAX_MEMBERS);
    fill_channel(&w, "#8", 10);
    assert_int_equal(irc_member_count(irc_channel_find(w.state, "#8")), 11);
    world_close(&w);
}

static void long_names_are_refused_and_long_texts_cut(void **state)
{
    (void)state;
    struct world w;
    world_open_channel(&w);
    w.quiet = true;
    char name[IRC_STATE_MAX_NAME + 2];
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    char text[2000];
    memset(text, 't', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    static const char *const formats[] = {":me!m@h JOIN #%s",    ":%s!x@y JOIN #c",
                                          ":bob!b@h NICK %s",    ":s 353 me = #c :@%s",
                                          ":me!m@h NICK %s",     ":s 353 me = #c :x!%s@h%s",
                                          ":bob!b@h ACCOUNT %s", ":bob!b@h CHGHOST %s x"};
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++) {
        struct buf line = {0};
        for (const char *f = formats[i]; *f; f++) {
            if (f[0] == '%' && f[1] == 's') {
                buf_printf(&line, "%s", name);
                f++;
            } else {
                buf_append(&line, f, 1);
            }
        }
        buf_append(&line, "", 1);
        world_line(&w, buf_data(&line));
        buf_free(&line);
    }
    world_members(&w, "#c", "alice:ov bob:v carol: me:o");
    assert_int_equal(irc_channel_count(w.state), 1);
    assert_false(irc_user_account_known(irc_user_find(w.state, "bob")));
    assert_string_equal(irc_user_user(irc_user_find(w.state, "bob")), "b");
    char *line = xasprintf(":bob!b@h TOPIC #c :%s", text);
    world_line(&w, line);
    assert_int_equal(strlen(irc_channel_topic(irc_channel_find(w.state, "#c"))),
                     IRC_STATE_MAX_TEXT);
    free(line);
    line = xasprintf(":bob!b@h MODE #c +b %s", text);
    world_line(&w, line);
    free(line);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_sequences_keep_the_state_whole),
        cmocka_unit_test(channels_are_bounded),
        cmocka_unit_test(members_are_bounded),
        cmocka_unit_test(long_names_are_refused_and_long_texts_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
