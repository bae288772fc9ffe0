#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <seshet/module.h>

#include "server/module/answers.h"

enum { ROOM = 200 };

static struct module_sessions *sessions;

static int32_t ask(struct ipc_ask question)
{
    struct module_answer answer;
    module_answer_session(sessions, "net", "mod", &question, &answer);
    buf_free(&answer.text);
    return answer.status;
}

static void errors_say_what_is_wrong(void **state)
{
    char big[ROOM + 1];
    (void)state;
    sessions = module_sessions_new(ROOM);
    memset(big, 'x', ROOM);
    big[ROOM] = '\0';
    assert_int_equal(ask((struct ipc_ask){.op = IPC_SET, .key = "k", .value = big}), SESHET_ESIZE);
    assert_int_equal(ask((struct ipc_ask){.op = IPC_GET, .key = "k"}), SESHET_ENOTFOUND);
    assert_int_equal(ask((struct ipc_ask){.op = IPC_SET, .key = "k", .value = "word"}), 0);
    assert_int_equal(ask((struct ipc_ask){.op = IPC_INCREMENT, .key = "k", .by = 1}),
                     SESHET_EINVAL);
    assert_int_equal(ask((struct ipc_ask){.op = IPC_SET, .key = "k", .value = "1"}), 0);
    assert_int_equal(ask((struct ipc_ask){.op = IPC_INCREMENT, .key = "k", .by = INT64_MAX}),
                     SESHET_EINVAL);
    big[ROOM - 20] = '\0';
    assert_int_equal(ask((struct ipc_ask){.op = IPC_INCREMENT, .key = big, .by = 1}), SESHET_ESIZE);
    module_sessions_free(sessions);
}

static bool is_there(void *arg, const char *module)
{
    return strcmp(arg, module) == 0;
}

static void what_is_gone_for_long_is_forgotten(void **state)
{
    (void)state;
    sessions = module_sessions_new(ROOM);
    module_session_set(sessions, "net", "stays", "k", "v");
    module_session_set(sessions, "net", "goes", "k", "v");
    module_session_set(sessions, "other", "goes", "k", "v");
    module_sessions_sweep(sessions, is_there, (void *)"stays");
    assert_non_null(module_session_get(sessions, "net", "goes", "k"));
    /* It came back, and goes again: that counts anew. */
    module_sessions_sweep(sessions, is_there, (void *)"goes");
    assert_non_null(module_session_get(sessions, "net", "stays", "k"));
    module_sessions_sweep(sessions, is_there, (void *)"stays");
    assert_non_null(module_session_get(sessions, "other", "goes", "k"));
    module_sessions_sweep(sessions, is_there, (void *)"stays");
    assert_null(module_session_get(sessions, "net", "goes", "k"));
    assert_null(module_session_get(sessions, "other", "goes", "k"));
    assert_non_null(module_session_get(sessions, "net", "stays", "k"));
    module_sessions_free(sessions);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(errors_say_what_is_wrong),
        cmocka_unit_test(what_is_gone_for_long_is_forgotten),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
