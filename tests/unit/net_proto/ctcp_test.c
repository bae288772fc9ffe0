#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdbool.h>
#include <stdlib.h>

#include "base/xmalloc.h"
#include "net/proto/ctcp.h"

static void ctcp_is_recognized(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *command; /* NULL: no CTCP */
        const char *args;
    } table[] = {
        {"\001ACTION waves\001", "ACTION", "waves"},
        {"\001action waves", "ACTION", "waves"},
        {"\001VERSION\001", "VERSION", ""},
        {"\001VERSION", "VERSION", ""},
        {"\001PING 1 2\001", "PING", "1 2"},
        {"\001PING  1\001", "PING", " 1"},
        {"\001ACTION \001", "ACTION", ""},
        {"\001A\001", "A", ""},
        {"\001", NULL, NULL},
        {"\001\001", NULL, NULL},
        {"\001 x\001", NULL, NULL},
        {"hello", NULL, NULL},
        {"hello \001ACTION x\001", NULL, NULL},
        {"", NULL, NULL},
    };
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        char *text = xstrdup(table[i].text);
        const char *command = NULL;
        const char *args = NULL;
        bool found = ctcp_parse(text, &command, &args);
        assert_int_equal(found, table[i].command != NULL);
        if (found) {
            assert_string_equal(command, table[i].command);
            assert_string_equal(args, table[i].args);
        } else {
            assert_string_equal(text, table[i].text);
        }
        free(text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(ctcp_is_recognized)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
