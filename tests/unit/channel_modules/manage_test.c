/* What managers are asked for has to be declared: otherwise everybody might have it by default. */
#include "room.h"

#include <dlfcn.h>

static void test_declared(void **state)
{
    (void)state;
    static const char *const names[] = {"alias", "autoop", "factoids", "karma",
                                        "log",   "quotes", "remind",   "topic"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char text[512];
        seshet_test *t = room_open(names[i]);
        snprintf(text, sizeof text, SESHET_MODULES "/%s.so", names[i]);
        void *file = dlopen(text, RTLD_NOW | RTLD_LOCAL);
        assert_non_null(file);
        const seshet_module *module = dlsym(file, "seshet_module_descriptor");
        assert_non_null(module);
        snprintf(text, sizeof text, "%s.manage", names[i]);
        assert_non_null(module->capabilities);
        assert_string_equal(module->capabilities[0], text);
        dlclose(file);
        seshet_test_close(t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_declared),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
