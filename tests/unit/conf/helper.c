#include "helper.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/xmalloc.h"

static const struct conf_surroundings around = {
    .dir = "/etc/seshet", .program_dir = "/usr/bin", .state_dir = "/var/lib/seshet"};

struct conf_main *parse_main(const char *text, struct conf_errors *errors)
{
    return conf_main_parse(text, strlen(text), "seshet.conf", &around, CONF_TEXT_ONLY, errors);
}

struct conf_network *parse_network(const char *text, struct conf_errors *errors)
{
    return conf_network_parse(text, strlen(text), "net.conf", "/etc/networks.d", CONF_TEXT_ONLY,
                              NULL, errors);
}

char *take_errors(struct conf_errors *errors)
{
    struct buf all = {0};
    for (size_t i = 0; i < errors->count; i++) {
        char *line = conf_error_text(&errors->items[i]);
        buf_printf(&all, "%s\n", line);
        free(line);
    }
    buf_append(&all, "", 1);
    char *text = xstrdup(buf_data(&all));
    buf_free(&all);
    conf_errors_free(errors);
    return text;
}

void assert_main_errors(const char *text, const char *wanted)
{
    struct conf_errors errors = {0};
    struct conf_main *conf = parse_main(text, &errors);
    char *got = take_errors(&errors);
    assert_string_equal(got, wanted);
    assert_null(conf);
    free(got);
}

void assert_network_errors(const char *text, const char *wanted)
{
    struct conf_errors errors = {0};
    struct conf_network *network = parse_network(text, &errors);
    char *got = take_errors(&errors);
    assert_string_equal(got, wanted);
    assert_null(network);
    free(got);
}

char *write_file(const char *dir, const char *name, const char *text, unsigned mode)
{
    char *path = xasprintf("%s/%s", dir, name);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    assert_int_equal(fchmod(fd, mode), 0);
    close(fd);
    return path;
}

char *make_dir(void)
{
    char *dir = xstrdup("/tmp/seshet-conf-XXXXXX");
    assert_non_null(mkdtemp(dir));
    return dir;
}

void remove_dir(char *dir)
{
    DIR *open_dir = opendir(dir);
    assert_non_null(open_dir);
    const struct dirent *entry;
    while ((entry = readdir(open_dir)))
        if (unlinkat(dirfd(open_dir), entry->d_name, 0))
            unlinkat(dirfd(open_dir), entry->d_name, AT_REMOVEDIR);
    closedir(open_dir);
    assert_int_equal(rmdir(dir), 0);
    free(dir);
}
