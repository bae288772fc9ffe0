#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/xmalloc.h"
#include "server/ctl/kit.h"

/* The files of a new module are made of templates, which stand in share/seshet/template. */

enum { NAME_BYTES = 32 }; /* as seshet/module.h says */
#define PLACEHOLDER "@NAME@"

static bool is_module_name(const char *name)
{
    size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-");
    return len && len <= NAME_BYTES && !name[len] && name[0] != '-';
}

/* The whole file; NULL and errno. */
static char *read_file(const char *path)
{
    struct buf text = {0};
    FILE *file = fopen(path, "re");
    size_t n = 1;
    if (!file)
        return NULL;
    while (n) {
        char *room = buf_reserve(&text, 4096);
        n = fread(room, 1, 4096, file);
        buf_commit(&text, n);
    }
    fclose(file);
    buf_append(&text, "", 1);
    char *all = xstrdup(buf_data(&text));
    buf_free(&text);
    return all;
}

static void write_text(FILE *file, const char *text, const char *name)
{
    for (const char *at; (at = strstr(text, PLACEHOLDER)); text = at + strlen(PLACEHOLDER))
        fprintf(file, "%.*s%s", (int)(at - text), text, name);
    fputs(text, file);
}

/* 0, or -1 after the complaint. */
static int make_file(const char *name, const char *template, const char *file)
{
    char *tail = xasprintf("share/seshet/template/%s", template);
    char *from = kit_path(tail);
    char *to = xasprintf("%s/%s", name, file);
    char *text = read_file(from);
    FILE *out = text ? fopen(to, "wxe") : NULL;
    const char *wrong = text ? to : from;
    if (out)
        write_text(out, text, name);
    bool failed = !out || ferror(out);
    int error = errno;
    if (out && fclose(out) && !failed) {
        error = errno;
        failed = true;
    }
    if (failed)
        ctl_complain(CTL_REFUSED, "%s: %s", wrong, strerror(error));
    else
        printf("%s\n", to);
    free(text);
    free(to);
    free(from);
    free(tail);
    return failed ? -1 : 0;
}

enum ctl_exit kit_new(const struct session *session, json_t *args)
{
    const char *name = command_text(args, "name");
    bool cxx = command_flag(args, "cxx");
    (void)session;
    if (!is_module_name(name))
        return ctl_complain(CTL_USAGE,
                            "a module's name is 1 to %d of a-z 0-9 _ -, and begins with no '-'",
                            NAME_BYTES);
    if (mkdir(name, 0777))
        return ctl_complain(CTL_REFUSED, "cannot make the folder %s: %s", name,
                            errno == EEXIST ? "there is something of that name already"
                                            : strerror(errno));
    char *source = xasprintf("%s.%s", name, cxx ? "cc" : "c");
    char *test = xasprintf("test_%s.c", name);
    int failed = make_file(name, cxx ? "module.cc.in" : "module.c.in", source) ||
                 make_file(name, "test.c.in", test) ||
                 make_file(name, cxx ? "Makefile.cxx.in" : "Makefile.c.in", "Makefile");
    free(source);
    free(test);
    if (failed)
        return CTL_REFUSED;
    printf("\nseshetctl module build %s --watch\n"
           "    compiles it, and installs it where a server runs, whenever you save it\n"
           "seshetctl module try %s/%s.so '!%s'\n"
           "    runs it without a server\n"
           "make -C %s test\n"
           "    runs its tests\n",
           name, name, name, name, name);
    return CTL_OK;
}
