/* Names under the three casemappings, and a change between them. */

#include <stdio.h>

#include "world.h"

static void set_casemapping(struct world *w, const char *name)
{
    char line[128];
    snprintf(line, sizeof line, ":irc.example 005 me CASEMAPPING=%s :are supported", name);
    world_line(w, line);
}

static void names_compare_under_the_networks_mapping(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        bool brackets; /* [ is the upper case of { */
        bool caret;    /* ^ is the upper case of ~ */
    } maps[] = {{"rfc1459", true, true}, {"rfc1459-strict", true, false}, {"ascii", false, false}};
    for (size_t i = 0; i < sizeof maps / sizeof *maps; i++) {
        struct world w;
        world_open(&w);
        set_casemapping(&w, maps[i].name);
        w.quiet = true;
        world_line(&w, ":me!m@h JOIN #A[]^");
        world_line(&w, ":irc.example 353 me = #a[]^ :me Nick[] Nick^");
        assert_non_null(irc_channel_find(w.state, "#a[]^"));
        assert_int_equal(irc_channel_find(w.state, "#a{}^") != NULL, maps[i].brackets);
        assert_int_equal(irc_channel_find(w.state, "#a{}~") != NULL, maps[i].caret);
        const struct channel *c = irc_channel_find(w.state, "#A[]^");
        assert_true(irc_channel_has(c, "nick[]"));
        assert_int_equal(irc_channel_has(c, "NICK{}"), maps[i].brackets);
        assert_int_equal(irc_channel_has(c, "nick~"), maps[i].caret);
        world_line(&w, ":nick{}!n@h PART #A[]^");
        assert_int_equal(irc_channel_has(c, "nick[]"), !maps[i].brackets);
        world_close(&w);
    }
}

static void a_change_refolds_everything(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    w.quiet = true;
    set_casemapping(&w, "ascii");
    world_line(&w, ":me!m@h JOIN #x[");
    world_line(&w, ":me!m@h JOIN #x{");
    world_line(&w, ":me!m@h JOIN #y");
    world_line(&w, ":irc.example 353 me = #x[ :me @a[ +a{");
    world_line(&w, ":irc.example 353 me = #x{ :me a{");
    world_line(&w, ":irc.example 353 me = #y :me +a[ @a{ b");
    assert_int_equal(irc_channel_count(w.state), 3);
    assert_int_equal(irc_user_count(w.state), 4);
    set_casemapping(&w, "rfc1459");
    world_check(&w);
    assert_int_equal(irc_channel_count(w.state), 2);
    assert_int_equal(irc_user_count(w.state), 3);
    world_members(&w, "#X{", "a[:o me:");
    world_members(&w, "#y", "a[:v b: me:");
    set_casemapping(&w, "ascii");
    world_members(&w, "#x{", "none");
    world_members(&w, "#X[", "a[:o me:");
    world_close(&w);
}

static void we_may_collide_as_well(void **state)
{
    (void)state;
    struct world w;
    world_open(&w);
    w.quiet = true;
    set_casemapping(&w, "ascii");
    world_line(&w, ":me!m@h NICK me[");
    world_line(&w, ":me[!m@h JOIN #c");
    world_line(&w, ":irc.example 353 me[ = #c :me{ @me[ b");
    set_casemapping(&w, "rfc1459");
    world_members(&w, "#c", "b: me[:o");
    world_line(&w, ":b!b@h NICK ME{");
    world_members(&w, "#c", "b: me[:o");
    world_line(&w, ":me{!m@h PART #c");
    assert_int_equal(irc_channel_count(w.state), 0);
    assert_int_equal(irc_user_count(w.state), 0);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_compare_under_the_networks_mapping),
        cmocka_unit_test(a_change_refolds_everything),
        cmocka_unit_test(we_may_collide_as_well),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
