#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

static void bytes_come_out_as_they_went_in(void **state)
{
    (void)state;
    struct buf b = {0};
    unsigned in = 0;
    unsigned out = 0;
    unsigned random = 1;
    for (int turn = 0; turn < 20000; turn++) {
        random = random * 1664525 + 1013904223;
        for (unsigned n = random >> 24; n; n--, in++) {
            unsigned char c = (unsigned char)(in % 251);
            buf_append(&b, &c, 1);
        }
        assert_int_equal(b.len, in - out);
        random = random * 1664525 + 1013904223;
        size_t n = b.len ? (random >> 8) % (b.len + 1) : 0;
        for (size_t i = 0; i < n; i++)
            assert_int_equal((unsigned char)buf_data(&b)[i], (out + i) % 251);
        buf_consume(&b, n);
        out += (unsigned)n;
    }
    buf_free(&b);
    assert_null(b.mem);
}

static void memory_is_used_again(void **state)
{
    (void)state;
    struct buf b = {0};
    char chunk[100];
    memset(chunk, 'x', sizeof chunk);
    for (int i = 0; i < 100000; i++) {
        buf_append(&b, chunk, sizeof chunk);
        if (b.len > 500)
            buf_consume(&b, 100);
    }
    assert_true(b.cap <= 4096);
    buf_free(&b);
}

static void reserved_room_counts_after_commit(void **state)
{
    (void)state;
    struct buf b = {0};
    buf_append(&b, "ab", 2);
    char *room = buf_reserve(&b, 1000);
    memset(room, 'c', 1000);
    assert_int_equal(b.len, 2);
    buf_commit(&b, 3);
    buf_append(&b, "d", 1);
    buf_append(&b, "", 0);
    assert_int_equal(b.len, 6);
    assert_memory_equal(buf_data(&b), "abcccd", 6);
    buf_free(&b);
}

static void printf_appends_without_nul(void **state)
{
    (void)state;
    struct buf b = {0};
    buf_printf(&b, "%s", "");
    assert_int_equal(b.len, 0);
    buf_printf(&b, "%d-%s", 42, "x");
    buf_printf(&b, "%0500d", 7);
    assert_int_equal(b.len, 504);
    assert_memory_equal(buf_data(&b), "42-x0000", 8);
    buf_free(&b);
}

static void shrinking_frees_what_is_large_and_empty(void **state)
{
    (void)state;
    struct buf b = {0};
    buf_append(&b, "x", 1);
    buf_shrink(&b, 0);
    assert_non_null(b.mem);
    buf_consume(&b, 1);
    buf_shrink(&b, 4096);
    assert_non_null(b.mem);
    buf_shrink(&b, 16);
    assert_null(b.mem);
    buf_append(&b, "y", 1);
    assert_memory_equal(buf_data(&b), "y", 1);
    buf_free(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_come_out_as_they_went_in),
        cmocka_unit_test(memory_is_used_again),
        cmocka_unit_test(reserved_room_counts_after_commit),
        cmocka_unit_test(printf_appends_without_nul),
        cmocka_unit_test(shrinking_frees_what_is_large_and_empty),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
