#include "server/ctl/kit.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/xmalloc.h"

char *kit_path(const char *tail)
{
    char self[PATH_MAX];
    ssize_t len = readlink("/proc/self/exe", self, sizeof self - 1);
    self[len > 0 ? len : 0] = '\0';
    for (int up = 0; up < 2; up++) {
        char *slash = strrchr(self, '/');
        if (slash)
            *slash = '\0';
    }
    return xasprintf("%s/%s", self, tail);
}

pid_t kit_start(char *const *argv)
{
    extern char **environ;
    pid_t pid;
    int error = posix_spawnp(&pid, argv[0], NULL, NULL, argv, environ);
    if (!error)
        return pid;
    ctl_complain(CTL_REFUSED, "cannot start %s: %s", argv[0], strerror(error));
    return -1;
}

int kit_wait(pid_t pid)
{
    int status;
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    struct sigaction before;
    sigaction(SIGINT, &ignore, &before);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    sigaction(SIGINT, &before, NULL);
    return status;
}

/* ---- module try ------------------------------------------------------------------------------ */

struct words {
    char **list;
    size_t count;
};

static void add(struct words *words, const char *word)
{
    words->list = xrealloc(words->list, (words->count + 2) * sizeof *words->list);
    words->list[words->count++] = xstrdup(word);
    words->list[words->count] = NULL;
}

static void free_words(struct words *words)
{
    for (size_t i = 0; i < words->count; i++)
        free(words->list[i]);
    free(words->list);
}

static struct words try_words(const struct session *session, const json_t *args)
{
    static const char *const options[] = {"as",      "account", "known", "grant",
                                          "channel", "users",   "after", "permissions"};
    struct words words = {0};
    char *program = kit_path("libexec/seshet/seshet-try");
    add(&words, program);
    free(program);
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        const json_t *value = json_object_get(args, options[i]);
        if (!value)
            continue;
        char *option = xasprintf("--%s=%s", options[i], json_string_value(value));
        add(&words, option);
        free(option);
    }
    if (command_flag(args, "private"))
        add(&words, "--private");
    if (session->screen.colour)
        add(&words, "--colour");
    if (session->screen.human)
        add(&words, "--show-input");
    add(&words, "--");
    add(&words, command_text(args, "file"));
    const json_t *texts = json_object_get(args, "texts");
    for (size_t i = 0; i < json_array_size(texts); i++)
        add(&words, json_string_value(json_array_get(texts, i)));
    return words;
}

/* Whoever tries a module wants to see where it fails. */
static enum ctl_exit tell_crash(const struct words *words, int signal)
{
    struct buf line = {0};
    for (size_t i = 0; i < words->count; i++)
        buf_printf(&line, " '%s'", words->list[i]);
    buf_append(&line, "", 1);
    ctl_complain(CTL_REFUSED, "the module crashed: %s. To see where: gdb --args%s",
                 strsignal(signal), buf_data(&line));
    buf_free(&line);
    return CTL_REFUSED;
}

static enum ctl_exit kit_try(const struct session *session, json_t *args)
{
    struct words words = try_words(session, args);
    enum ctl_exit result = CTL_REFUSED;
    fflush(stdout);
    pid_t pid = kit_start(words.list);
    int status = pid < 0 ? 0 : kit_wait(pid);
    if (pid >= 0 && WIFSIGNALED(status))
        result = WTERMSIG(status) == SIGINT ? CTL_REFUSED : tell_crash(&words, WTERMSIG(status));
    else if (pid >= 0)
        result = (enum ctl_exit)WEXITSTATUS(status);
    free_words(&words);
    return result;
}

void ctl_kit_commands(struct ctl_command *commands)
{
    commands[COMMAND_MODULE_TRY].run = kit_try;
    commands[COMMAND_MODULE_NEW].run = kit_new;
    commands[COMMAND_MODULE_BUILD].run = kit_build;
}
