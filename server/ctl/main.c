/* seshetctl: asks a running seshetd over its control socket. */
#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
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
    const char *unfinished; /* the last word, when it is an option whose value is missing */
    char **words;           /* what is no option of the program itself */
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

/* The value that a word like "--socket=PATH" holds, or NULL. */
static const char *value_within(const char *word, const char *option)
{
    size_t len = strlen(option);
    return !strncmp(word, option, len) && word[len] == '=' ? word + len + 1 : NULL;
}

/* How many of the words the option took; 0: it is none of the program's own. */
static int take_option(struct options *o, char **argv, int left)
{
    const char *word = argv[0];
    const char **value = NULL;
    bool *flag = NULL;
    const char *socket = value_within(word, "--socket");
    const char *conf = value_within(word, "--config");
    if (socket || conf) {
        *(socket ? &o->socket : &o->conf) = socket ? socket : conf;
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
    else if (!strcmp(word, "-c") || !strcmp(word, "--config"))
        value = &o->conf;
    if (flag)
        *flag = true;
    if (!value)
        return flag ? 1 : 0;
    if (left < 2)
        o->unfinished = word;
    else
        *value = argv[1];
    return left < 2 ? 1 : 2;
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
    if (status == CTL_OK && session->json) {
        ctl_print_json(result);
        status = command->judge ? command->judge(result) : CTL_OK;
    } else if (status == CTL_OK) {
        status = command->show(&session->screen, result);
    }
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

/* bash gives "--network=lib" as three words; without the "=" it is what "--network lib" is. */
static size_t leave_out_equals(char **to, char *const *words, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        bool equals = i && !strcmp(words[i], "=");
        if (!equals)
            to[kept++] = words[i];
        else if (i + 1 == count)
            to[kept++] = "";
    }
    return kept;
}

static void complete(char *const *all, size_t count)
{
    struct options options = {0};
    char *conf = NULL;
    struct options *o = &options;
    char **argv = xcalloc(count + 2, sizeof *argv);
    char **words = argv + 1;
    argv[0] = "seshetctl";
    count = leave_out_equals(words, all, count);
    /* The word that is being written is no option yet. */
    read_options(o, (int)count, argv);
    if (count)
        o->words[o->count++] = words[count - 1];
    char *socket = find_socket(o, &conf, false);
    struct session session = {.socket = socket, .conf = conf};
    if (o->unfinished)
        ctl_complete_file();
    else
        ctl_complete(&session, o->words, o->count);
    free(o->words);
    free(argv);
    free(conf);
    free(socket);
}

static enum ctl_exit show_help(char *const *words, size_t count)
{
    char *error = NULL;
    size_t used;
    enum ctl_exit status = CTL_OK;
    if (!count) {
        ctl_usage();
        return CTL_OK;
    }
    if (!strcmp(words[0], "completion")) {
        ctl_usage_of_completion();
        return CTL_OK;
    }
    if (ctl_is_group(words, count)) {
        ctl_usage_of_group(stdout, words, count);
        return CTL_OK;
    }
    const struct command_spec *spec = command_find(words, count, &used, &error);
    if (spec)
        ctl_usage_of(spec);
    else
        status = ctl_complain(CTL_USAGE, "%s", error);
    free(error);
    return status;
}

/* Whether it was one. */
static bool run_local(const struct options *o, enum ctl_exit *status)
{
    *status = CTL_OK;
    bool help = o->count && !strcmp(o->words[0], "help");
    if (o->version) {
        puts("seshetctl " SESHET_VERSION);
    } else if (help || o->help) {
        *status = show_help(o->words + help, o->count - help);
    } else if (o->count && !strcmp(o->words[0], "completion")) {
        if (o->count == 2 && !strcmp(o->words[1], "bash"))
            ctl_print_completion();
        else
            *status = ctl_complain(CTL_USAGE, "there is a completion for bash: . <(seshetctl "
                                              "completion bash)");
    } else {
        return false;
    }
    return true;
}

static enum ctl_exit unknown_option(const char *word)
{
    bool is_long = !strncmp(word, "--", 2);
    const char *near = is_long ? str_nearest(word, ctl_options, CTL_OPTIONS) : NULL;
    return ctl_complain(CTL_USAGE, "there is no option %s; %s%s%s", word,
                        near ? "did you mean " : "help lists them", near ? near : "",
                        near ? "?" : "");
}

static enum ctl_exit run_words(const struct options *o)
{
    char *error = NULL;
    size_t used = 0;
    const struct command_spec *spec = command_find(o->words, o->count, &used, &error);
    if (!spec && ctl_is_group(o->words, o->count)) {
        free(error);
        ctl_complain(CTL_USAGE, "that is no command by itself");
        ctl_usage_of_group(stderr, o->words, o->count);
        return CTL_USAGE;
    }
    if (!spec && o->count && *o->words[0] == '-') {
        free(error);
        return unknown_option(o->words[0]);
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
    if (options.unfinished)
        status = ctl_complain(CTL_USAGE, "%s needs a file's name behind it", options.unfinished);
    else if (options.conf && options.socket)
        status = ctl_complain(CTL_USAGE, "-c and --socket both name a server: give one of the two");
    else if (!run_local(&options, &status))
        status = run_words(&options);
    free(options.words);
    return status;
}
