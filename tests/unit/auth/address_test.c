/* From where somebody comes, as it is counted. */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "server/auth/address.h"

static void one_subscriber_has_one_address(void **state)
{
    static const char *const rows[][2] = {
        {"home.example.test", "home.example.test"},
        {"Home.EXAMPLE.test", "home.example.test"},
        {"192.0.2.7", "192.0.2.7"},
        {"user/alice", "user/alice"},
        {"2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"},
        {"2001:db8:1:2::9", "2001:db8:1:2::/64"},
        {"2001:DB8:1:3::9", "2001:db8:1:3::/64"},
        {"0::1", "::/64"},
        {"::ffff:192.0.2.7", "::ffff:192.0.2.7"}, /* one IPv4 address */
        {"ab:cd:EF.cloak", "ab:cd:ef.cloak"},
        {"", ""},
    };
    char address[AUTH_ADDRESS_SIZE];
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_string_equal(auth_address(address, rows[i][0]), rows[i][1]);
}

static void long_hosts_are_cut(void **state)
{
    char address[AUTH_ADDRESS_SIZE];
    char host[2 * AUTH_ADDRESS_SIZE];
    (void)state;
    memset(host, 'a', sizeof host - 1);
    host[sizeof host - 1] = '\0';
    assert_int_equal(strlen(auth_address(address, host)), AUTH_ADDRESS_SIZE - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_subscriber_has_one_address),
        cmocka_unit_test(long_hosts_are_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
