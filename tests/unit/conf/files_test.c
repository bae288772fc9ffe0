#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/xmalloc.h"
#include "helper.h"

#define MINIMAL "servers = ( { host = \"a\"; } ); nick = \"b\";\n"
#define LOGIN   MINIMAL "sasl = { mechanism = \"PLAIN\"; account = \"a\"; password_file = \"pw\"; };"

static void put(const char *dir, const char *name, const char *text, unsigned mode)
{
    free(write_file(dir, name, text, mode));
}

/* Loads DIR/n.conf as it is judged; *got gets the errors, with the folder's own path taken out. */
static struct conf_network *load_judged(const char *dir, const struct conf_judge *judge, char **got)
{
    struct conf_errors errors = {0};
    char *path = xasprintf("%s/n.conf", dir);
    struct conf_network *network = conf_network_load(path, judge, &errors);
    *got = take_errors(&errors);
    for (char *at; (at = strstr(*got, dir));)
        memmove(at, at + strlen(dir) + 1, strlen(at + strlen(dir)));
    free(path);
    return network;
}

static struct conf_network *load(const char *dir, char **got)
{
    return load_judged(dir, NULL, got);
}

static void assert_load_errors(const char *dir, const char *wanted)
{
    char *got = NULL;
    struct conf_network *network = load(dir, &got);
    assert_string_equal(got, wanted);
    assert_null(network);
    free(got);
}

static void test_secret(void **state)
{
    (void)state;
    char *dir = make_dir();
    char *got = NULL;
    put(dir, "n.conf", LOGIN, 0644);
    put(dir, "pw", "hunter2\n", 0600);
    struct conf_network *network = load(dir, &got);
    assert_string_equal(got, "");
    assert_non_null(network);
    assert_string_equal(network->key, "n");
    assert_string_equal(network->sasl.password, "hunter2");
    conf_network_free(network);
    free(got);

    put(dir, "pw", "hunter2", 0644);
    network = load(dir, &got);
    assert_string_equal(got, "n.conf:2: warning: sasl.password_file: every user can read pw; run "
                             "chmod o-r on it\n");
    assert_non_null(network);
    assert_string_equal(network->sasl.password, "hunter2");
    conf_network_free(network);
    free(got);
    remove_dir(dir);
}

static void test_bad_secrets(void **state)
{
    (void)state;
    char *dir = make_dir();
    put(dir, "n.conf", LOGIN, 0644);
    assert_load_errors(dir,
                       "n.conf:2: sasl.password_file: cannot use pw: No such file or directory\n");
    put(dir, "pw", "\r\n", 0600);
    assert_load_errors(dir, "n.conf:2: sasl.password_file: cannot use pw: it is empty\n");
    put(dir, "pw", "a\nb\n", 0600);
    assert_load_errors(dir, "n.conf:2: sasl.password_file: cannot use pw: it must hold one line\n");
    char *large = xmalloc(5000);
    memset(large, 'x', 4999);
    large[4999] = '\0';
    put(dir, "pw", large, 0600);
    assert_load_errors(
        dir, "n.conf:2: sasl.password_file: cannot use pw: it is longer than 4096 bytes\n");
    large[4096] = '\0';
    put(dir, "pw", large, 0600);
    char *got = NULL;
    struct conf_network *network = load(dir, &got);
    assert_non_null(network);
    assert_int_equal(strlen(network->sasl.password), 4096);
    conf_network_free(network);
    free(got);
    free(large);

    char *path = xasprintf("%s/pw", dir);
    unlink(path);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_load_errors(dir, "n.conf:2: sasl.password_file: cannot use pw: it is no file\n");
    free(path);
    remove_dir(dir);
}

/* Every error counts: those of the text, and those of the files that it names. */
static void test_errors_of_text_and_files(void **state)
{
    (void)state;
    char *dir = make_dir();
    put(dir, "n.conf",
        "nick = 5;\nserver_password_file = \"pw\";\nservers = ( { host = \"a\"; },\n"
        "{ host = \"a\"; ca_file = \"ca\"; } );\nconect = true;\n",
        0644);
    assert_load_errors(dir,
                       "n.conf:1: nick must be a text in double quotes, not a number\n"
                       "n.conf:2: server_password_file: cannot use pw: No such file or directory\n"
                       "n.conf:4: servers.ca_file: cannot use ca: No such file or directory\n"
                       "n.conf:5: unknown key \"conect\"; did you mean \"connect\"?\n");
    remove_dir(dir);
}

static void test_equal_by_content(void **state)
{
    (void)state;
    char *dir = make_dir();
    char *got = NULL;
    put(dir, "n.conf", MINIMAL "server_password_file = \"pw\";", 0644);
    put(dir, "pw", "one\n", 0600);
    struct conf_network *one = load(dir, &got);
    free(got);
    put(dir, "pw", "two\n", 0600);
    struct conf_network *two = load(dir, &got);
    free(got);
    assert_false(conf_network_equal(one, two));
    put(dir, "pw2", "one", 0600);
    put(dir, "n.conf", "\n" MINIMAL "server_password_file = \"pw2\";", 0644);
    struct conf_network *three = load(dir, &got);
    free(got);
    assert_true(conf_network_equal(one, three));
    conf_network_free(one);
    conf_network_free(two);
    conf_network_free(three);
    remove_dir(dir);
}

/* Certificates are renewed under the same name, by rename or in place. */
static void test_equal_by_stamp(void **state)
{
    (void)state;
    static const char *const names[] = {"ca", "cert", "key"};
    char *dir = make_dir();
    char *got = NULL;
    put(dir, "n.conf",
        "servers = ( { host = \"a\"; ca_file = \"ca\"; } ); nick = \"b\";\n"
        "sasl = { mechanism = \"EXTERNAL\"; cert_file = \"cert\"; key_file = \"key\"; };",
        0644);
    for (size_t i = 0; i < 3; i++)
        put(dir, names[i], "old", 0600);
    struct conf_network *before = load(dir, &got);
    assert_string_equal(got, "");
    free(got);
    for (size_t i = 0; i < 3; i++) {
        char *path = xasprintf("%s/%s", dir, names[i]);
        char *part = write_file(dir, "part", "new", 0600);
        struct conf_network *same = load(dir, &got);
        free(got);
        assert_true(conf_network_equal(before, same));
        assert_int_equal(rename(part, path), 0);
        struct conf_network *renamed = load(dir, &got);
        free(got);
        assert_false(conf_network_equal(same, renamed));
        const struct timespec later[2] = {{.tv_sec = 1000000000}, {.tv_sec = 1000000000}};
        assert_int_equal(utimensat(AT_FDCWD, path, later, 0), 0);
        struct conf_network *written = load(dir, &got);
        free(got);
        assert_false(conf_network_equal(renamed, written));
        conf_network_free(same);
        conf_network_free(renamed);
        conf_network_free(before);
        before = written;
        free(path);
        free(part);
    }
    conf_network_free(before);
    remove_dir(dir);
}

static char *refuse_uri(void *arg, const char *uri)
{
    (void)arg;
    return !strcmp(uri, "embedded") ? NULL : xstrdup("not this one");
}

static char *refuse_ca(void *arg, const char *path)
{
    ++*(unsigned *)arg;
    return !strcmp(strrchr(path, '/'), "/good") ? NULL : xstrdup("no certificate");
}

static char *refuse_cert(void *arg, const char *cert_file, const char *key_file)
{
    ++*(unsigned *)arg;
    return xasprintf("%s does not fit%s", strrchr(key_file, '/') + 1,
                     cert_file ? "" : ", nor is there a certificate");
}

static void test_judged_files(void **state)
{
    (void)state;
    unsigned asked = 0;
    const struct conf_judge judge = {
        .arg = &asked, .ca_file = refuse_ca, .client_cert = refuse_cert};
    char *dir = make_dir();
    char *got = NULL;
    put(dir, "n.conf",
        "servers = ( { host = \"a\"; ca_file = \"good\"; },\n"
        "{ host = \"b\"; ca_file = \"bad\"; },\n{ host = \"c\"; ca_file = \"gone\"; } );\n"
        "nick = 5;\n"
        "sasl = { mechanism = \"EXTERNAL\";\n cert_file = \"good\"; key_file = \"bad\"; };",
        0644);
    put(dir, "good", "", 0600);
    put(dir, "bad", "", 0600);
    assert_null(load_judged(dir, &judge, &got));
    assert_string_equal(got,
                        "n.conf:2: servers.ca_file: no certificate\n"
                        "n.conf:3: servers.ca_file: cannot use gone: No such file or directory\n"
                        "n.conf:4: nick must be a text in double quotes, not a number\n"
                        "n.conf:6: sasl.cert_file: bad does not fit\n");
    assert_int_equal(asked, 3);
    free(got);
    remove_dir(dir);
}

/* It goes in one line. */
static void test_long_server_password(void **state)
{
    (void)state;
    char password[502];
    char *dir = make_dir();
    char *got = NULL;
    put(dir, "n.conf",
        "servers = ( { host = \"a\"; } );\nnick = \"x\";\nserver_password_file = \"p\";", 0644);
    for (size_t len = 501; len >= 500; len--) {
        memset(password, 'x', len);
        password[len] = '\0';
        put(dir, "p", password, 0600);
        struct conf_network *network = load_judged(dir, NULL, &got);
        assert_int_equal(network != NULL, len == 500);
        assert_string_equal(got, network ? ""
                                         : "n.conf:3: server_password_file: the password must be "
                                           "at most 500 bytes long\n");
        conf_network_free(network);
        free(got);
    }
    remove_dir(dir);
}

static char *refuse_first(void *arg, const struct conf_first *first, size_t i)
{
    ++*(unsigned *)arg;
    bool good = i < first->nvalues && !strcmp(first->values[i], "good");
    return good ? NULL : xasprintf("value %zu of %zu is bad", i, first->nvalues);
}

/* Every value by itself, and also beside other errors. */
static void test_judged_first_values(void **state)
{
    (void)state;
    unsigned asked = 0;
    const struct conf_judge judge = {.arg = &asked, .first = refuse_first};
    char *dir = make_dir();
    char *got = NULL;
    put(dir, "n.conf",
        "servers = ( { host = \"a\"; } );\nnik = \"x\"; nick = \"y\";\n"
        "modules = { dice = {\n usage = \"good\"; echannels = [ \"bad\", \"good\", \"bad\" ];\n"
        "dnicks = [ ]; }; };",
        0644);
    assert_null(load_judged(dir, &judge, &got));
    assert_string_equal(got, "n.conf:2: unknown key \"nik\"; did you mean \"nick\"?\n"
                             "n.conf:4: modules.dice.echannels: value 0 of 3 is bad\n"
                             "n.conf:4: modules.dice.echannels: value 2 of 3 is bad\n"
                             "n.conf:5: modules.dice.dnicks: value 0 of 0 is bad\n");
    assert_int_equal(asked, 5);
    free(got);
    remove_dir(dir);
}

static void assert_main_load_errors(const char *dir, const struct conf_judge *judge,
                                    const char *text, const char *wanted)
{
    struct conf_errors errors = {0};
    char *path = write_file(dir, "m.conf", text, 0644);
    struct conf_main *conf = conf_main_load(path, judge, &errors);
    char *got = take_errors(&errors);
    if (!strstr(got, wanted) || !*wanted != !*got || !*wanted != !!conf)
        fail_msg("got \"%s\" for \"%s\"", got, wanted);
    conf_main_free(conf);
    free(got);
    free(path);
}

static void test_judged_uri(void **state)
{
    (void)state;
    const struct conf_judge judge = {.registry_uri = refuse_uri};
    char *dir = make_dir();
    assert_main_load_errors(dir, &judge, "state_dir = \"s\";", "");
    /* With its line, and beside the others. */
    const char *text = "state_dir = \"s\";\nregistry = {\n uri = \"redis://h\"; };\nlogg = 1;";
    assert_main_load_errors(dir, &judge, text, "m.conf:3: registry.uri: not this one\n");
    assert_main_load_errors(dir, &judge, text, "m.conf:4: unknown key \"logg\"");
    remove_dir(dir);
}

static void test_socket_folder(void **state)
{
    (void)state;
    char *dir = make_dir();
    /* What the server makes: state_dir and what is above it. */
    assert_main_load_errors(dir, NULL, "state_dir = \"a/b\";", "");
    assert_main_load_errors(dir, NULL,
                            "state_dir = \"a/b\"; control = { socket = \"a/control\"; };", "");
    assert_main_load_errors(dir, NULL,
                            "state_dir = \"a/b\";\ncontrol = { socket = \"a/bc/control\"; };",
                            "m.conf:2: control.socket: cannot use the folder ");
    assert_main_load_errors(dir, NULL,
                            "state_dir = \"a/b\";\ncontrol = { socket = \"m.conf/control\"; };",
                            "it is no folder");
    assert_main_load_errors(dir, NULL, "state_dir = \"a/b\";\ncontrol = { socket = \"control\"; };",
                            "");
    remove_dir(dir);
}

static void test_folders(void **state)
{
    (void)state;
    struct conf_errors errors = {0};
    char *dir = make_dir();
    assert_main_load_errors(dir, NULL, "state_dir = \"m.conf\";", "m.conf:1: state_dir: ");
    /* One of modules may come later. */
    char *path = write_file(dir, "m.conf",
                            "state_dir = \"s\";\nmodules = {\n system_dir = \"none\";\n"
                            "user_dir = \"m.conf\"; };",
                            0644);
    struct conf_main *conf = conf_main_load(path, NULL, &errors);
    assert_non_null(conf);
    assert_int_equal(errors.errors, 0);
    char *got = take_errors(&errors);
    assert_non_null(strstr(got, "m.conf:3: warning: modules.system_dir: no module is found in "));
    assert_non_null(strstr(got, "m.conf:4: warning: modules.user_dir: no module is found in "));
    conf_main_free(conf);
    free(got);
    free(path);
    remove_dir(dir);
}

static void test_errors_beyond_the_limit_are_counted(void **state)
{
    (void)state;
    struct conf_errors errors = {0};
    char *dir = make_dir();
    struct buf text = {0};
    for (int i = 0; i < CONF_MAX_ERRORS + 50; i++)
        buf_printf(&text, "key%d = 1;\n", i);
    buf_append(&text, "", 1);
    char *path = write_file(dir, "m.conf", buf_data(&text), 0644);
    assert_null(conf_errors_rest(&errors));
    assert_null(conf_main_load(path, NULL, &errors));
    assert_int_equal(errors.count, CONF_MAX_ERRORS);
    assert_int_equal(errors.errors, CONF_MAX_ERRORS + 50);
    char *rest = conf_errors_rest(&errors);
    assert_non_null(rest);
    assert_non_null(strstr(rest, "m.conf: ... and 50 more"));
    free(rest);
    conf_errors_free(&errors);
    buf_free(&text);
    free(path);
    remove_dir(dir);
}

static void test_main_password(void **state)
{
    (void)state;
    char *dir = make_dir();
    struct conf_errors errors = {0};
    put(dir, "pw", "redis secret\n", 0600);
    char *path = write_file(dir, "m.conf", "registry = { password_file = \"pw\"; };", 0644);
    struct conf_main *conf = conf_main_load(path, NULL, &errors);
    assert_non_null(conf);
    assert_string_equal(conf->registry.password, "redis secret");
    conf_main_free(conf);
    free(path);

    setenv("SESHET_TEST_PASSWORD", "from the environment", 1);
    path =
        write_file(dir, "m.conf", "registry = { password_env = \"SESHET_TEST_PASSWORD\"; };", 0644);
    conf = conf_main_load(path, NULL, &errors);
    assert_non_null(conf);
    assert_string_equal(conf->registry.password, "from the environment");
    conf_main_free(conf);

    unsetenv("SESHET_TEST_PASSWORD");
    assert_null(conf_main_load(path, NULL, &errors));
    char *got = take_errors(&errors);
    assert_non_null(strstr(got, "m.conf:1: registry.password_env: the environment has no variable "
                                "SESHET_TEST_PASSWORD\n"));
    free(got);
    /* Who only wants to know where the socket is needs no password. */
    char *socket = conf_control_socket(path, &errors);
    assert_non_null(socket);
    free(socket);
    free(path);
    remove_dir(dir);
}

/* free() of the whole program looks whether what it gets was wiped. */
static const char *wiped_key;
static const char *wiped_password;
static const char *wiped_server_password;

void __real_free(void *p);
void __wrap_free(void *p);

void __wrap_free(void *p)
{
    const char **watched[] = {&wiped_key, &wiped_password, &wiped_server_password};
    for (size_t i = 0; p && i < sizeof watched / sizeof *watched; i++)
        if (p == *watched[i] && !*(const char *)p)
            *watched[i] = NULL;
    __real_free(p);
}

static void test_secrets_are_wiped(void **state)
{
    (void)state;
    struct conf_errors errors = {0};
    struct conf_network *network = parse_network(
        MINIMAL "channels = ( { name = \"#a\"; key = \"very-secret-channel-key\"; } );", &errors);
    assert_non_null(network);
    network->sasl.password = xstrdup("very secret password");
    network->server_password = xstrdup("very secret server password");
    wiped_key = network->channels[0].key;
    wiped_password = network->sasl.password;
    wiped_server_password = network->server_password;
    conf_network_free(network);
    assert_null(wiped_key);
    assert_null(wiped_password);
    assert_null(wiped_server_password);
}

static void test_files_that_are_none(void **state)
{
    (void)state;
    char *dir = make_dir();
    assert_load_errors(dir, "n.conf: cannot be read: No such file or directory\n");
    char *path = xasprintf("%s/n.conf", dir);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_load_errors(dir, "n.conf: is no file\n");
    unlink(path);
    char *large = xmalloc(CONF_MAX_FILE + 2);
    memset(large, '\n', CONF_MAX_FILE + 1);
    large[CONF_MAX_FILE + 1] = '\0';
    put(dir, "n.conf", large, 0600);
    assert_load_errors(dir, "n.conf: is larger than the 1048576 bytes that a file may have\n");
    free(large);
    free(path);
    remove_dir(dir);
}

static void test_folder(void **state)
{
    (void)state;
    char *dir = make_dir();
    struct conf_errors errors = {0};
    put(dir, "b.conf", MINIMAL, 0600);
    put(dir, "a.conf", "nick = 1;", 0600);
    put(dir, "Upper.conf", MINIMAL, 0600);
    put(dir, "c.conf~", "rubbish", 0600);
    put(dir, "c.conf.sample", "rubbish", 0600);
    put(dir, ".hidden.conf", "rubbish", 0600);
    put(dir, "README", "rubbish", 0600);
    struct conf_networks *networks = conf_networks_load(dir, NULL, &errors);
    assert_non_null(networks);
    assert_int_equal(errors.count, 0);
    assert_int_equal(networks->count, 3);
    assert_string_equal(networks->files[0].key, "Upper");
    assert_null(networks->files[0].network);
    assert_int_equal(networks->files[0].errors.errors, 1);
    assert_string_equal(networks->files[1].key, "a");
    assert_null(networks->files[1].network);
    assert_int_equal(networks->files[1].errors.errors, 2);
    assert_string_equal(networks->files[2].key, "b");
    assert_string_equal(networks->files[2].network->key, "b");
    assert_int_equal(networks->files[2].errors.count, 0);
    conf_networks_free(networks);
    remove_dir(dir);
}

static void test_folder_gone(void **state)
{
    (void)state;
    struct conf_errors errors = {0};
    assert_null(conf_networks_load("/nonexistent/networks.d", NULL, &errors));
    char *got = take_errors(&errors);
    assert_string_equal(got, "/nonexistent/networks.d: the folder of the network files cannot be "
                             "read: No such file or directory; create it, or set networks_dir\n");
    free(got);
}

static void test_default_path(void **state)
{
    (void)state;
    setenv("SESHET_CONF", "/some/where.conf", 1);
    char *path = conf_default_path();
    assert_string_equal(path, "/some/where.conf");
    free(path);
    unsetenv("SESHET_CONF");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_secret),
        cmocka_unit_test(test_bad_secrets),
        cmocka_unit_test(test_errors_of_text_and_files),
        cmocka_unit_test(test_equal_by_content),
        cmocka_unit_test(test_equal_by_stamp),
        cmocka_unit_test(test_judged_files),
        cmocka_unit_test(test_judged_first_values),
        cmocka_unit_test(test_long_server_password),
        cmocka_unit_test(test_folders),
        cmocka_unit_test(test_judged_uri),
        cmocka_unit_test(test_socket_folder),
        cmocka_unit_test(test_errors_beyond_the_limit_are_counted),
        cmocka_unit_test(test_main_password),
        cmocka_unit_test(test_secrets_are_wiped),
        cmocka_unit_test(test_files_that_are_none),
        cmocka_unit_test(test_folder),
        cmocka_unit_test(test_folder_gone),
        cmocka_unit_test(test_default_path),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
