#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
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

enum { ASK_SECONDS = 5, FOLLOW_MS = 300 };

struct build {
    const char *folder;
    char *install;                 /* NULL: nowhere */
    const struct session *session; /* the server whose folder that is; NULL: none */
    char *module;                  /* what was installed last; NULL: nothing yet */
    int64_t logged;                /* up to where its log was shown */
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

/* The answer, or NULL: then there is nothing to tell, or *error says why, when it is asked for. */
static json_t *ask(const struct session *session, enum command command, json_t *args, char **error)
{
    json_t *result = NULL;
    char *why = NULL;
    client_ask(session->socket, session->conf, command_specs[command].name, args, ASK_SECONDS,
               &result, &why);
    json_decref(args);
    if (error)
        *error = why;
    else
        free(why);
    return result;
}

/* A new module waits for somebody to enable it, and who has just written it wonders. */
static void tell_when_off(const struct build *b)
{
    size_t i;
    const json_t *network;
    bool on = false;
    json_t *shown =
        ask(b->session, COMMAND_MODULE_SHOW, json_pack("{s:s}", "name", b->module), NULL);
    json_array_foreach(json_object_get(shown, "networks"), i, network)
    {
        on = on || ctl_bool(network, "enabled");
    }
    if (shown && !on)
        printf("%s is not enabled on any network: seshetctl module enable %s\n", b->module,
               b->module);
    json_decref(shown);
}

/* What the server has logged about the module since the last time. */
static void show_log(struct build *b, bool quietly)
{
    char after[24];
    snprintf(after, sizeof after, "%" PRId64, b->logged);
    json_t *result = ask(b->session, COMMAND_MODULE_LOGS,
                         json_pack("{s:s, s:s}", "name", b->module, "after", after), NULL);
    if (!quietly)
        ctl_print_log(&b->session->screen, json_object_get(result, "lines"));
    if (result)
        b->logged = ctl_number(result, "last");
    json_decref(result);
}

/* Whether the server takes it, and its networks load it: 0, or -1 and why not. */
static int ask_server(const struct build *b)
{
    json_t *result = NULL;
    json_t *args = json_object();
    const json_t *module;
    size_t i;
    int failed = ctl_ask(b->session, COMMAND_MODULE_RELOAD, args, &result) != CTL_OK;
    json_array_foreach(json_object_get(result, "refused"), i, module)
    {
        const char *network = ctl_text(module, "network");
        if (strcmp(ctl_text(module, "module"), b->module) == 0)
            failed = ctl_complain(CTL_REFUSED, "%s%s refuses %s.so: %s",
                                  *network ? "network " : "the server", network, b->module,
                                  ctl_text(module, "error"));
    }
    json_decref(result);
    json_decref(args);
    if (!failed)
        tell_when_off(b);
    return failed ? -1 : 0;
}

/* Before it is installed: what was logged until then is old. */
static void note_module(struct build *b, const char *file)
{
    free(b->module);
    b->module = xstrndup(file, strlen(file) - strlen(".so"));
    if (!b->logged)
        show_log(b, true);
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
        }
    }
    if (in >= 0)
        close(in);
    free(beside);
    free(to);
    free(from);
    return failed ? -1 : 0;
}

static int install(struct build *b)
{
    const struct dirent *entry;
    DIR *folder = opendir(b->folder);
    bool found = false;
    int failed = 0;
    while (folder && (entry = readdir(folder))) {
        if (!is_module(entry->d_name))
            continue;
        found = true;
        printf("built %s/%s\n", b->folder, entry->d_name);
        fflush(stdout);
        if (b->session)
            note_module(b, entry->d_name);
        /* Asked also when it was installed before: that build may have been refused. */
        if (b->install && (install_file(b, entry->d_name) || (b->session && ask_server(b))))
            failed = -1;
    }
    if (folder)
        closedir(folder);
    if (!found)
        return ctl_complain(CTL_REFUSED, "%s has no NAME.so after make", b->folder) ? -1 : 0;
    return failed;
}

static int build_once(struct build *b)
{
    if (make(b)) {
        ctl_complain(CTL_REFUSED, "not built");
        return -1;
    }
    return install(b);
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
    if (kind == DIRWATCH_WRITING ||
        *name == '.') /* not whole yet; what editors keep for themselves */
        return;
    bool source = kind == DIRWATCH_OVERFLOW || !strcmp(name, "Makefile");
    for (size_t i = 0; dot && i < sizeof kinds / sizeof *kinds; i++)
        source = source || !strcmp(dot, kinds[i]);
    changes->source = changes->source || source;
}

/* Until something has changed. Meanwhile the server may have something to tell. */
static void await(struct build *b, struct dirwatch *w, struct changes *changes)
{
    bool follows = b->session && b->module;
    while (!changes->source && !changes->gone) {
        struct pollfd fd = {.fd = dirwatch_fd(w), .events = POLLIN};
        int ready = poll(&fd, 1, follows ? FOLLOW_MS : -1);
        if (ready > 0)
            dirwatch_read(w, on_change, changes);
        else if (follows && !ready)
            show_log(b, false);
    }
}

/* Until it is interrupted. */
static enum ctl_exit watch(struct build *b)
{
    char *error = NULL;
    for (struct dirwatch *w = dirwatch_open(b->folder, false, &error); w;
         w = dirwatch_open(b->folder, false, &error)) {
        struct changes changes = {0};
        while (!changes.gone) {
            build_once(b);
            changes.source = false;
            await(b, w, &changes);
        }
        dirwatch_close(w);
    }
    ctl_complain(CTL_REFUSED, "%s", error);
    free(error);
    return CTL_REFUSED;
}

/* ---- The command ----------------------------------------------------------------------------- */

/* The module folder of the server that answers; NULL, and it was told that there is none. */
static char *server_folder(const struct session *session)
{
    char *error = NULL;
    json_t *result = session->socket ? ask(session, COMMAND_MODULE_LIST, NULL, &error) : NULL;
    const char *user_dir = ctl_text(result, "user_dir");
    char *folder = *user_dir ? xstrdup(user_dir) : NULL;
    if (!folder)
        ctl_complain(CTL_OK, "nothing will be installed: %s",
                     error ? error : "no configuration of a server was found; see --install");
    json_decref(result);
    free(error);
    return folder;
}

/* 0, or -1 after the complaint. */
static int check_folder(const char *folder)
{
    struct stat st;
    char *makefile = xasprintf("%s/Makefile", folder);
    int wrong = stat(folder, &st) || !S_ISDIR(st.st_mode);
    if (wrong) {
        ctl_complain(CTL_USAGE, "%s is no folder: name the one with the module's Makefile", folder);
    } else if (access(makefile, R_OK)) {
        wrong = 1;
        ctl_complain(CTL_USAGE, "%s: %s; seshetctl module new writes one", makefile,
                     strerror(errno));
    }
    free(makefile);
    return wrong ? -1 : 0;
}

enum ctl_exit kit_build(const struct session *session, json_t *args)
{
    const char *folder = command_text(args, "folder");
    const char *where = command_text(args, "install");
    struct build b = {.folder = *folder ? folder : "."};
    enum ctl_exit status;
    if (check_folder(b.folder))
        return CTL_USAGE;
    b.install = *where ? xstrdup(where) : server_folder(session);
    b.session = b.install && !*where ? session : NULL;
    set_environment();
    if (command_flag(args, "watch"))
        status = watch(&b);
    else
        status = build_once(&b) ? CTL_REFUSED : CTL_OK;
    free(b.module);
    free(b.install);
    return status;
}
