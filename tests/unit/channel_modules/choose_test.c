/* choose and dice's neighbour coin. */
#include "room.h"

#include <stdbool.h>

/* What is said to a text, without the nick before it. */
static const char *ask(seshet_test *t, const char *text)
{
    assert_int_equal(seshet_test_say(t, "alice", "#chan", text), 1);
    const char *line = seshet_test_heard(t);
    assert_non_null(line);
    line = strstr(line, "alice: ");
    assert_non_null(line);
    return line + strlen("alice: ");
}

/* Each of the choices comes, and nothing else. */
static void chooses(seshet_test *t, const char *text, const char *const *choices, size_t n)
{
    bool seen[8] = {false};
    for (int round = 0; round < 200; round++) {
        const char *answer = ask(t, text);
        size_t i = 0;
        while (i < n && strcmp(answer, choices[i]) != 0)
            i++;
        assert_in_range(i, 0, n - 1);
        seen[i] = true;
    }
    for (size_t i = 0; i < n; i++)
        assert_true(seen[i]);
}

static void test_choose(void **state)
{
    (void)state;
    seshet_test *t = room_open("choose");
    chooses(t, "!choose a b c", (const char *const[]){"a", "b", "c"}, 3);
    chooses(t, "!choose green tea or coffee?", (const char *const[]){"green tea", "coffee"}, 2);
    chooses(t, "!choose a, b, or c", (const char *const[]){"a", "b", "c"}, 3);
    chooses(t, "!choose a, b or c", (const char *const[]){"a", "b", "c"}, 3);
    chooses(t, "!choose a or b, c | d | ", (const char *const[]){"a or b, c", "d"}, 2);
    chooses(t, "!coin", (const char *const[]){"heads", "tails"}, 2);
    static const char none[] = "Between what? choose this, that or something else";
    room_answers(t, "alice", "!choose", none);
    room_answers(t, "alice", "!choose one", none);
    room_answers(t, "alice", "!choose | ,one or", none);
    seshet_test_close(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_choose)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
