#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "server/core/render.h"

/* Answers of administrator's commands as one text for IRC. */

static void check(const char *json, const char *wanted)
{
    struct buf text = {0};
    json_t *result = json_loads(json, 0, NULL);
    assert_non_null(result);
    core_render(&text, result);
    buf_append(&text, "", 1);
    assert_string_equal(buf_data(&text), wanted);
    json_decref(result);
    buf_free(&text);
}

static void test_edits(void **state)
{
    (void)state;
    check("{\"module\":\"echo\",\"network\":\"\",\"field\":\"enabled\",\"value\":\"no\","
          "\"changed\":1}",
          "Done: module echo, field enabled, value no");
    check("{\"module\":\"echo\",\"changed\":0}", "It was so before: module echo");
    check("{\"changed\":2}", "Done: that is all");
    check("{\"module\":\"echo\",\"notes\":[\"no file\"],\"changed\":1}",
          "Done: module echo | notes no file");
}

static void test_rows(void **state)
{
    (void)state;
    check("{\"networks\":[{\"network\":\"one\",\"state\":\"online\",\"reason\":\"\","
          "\"lines_in\":5,\"since_ms\":61000,\"tls\":true},"
          "{\"network\":\"two\",\"state\":\"waiting\",\"since_ms\":-1}]}",
          "one: state online, since 1m 1s | two: state waiting");
    check("{\"modules\":[{\"name\":\"echo\",\"enabled\":true,\"commands\":[\"echo\"]}]}",
          "echo: enabled yes");
    /* A person in a channel reads what was set, not what there could be. */
    check("{\"modules\":[{\"name\":\"a\",\"registered\":true,\"enabled\":false,\"version\":"
          "\"1\",\"description\":\"An A.\"},{\"name\":\"b\",\"registered\":false}]}",
          "a: enabled no | b: registered no");
    check("{\"module\":\"a\",\"fields\":[{\"field\":\"group\",\"value\":\"\",\"from\":"
          "\"default\",\"help\":\"x\"},{\"field\":\"enabled\",\"value\":\"yes\",\"from\":"
          "\"shared\",\"help\":\"x\"}],\"lists\":[{\"list\":\"enicks\",\"items\":[\"$me\"],"
          "\"help\":\"x\"},{\"list\":\"dnicks\",\"items\":[]}]}",
          "module a | fields enabled: value yes, from shared | lists enicks: items $me");
    check("{\"networks\":[]}", "There is nothing.");
    check("{}", "There is nothing.");
}

static void test_values(void **state)
{
    (void)state;
    check("{\"a\":1,\"b\":true,\"c\":null,\"d\":1.5,\"e\":[\"x\",\"y\"]}",
          "a 1, b yes, d 1.5 | e x y");
    check("{\"a\":{\"b\":{\"c\":{\"d\":{\"e\":{\"f\":{\"g\":1}}}}}}}", "b c d e f ...");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_edits),
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
