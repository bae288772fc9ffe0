#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "base/buf.h"
#include "net/proto/modes.h"

static void write_change(void *arg, const struct mode_change *change)
{
    static const char kinds[] = {
        [MODE_LIST] = 'A', [MODE_ALWAYS] = 'B', [MODE_WHEN_SET] = 'C',
        [MODE_FLAG] = 'D', [MODE_MEMBER] = 'M',
    };
    buf_printf(arg, "%c%c%c", change->set ? '+' : '-', change->mode, kinds[change->kind]);
    if (change->arg)
        buf_printf(arg, "(%s)", change->arg);
    buf_printf(arg, " ");
}

static void changes_take_their_arguments(void **state)
{
    (void)state;
    static const struct {
        const char *modes;
        const char *args[6];
        const char *expected;
    } table[] = {
        {"+o-v", {"a", "b"}, "+oM(a) -vM(b) "},
        {"o", {"a"}, "+oM(a) "},
        {"+nt-i", {"a"}, "+nD +tD -iD "},
        {"+lk", {"5", "key"}, "+lC(5) +kB(key) "},
        {"-lk", {"key"}, "-lC -kB(key) "},
        {"+b-b", {"x!*@*", "y!*@*"}, "+bA(x!*@*) -bA(y!*@*) "},
        {"+b", {0}, "+bA "},
        {"+oo", {"a"}, "+oM(a) +oM "},
        {"+Zo", {"a"}, "+ZD +oM(a) "},
        {"+-+-n", {0}, "-nD "},
        {"+kl-o+imv", {"k", "1", "a", "b"}, "+kB(k) +lC(1) -oM(a) +iD +mD +vM(b) "},
        {"", {"a"}, ""},
        {"+", {"a"}, ""},
        {"+\xff",
         {"a"},
         "+\xff"
         "D "},
    };
    struct isupport is;
    isupport_init(&is);
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        struct buf out = {0};
        int nargs = 0;
        while (table[i].args[nargs])
            nargs++;
        modes_parse(&is, table[i].modes, table[i].args, nargs, write_change, &out);
        buf_append(&out, "", 1);
        assert_string_equal(buf_data(&out), table[i].expected);
        buf_free(&out);
    }
}

static void isupport_sorts_them(void **state)
{
    (void)state;
    struct isupport is;
    isupport_init(&is);
    strcpy(is.prefix_modes, "qo");
    strcpy(is.prefix_symbols, "~@");
    strcpy(is.chanmodes[2], "lf");
    static const char *const args[] = {"owner", "flood"};
    struct buf out = {0};
    modes_parse(&is, "+qfv-f", args, 2, write_change, &out);
    buf_append(&out, "", 1);
    assert_string_equal(buf_data(&out), "+qM(owner) +fC(flood) +vD -fC ");
    buf_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(changes_take_their_arguments),
        cmocka_unit_test(isupport_sorts_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
