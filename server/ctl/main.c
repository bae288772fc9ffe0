/* seshetctl: asks a running seshetd over its control socket. */
#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/xmalloc.h"
#include "conf/conf.h"
#include "server/ctl/command.h"

#define COMPLETION_SECONDS 1

struct options {
    const char *conf;
    const char *socket;
    bool json;
    bool help;
    bool version;
    char **words; /* what is no option of the program itself */
    size_t count;
};

enum ctl_exit ctl_complain(enum ctl_exit status, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    char *text = xvasprintf(fmt, ap);
    va_end(ap);
    char *clean = text_clean(text);
    fprintf(stderr, "seshetctl: %s\n", clean);
    free(clean);
    free(text);
    return status;
}

void ctl_print_json(const json_t *value)
{
    json_dumpf(value, stdout, isatty(STDOUT_FILENO) ? JSON_INDENT(2) : JSON_COMPACT);
    putchar('\n');
}

/* ---- Options ----------------------------------------------------------------------------------
 */

/* How many of the words the option took; 0: it is none of the program's own. */
static int take_option(struct options *o, char **argv, int left)
{
    static const char socket_is[] = "--socket=";
    const char *word = argv[0];
    const char **value = NULL;
    bool *flag = NULL;
    if (!strncmp(word, socket_is, sizeof socket_is - 1)) {
        o->socket = word + sizeof socket_is - 1;
        return 1;
    }
    if (!strcmp(word, "--json"))
        flag = &o->json;
    else if (!strcmp(word, "--help") || !strcmp(word, "-h"))
        flag = &o->help;
    else if (!strcmp(word, "--version") || !strcmp(word, "-V"))
        flag = &o->version;
    else if (!strcmp(word, "--socket"))
        value = &o->socket;
    else if (!strcmp(word, "-c") || !strcmp(word, "--conf"))
        value = &o->conf;
    if (flag)
        *flag = true;
    if (!value || left < 2)
        return flag ? 1 : 0;
    *value = argv[1];
    return 2;
}

static void read_options(struct options *o, int argc, char **argv)
{
    o->words = xcalloc((size_t)argc + 1, sizeof *o->words);
    for (int i = 1; i < argc;) {
        int used = strcmp(argv[i], "--") != 0 ? take_option(o, argv + i, argc - i) : -1;
        if (used > 0) {
            i += used;
            continue;
        }
        /* "--" is the command's own: what follows it are words. */
        while (used < 0 && i < argc)
            o->words[o->count++] = argv[i++];
        if (i < argc)
            o->words[o->count++] = argv[i++];
    }
}

/* The socket to ask, or NULL; *conf is the configuration that named it. */
static char *find_socket(const struct options *options, char **conf, bool complain)
{
    struct conf_errors errors = {0};
    if (options->socket)
        return xstrdup(options->socket);
    *conf = options->conf ? xstrdup(options->conf) : conf_default_path();
    if (!*conf) {
        if (complain)
            ctl_complain(CTL_USAGE, "no configuration found: name it with -c FILE, or the server's "
                                    "socket with --socket PATH");
        return NULL;
    }
    char *socket = conf_control_socket(*conf, &errors);
    for (size_t i = 0; complain && !socket && i < errors.count; i++) {
        char *text = conf_error_text(&errors.items[i]);
        ctl_complain(CTL_USAGE, "%s", text);
        free(text);
    }
    conf_errors_free(&errors);
    return socket;
}

/* ---- Asking -----------------------------------------------------------------------------------
 */

enum ctl_exit ctl_ask(const struct session *session, enum command command, json_t *args,
                      json_t **result)
{
    char *error = NULL;
    enum ctl_exit status =
        client_ask(session->socket, session->conf, command_specs[command].name,
                   json_object_size(args) ? args : NULL, CTL_WAIT_SECONDS, result, &error);
    if (status != CTL_OK)
        ctl_complain(status, "%s", error);
    free(error);
    return status;
}

static enum ctl_exit ask(const struct session *session, enum command number,
                         const struct ctl_command *command, json_t *args)
{
    json_t *result = NULL;
    enum ctl_exit status = ctl_ask(session, number, args, &result);
    if (status == CTL_OK && session->json)
        ctl_print_json(result);
    else if (status == CTL_OK)
        status = command->show(&session->screen, result);
    json_decref(result);
    return status;
}

static enum ctl_exit run(const struct options *options, const struct command_spec *spec,
                         json_t *args)
{
    struct ctl_command commands[COMMAND_COUNT] = {{0}};
    enum command number = (enum command)(spec - command_specs);
    const struct ctl_command *command = &commands[number];
    char *conf = NULL;
    char *socket = find_socket(options, &conf, !command_is_local(spec));
    struct session session = {
        .socket = socket, .conf = conf, .json = options->json, .screen = screen_detect()};
    ctl_status_commands(commands);
    ctl_module_commands(commands);
    ctl_show_commands(commands);
    ctl_edit_commands(commands);
    ctl_why_commands(commands);
    ctl_network_commands(commands);
    ctl_registry_commands(commands);
    ctl_transfer_commands(commands);
    ctl_account_commands(commands);
    ctl_capability_commands(commands);
    ctl_import_commands(commands);
    ctl_kit_commands(commands);
    ctl_logs_commands(commands);
    enum ctl_exit status = !socket && !command_is_local(spec) ? CTL_USAGE
                           : command->run                     ? command->run(&session, args)
                                          : ask(&session, number, command, args);
    free(conf);
    free(socket);
    return status;
}

/* ---- Commands that need no server -------------------------------------------------------------
 */

/* Whether the last word is the value of an option that names a file. */
static bool wants_file(char *const *words, size_t count)
{
    static const char *const options[] = {"-c", "--conf", "--socket"};
    for (size_t i = 0; count > 1 && i < sizeof options / sizeof *options; i++)
        if (!strcmp(words[count - 2], options[i]))
            return true;
    return false;
}

static void complete(char *const *words, size_t count)
{
    struct options options = {0};
    char *conf = NULL;
    struct options *o = &options;
    char **argv = xcalloc(count + 2, sizeof *argv);
    argv[0] = "seshetctl";
    memcpy(argv + 1, words, count * sizeof *argv);
    /* The word that is being written is no option yet. */
    read_options(o, (int)count, argv);
    if (count)
        o->words[o->count++] = words[count - 1];
    char *socket = find_socket(o, &conf, false);
    struct session session = {.socket = socket, .conf = conf};
    if (wants_file(words, count))
        puts("@file");
    else
        ctl_complete(&session, o->words, o->count);
    free(o->words);
    free(argv);
    free(conf);
    free(socket);
}

/* Whether it was one. */
static bool run_local(const struct options *o, enum ctl_exit *status)
{
    char *error = NULL;
    size_t used;
    *status = CTL_OK;
    if (o->version) {
        puts("seshetctl " SESHET_VERSION);
        return true;
    }
    bool help = o->count && !strcmp(o->words[0], "help");
    size_t first = help;
    if (help || o->help) {
        if (o->count == first) {
            ctl_usage();
            return true;
        }
        if (o->count == first + 1 && ctl_is_group(o->words[first])) {
            ctl_usage_of_group(stdout, o->words[first]);
            return true;
        }
        const struct command_spec *spec =
            command_find(o->words + first, o->count - first, &used, &error);
        if (spec)
            ctl_usage_of(spec);
        else
            *status = ctl_complain(CTL_USAGE, "%s", error);
        free(error);
        return true;
    }
    if (o->count >= 2 && !strcmp(o->words[0], "completion") && !strcmp(o->words[1], "bash")) {
        ctl_print_completion();
        return true;
    }
    return false;
}

static enum ctl_exit run_words(const struct options *o)
{
    char *error = NULL;
    size_t used = 0;
    const struct command_spec *spec = command_find(o->words, o->count, &used, &error);
    if (!spec && o->count == 1 && ctl_is_group(o->words[0])) {
        free(error);
        ctl_complain(CTL_USAGE, "\"%s\" is no command by itself", o->words[0]);
        ctl_usage_of_group(stderr, o->words[0]);
        return CTL_USAGE;
    }
    json_t *args = spec ? command_parse(spec, o->words + used, o->count - used, &error) : NULL;
    enum ctl_exit status = CTL_USAGE;
    if (args)
        status = run(o, spec, args);
    else
        ctl_complain(CTL_USAGE, "%s", error);
    free(error);
    json_decref(args);
    return status;
}

int main(int argc, char **argv)
{
    struct options options = {0};
    enum ctl_exit status;
    /* Widths of characters come from the locale; every text here is UTF-8. */
    if (!setlocale(LC_CTYPE, "C.UTF-8"))
        setlocale(LC_CTYPE, "");
    if (argc > 1 && !strcmp(argv[1], "__complete")) {
        alarm(2 * COMPLETION_SECONDS);
        complete(argv + 2, (size_t)argc - 2);
        return CTL_OK;
    }
    read_options(&options, argc, argv);
    if (options.conf && options.socket)
        status = ctl_complain(CTL_USAGE, "-c and --socket both name a server: give one of the two");
    else if (!run_local(&options, &status))
        status = run_words(&options);
    free(options.words);
    return status;
}
