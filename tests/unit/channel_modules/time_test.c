/* time: zones of the machine, of nicks, and names that are none. */
#include "room.h"

#include <stdlib.h>

static const char unknown[] =
    "I know no zone and nobody's zone of that name; try Europe/Berlin, Tokyo or UTC+2.";

static void test_zones(void **state)
{
    (void)state;
    seshet_test *t = room_open("time");
    room_answers(t, "alice", "!time", "00:00 on Thursday, 1 January 2026 (UTC)");
    room_answers(t, "alice", "!time europe/berlin",
                 "01:00 on Thursday, 1 January 2026 in Europe/Berlin (CET, UTC+01:00)");
    room_answers(t, "alice", "!time new york",
                 "19:00 on Wednesday, 31 December 2025 in America/New_York (EST, UTC-05:00)");
    room_answers(t, "alice", "!time Asia/Kathmandu",
                 "05:45 on Thursday, 1 January 2026 in Asia/Kathmandu (UTC+05:45)");
    room_answers(t, "alice", "!time utc-3:30", "20:30 on Wednesday, 31 December 2025 (UTC-03:30)");
    room_answers(t, "alice", "!time +0530", "05:30 on Thursday, 1 January 2026 (UTC+05:30)");
    seshet_test_forward(t, INT64_C(182) * 86400 * 1000); /* summer */
    room_answers(t, "alice", "!time Europe/Berlin",
                 "02:00 on Thursday, 2 July 2026 in Europe/Berlin (CEST, UTC+02:00)");
    assert_null(getenv("TZ"));
    seshet_test_close(t);
}

static void test_names_that_are_none(void **state)
{
    (void)state;
    static const char *const names[] = {
        "../../../etc/passwd",
        "/etc/localtime",
        "Europe/../Europe/Berlin",
        "zone.tab",
        "Europe",
        "posix/Europe/Berlin",
        "UTC+25",
        "UTC+1:60",
        "+",
        "+12345",
        "Europe/",
        ":UTC",
    };
    seshet_test *t = room_open("time");
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char text[128];
        snprintf(text, sizeof text, "!time %s", names[i]);
        room_answers(t, "alice", text, unknown);
        snprintf(text, sizeof text, "!time set %s", names[i]);
        room_answers(t, "alice", text, "I know no such zone; try Europe/Berlin, Tokyo or UTC+2.");
    }
    char long_name[400] = "!time ";
    memset(long_name + 6, 'x', 300);
    room_answers(t, "alice", long_name, unknown);
    seshet_test_close(t);
}

static void test_nicks(void **state)
{
    (void)state;
    seshet_test *t = room_open("time");
    room_answers(t, "alice", "!time set", "Which zone do you live in? time set Europe/Berlin");
    room_answers(t, "alice", "!time set tokyo",
                 "Noted. It is 09:00 on Thursday, 1 January 2026 in Asia/Tokyo (JST, UTC+09:00)");
    assert_string_equal(seshet_test_stored(t, SESHET_HERE, "alice"), "Asia/Tokyo");
    room_answers(t, "alice", "!time",
                 "09:00 on Thursday, 1 January 2026 in Asia/Tokyo (JST, UTC+09:00)");
    room_answers(
        t, "bob", "!time ALICE",
        "For ALICE it is 09:00 on Thursday, 1 January 2026 in Asia/Tokyo (JST, UTC+09:00)");
    room_answers(t, "bob", "!time olga", unknown);
    /* A nick is meant before a city, a zone's whole name before both. */
    seshet_test_store(t, SESHET_HERE, "berlin", "UTC");
    room_answers(t, "bob", "!time Berlin",
                 "For Berlin it is 00:00 on Thursday, 1 January 2026 (UTC)");
    seshet_test_store(t, SESHET_HERE, "cuba", "UTC");
    room_answers(t, "bob", "!time Cuba",
                 "19:00 on Wednesday, 31 December 2025 in Cuba (CST, UTC-05:00)");
    /* What somebody else wrote into the storage. */
    seshet_test_store(t, SESHET_HERE, "eve", "../../../etc/passwd");
    room_answers(t, "bob", "!time eve", unknown);
    room_answers(t, "alice", "!time set none", "I have forgotten your zone.");
    room_answers(t, "alice", "!time set none", "I knew no zone of yours.");
    seshet_test_storage_away(t, 1);
    room_answers(t, "alice", "!time set Tokyo",
                 "I cannot write that down now: the storage is away or refused.");
    room_answers(t, "alice", "!time",
                 "I cannot look up your zone now: the storage is away or refused.");
    room_answers(t, "alice", "!time bob",
                 "I cannot look that up now: the storage is away or refused.");
    room_answers(t, "alice", "!time UTC", "00:00 on Thursday, 1 January 2026 (UTC)");
    seshet_test_close(t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_zones),
        cmocka_unit_test(test_names_that_are_none),
        cmocka_unit_test(test_nicks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
