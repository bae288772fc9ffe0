/* seshetctl: asks a running seshetd over its control socket. */
#include <getopt.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/str.h"
#include "base/xmalloc.h"
#include "conf/conf.h"
#include "server/ctl/client.h"
#include "server/ctl/command.h"

#define MAX_COMMANDS 64

struct options {
    const char *conf;
    const char *socket;
    bool json;
};

static enum ctl_exit complain(enum ctl_exit status, const char *text)
{
    char *clean = text_clean(text);
    fprintf(stderr, "seshetctl: %s\n", clean);
    free(clean);
    return status;
}

/* The words joined by single spaces; the caller frees it. */
static char *join_words(char *const *words, int count)
{
    struct buf out = {0};
    for (int i = 0; i < count; i++)
        buf_printf(&out, "%s%s", i ? " " : "", words[i]);
    buf_append(&out, "", 1);
    char *line = xstrdup(buf_data(&out));
    buf_free(&out);
    return line;
}

/* The command that the line begins with; *rest is what follows. NULL when there is none. */
static const struct ctl_command *find_command(const char *line, const char **rest)
{
    for (const struct ctl_command *const *group = ctl_groups; *group; group++) {
        for (const struct ctl_command *command = *group; command->name; command++) {
            size_t len = strlen(command->name);
            if (strncmp(line, command->name, len) != 0 || (line[len] && line[len] != ' '))
                continue;
            *rest = line + len + (line[len] == ' ');
            return command;
        }
    }
    return NULL;
}

static enum ctl_exit unknown_command(const char *line)
{
    const char *names[MAX_COMMANDS];
    size_t count = 0;
    for (const struct ctl_command *const *group = ctl_groups; *group; group++)
        for (const struct ctl_command *command = *group; command->name; command++)
            if (count < MAX_COMMANDS)
                names[count++] = command->name;
    const char *near = str_nearest(line, names, count);
    /* "module" alone is the beginning of "module list". */
    for (size_t i = 0; !near && i < count; i++)
        if (!strncmp(names[i], line, strlen(line)))
            near = names[i];
    char *text = near ? xasprintf("unknown command \"%.80s\"; did you mean \"%s\"?", line, near)
                      : xasprintf("unknown command \"%.80s\"; seshetctl help lists them", line);
    complain(CTL_USAGE, text);
    free(text);
    return CTL_USAGE;
}

/* The socket to ask, or NULL after a complaint. *conf is the configuration that named it. */
static char *find_socket(const struct options *options, char **conf)
{
    struct conf_errors errors = {0};
    if (options->socket)
        return xstrdup(options->socket);
    *conf = options->conf ? xstrdup(options->conf) : conf_default_path();
    if (!*conf) {
        complain(CTL_USAGE, "no configuration found: name it with -c FILE, or the server's socket "
                            "with --socket PATH");
        return NULL;
    }
    char *socket = conf_control_socket(*conf, &errors);
    for (size_t i = 0; !socket && i < errors.count; i++) {
        char *text = conf_error_text(&errors.items[i]);
        complain(CTL_USAGE, text);
        free(text);
    }
    conf_errors_free(&errors);
    return socket;
}

static enum ctl_exit ask(const struct options *options, const struct ctl_command *command)
{
    json_t *result = NULL;
    char *error = NULL;
    char *conf = NULL;
    char *socket = find_socket(options, &conf);
    enum ctl_exit status = CTL_USAGE;
    if (socket)
        status = client_ask(socket, conf, command->name, NULL, &result, &error);
    if (status == CTL_OK && options->json) {
        json_dumpf(result, stdout, isatty(STDOUT_FILENO) ? JSON_INDENT(2) : JSON_COMPACT);
        putchar('\n');
    } else if (status == CTL_OK) {
        struct screen screen = screen_detect();
        command->show(&screen, result);
    } else if (error) {
        complain(status, error);
    }
    json_decref(result);
    free(error);
    free(conf);
    free(socket);
    return status;
}

static enum ctl_exit run(const struct options *options, char *const *words, int count)
{
    const char *rest = NULL;
    char *line = join_words(words, count);
    const struct ctl_command *command = find_command(line, &rest);
    enum ctl_exit status = CTL_OK;
    if (!command) {
        status = unknown_command(line);
    } else if (*rest) {
        char *text = xasprintf("%s takes no arguments, but \"%.80s\" follows", command->name, rest);
        status = complain(CTL_USAGE, text);
        free(text);
    } else if (command->print) {
        struct screen screen = screen_detect();
        command->print(&screen);
    } else {
        status = ask(options, command);
    }
    free(line);
    return status;
}

int main(int argc, char **argv)
{
    static const struct option long_options[] = {
        {"socket", required_argument, NULL, 's'}, {"json", no_argument, NULL, 'j'},
        {"help", no_argument, NULL, 'h'},         {"version", no_argument, NULL, 'V'},
        {"conf", required_argument, NULL, 'c'},   {0}};
    struct options options = {0};
    /* Widths of characters come from the locale; every text here is UTF-8. */
    if (!setlocale(LC_CTYPE, "C.UTF-8"))
        setlocale(LC_CTYPE, "");
    for (int c; (c = getopt_long(argc, argv, "c:hV", long_options, NULL)) != -1;) {
        switch (c) {
        case 'c':
            options.conf = optarg;
            break;
        case 's':
            options.socket = optarg;
            break;
        case 'j':
            options.json = true;
            break;
        case 'h':
            ctl_usage();
            return CTL_OK;
        case 'V':
            puts("seshetctl " SESHET_VERSION);
            return CTL_OK;
        default:
            return CTL_USAGE;
        }
    }
    if (options.conf && options.socket)
        return complain(CTL_USAGE, "-c and --socket both name a server: give one of the two");
    if (optind == argc)
        return complain(CTL_USAGE, "no command given; seshetctl help lists them");
    return run(&options, argv + optind, argc - optind);
}
