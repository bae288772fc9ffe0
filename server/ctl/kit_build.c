#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/dirwatch.h"
#include "base/xmalloc.h"
#include "server/ctl/kit.h"
#include "server/ctl/value.h"

enum { ASK_SECONDS = 5 };

struct build {
    const char *folder;
    char *install;                 /* NULL: nowhere */
    const struct session *session; /* the server whose folder that is; NULL: none */
};

/* ---- Compiling ------------------------------------------------------------------------------- */

/* The header and the library are beside this program, wherever that lies. */
static void set_environment(void)
{
    const char *old = getenv("PKG_CONFIG_PATH");
    char *ours = kit_path("lib/pkgconfig");
    char *path = old && *old ? xasprintf("%s:%s", ours, old) : xstrdup(ours);
    setenv("PKG_CONFIG_PATH", path, 1);
    free(path);
    free(ours);
}

/* The compiler's errors go where ours do. */
static int make(const struct build *b)
{
    char *argv[] = {"make", "-s", "-C", (char *)b->folder, NULL};
    fflush(stdout);
    pid_t pid = kit_start(argv);
    if (pid < 0)
        return -1;
    int status = kit_wait(pid);
    return WIFEXITED(status) && !WEXITSTATUS(status) ? 0 : -1;
}

/* ---- Installing ------------------------------------------------------------------------------ */

static bool is_module(const char *name)
{
    size_t len = strlen(name);
    return len > 3 && *name != '.' && strcmp(name + len - 3, ".so") == 0;
}

static bool is_newer(const struct stat *a, const struct stat *b)
{
    return a->st_mtim.tv_sec != b->st_mtim.tv_sec ? a->st_mtim.tv_sec > b->st_mtim.tv_sec
                                                  : a->st_mtim.tv_nsec > b->st_mtim.tv_nsec;
}

static int copy(int from, const char *to)
{
    int out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
    ssize_t n = out < 0 ? -1 : 1;
    while (n > 0)
        n = sendfile(out, from, NULL, 1 << 20);
    int error = errno;
    if (out >= 0 && close(out) && !n) {
        error = errno;
        n = -1;
    }
    errno = error;
    return n ? -1 : 0;
}

/* Whether the server takes it: 0, or -1 and why it does not. */
static int ask_server(const struct build *b, const char *file)
{
    json_t *result = NULL;
    json_t *args = json_object();
    const json_t *module;
    size_t i;
    int failed = ctl_ask(b->session, COMMAND_MODULE_RELOAD, args, &result) != CTL_OK;
    json_array_foreach(json_object_get(result, "refused"), i, module)
    {
        const char *name = ctl_text(module, "module");
        size_t len = strlen(name);
        if (strncmp(file, name, len) == 0 && strcmp(file + len, ".so") == 0)
            failed = ctl_complain(CTL_REFUSED, "the server refuses %s: %s", file,
                                  ctl_text(module, "error"));
    }
    json_decref(result);
    json_decref(args);
    return failed ? -1 : 0;
}

/* Under another name first: the server takes a file that is renamed into place at once. */
static int install_file(const struct build *b, const char *name)
{
    struct stat ours;
    struct stat theirs;
    char *from = xasprintf("%s/%s", b->folder, name);
    char *to = xasprintf("%s/%s", b->install, name);
    char *beside = xasprintf("%s/.%s.new", b->install, name);
    int failed = 0;
    int in = open(from, O_RDONLY | O_CLOEXEC);
    if (in < 0 || fstat(in, &ours))
        failed = ctl_complain(CTL_REFUSED, "%s: %s", from, strerror(errno));
    else if (stat(to, &theirs) || is_newer(&ours, &theirs)) {
        if (copy(in, beside) || rename(beside, to)) {
            failed = ctl_complain(CTL_REFUSED, "cannot write %s: %s", to, strerror(errno));
            unlink(beside);
        } else {
            printf("installed %s\n", to);
            fflush(stdout);
            failed = b->session ? ask_server(b, name) : 0;
        }
    }
    if (in >= 0)
        close(in);
    free(beside);
    free(to);
    free(from);
    return failed ? -1 : 0;
}

static int install(const struct build *b)
{
    const struct dirent *entry;
    DIR *folder = opendir(b->folder);
    bool found = false;
    int failed = 0;
    while (folder && (entry = readdir(folder))) {
        if (!is_module(entry->d_name))
            continue;
        found = true;
        if (b->install && install_file(b, entry->d_name))
            failed = -1;
    }
    if (folder)
        closedir(folder);
    if (!found)
        return ctl_complain(CTL_REFUSED, "%s has no NAME.so after make", b->folder) ? -1 : 0;
    return failed;
}

static int build_once(const struct build *b)
{
    if (make(b)) {
        ctl_complain(CTL_REFUSED, "not built");
        return -1;
    }
    if (install(b))
        return -1;
    puts("built");
    fflush(stdout);
    return 0;
}

/* ---- Watching -------------------------------------------------------------------------------- */

struct changes {
    bool source;
    bool gone;
};

static void on_change(void *arg, enum dirwatch_kind kind, const char *name)
{
    static const char *const kinds[] = {".c", ".cc", ".cpp", ".cxx", ".h", ".hpp", ".hh"};
    struct changes *changes = arg;
    const char *dot = strrchr(name, '.');
    changes->gone = changes->gone || kind == DIRWATCH_GONE;
    bool source = kind == DIRWATCH_OVERFLOW || !strcmp(name, "Makefile");
    for (size_t i = 0; dot && i < sizeof kinds / sizeof *kinds; i++)
        source = source || !strcmp(dot, kinds[i]);
    changes->source = changes->source || source;
}

/* Until it is interrupted. */
static enum ctl_exit watch(const struct build *b)
{
    char *error = NULL;
    for (struct dirwatch *w = dirwatch_open(b->folder, false, &error); w;
         w = dirwatch_open(b->folder, false, &error)) {
        struct changes changes = {0};
        while (!changes.gone) {
            build_once(b);
            changes.source = false;
            while (!changes.source && !changes.gone) {
                struct pollfd fd = {.fd = dirwatch_fd(w), .events = POLLIN};
                if (poll(&fd, 1, -1) > 0)
                    dirwatch_read(w, on_change, &changes);
            }
        }
        dirwatch_close(w);
    }
    ctl_complain(CTL_REFUSED, "%s", error);
    free(error);
    return CTL_REFUSED;
}

/* ---- The command ----------------------------------------------------------------------------- */

/* The module folder of the server that answers, if one does. */
static char *server_folder(const struct session *session)
{
    json_t *result = NULL;
    char *error = NULL;
    char *folder = NULL;
    if (session->socket &&
        client_ask(session->socket, session->conf, command_specs[COMMAND_MODULE_LIST].name, NULL,
                   ASK_SECONDS, &result, &error) == CTL_OK &&
        *ctl_text(result, "user_dir"))
        folder = xstrdup(ctl_text(result, "user_dir"));
    json_decref(result);
    free(error);
    return folder;
}

enum ctl_exit kit_build(const struct session *session, json_t *args)
{
    const char *folder = command_text(args, "folder");
    const char *where = command_text(args, "install");
    struct build b = {.folder = *folder ? folder : ".",
                      .install = *where ? xstrdup(where) : server_folder(session)};
    b.session = b.install && !*where ? session : NULL;
    char *makefile = xasprintf("%s/Makefile", b.folder);
    enum ctl_exit status = CTL_REFUSED;
    if (access(makefile, R_OK)) {
        ctl_complain(CTL_USAGE, "%s: %s; seshetctl module new writes one", makefile,
                     strerror(errno));
        status = CTL_USAGE;
    } else {
        set_environment();
        if (command_flag(args, "watch"))
            status = watch(&b);
        else
            status = build_once(&b) ? CTL_REFUSED : CTL_OK;
    }
    free(makefile);
    free(b.install);
    return status;
}
