/* seshet-try: a module in a network in memory, for "seshetctl module try", which tells how it ends.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/rate.h"
#include "base/str.h"
#include "base/xmalloc.h"
#include "server/try/script.h"
#include "server/try/show.h"

enum { REFUSED = 1, USAGE = 2 }; /* exit status, as seshetctl's */

struct options {
    const char *as;
    const char *channel;
    const char *users;
    const char *after;
    const char *account;
    const char *known;
    const char *grant;
    const char *permissions;
    int in_private;
    int colour;
    int show_input;
};

static int complain(int status, const char *what, const char *why)
{
    fprintf(stderr, "seshetctl: %s%s%s\n", what, *why ? ": " : "", why);
    return status;
}

static int read_options(struct options *o, int argc, char **argv)
{
    const struct option table[] = {{"as", required_argument, NULL, 'a'},
                                   {"channel", required_argument, NULL, 'c'},
                                   {"users", required_argument, NULL, 'u'},
                                   {"after", required_argument, NULL, 't'},
                                   {"account", required_argument, NULL, 'n'},
                                   {"known", required_argument, NULL, 'k'},
                                   {"grant", required_argument, NULL, 'g'},
                                   {"permissions", required_argument, NULL, 'p'},
                                   {"private", no_argument, &o->in_private, 1},
                                   {"colour", no_argument, &o->colour, 1},
                                   {"show-input", no_argument, &o->show_input, 1},
                                   {0}};
    for (int c; (c = getopt_long(argc, argv, "+", table, NULL)) >= 0;) {
        const char **value = c == 'a'   ? &o->as
                             : c == 'c' ? &o->channel
                             : c == 'u' ? &o->users
                             : c == 't' ? &o->after
                             : c == 'n' ? &o->account
                             : c == 'k' ? &o->known
                             : c == 'g' ? &o->grant
                             : c == 'p' ? &o->permissions
                                        : NULL;
        if (value)
            *value = optarg;
        else if (c)
            return -1;
    }
    return optind < argc ? 0 : -1;
}

/* "3": user1 to user3; else nicks, by commas. */
static int bring_users(seshet_test *t, const struct options *o)
{
    enum { MOST = 1000 };
    char nick[128];
    int64_t count;
    const char *at = o->users;
    if (!str_parse_int(at, 0, MOST, &count)) {
        for (int64_t i = 1; i <= count; i++) {
            snprintf(nick, sizeof nick, "user%lld", (long long)i);
            seshet_test_join(t, nick, o->channel);
        }
        return 0;
    }
    for (size_t len; *at; at += len + (at[len] == ',')) {
        len = strcspn(at, ",");
        snprintf(nick, sizeof nick, "%.*s", (int)len, at);
        if (len >= sizeof nick || seshet_test_join(t, nick, o->channel) < 0)
            return -1;
    }
    return 0;
}

static int grant(seshet_test *t, const struct options *o)
{
    size_t len;
    for (const char *at = o->grant; *at; at += len + (at[len] == ' ')) {
        len = strcspn(at, " ");
        char *capability = xasprintf("%.*s", (int)len, at);
        int wrong = len ? seshet_test_grant(t, o->as, capability, 1) : 0;
        free(capability);
        if (wrong)
            return -1;
    }
    return 0;
}

/* The network before the module comes. NULL: why was printed. */
static int prepare(seshet_test *t, const struct options *o)
{
    if (seshet_test_permit(t, o->permissions))
        return complain(USAGE, "--permissions wants some of net, files, raw and exec",
                        o->permissions);
    if (seshet_test_user(t, o->as, NULL, NULL, o->account))
        return complain(USAGE, "--as wants a nick, and --account an account's name", "");
    if (seshet_test_known(t, o->as, o->known))
        return complain(USAGE, "--known wants an account of the bot", o->known);
    if (grant(t, o))
        return complain(USAGE, "--grant wants capabilities with spaces between them", o->grant);
    if (seshet_test_join(t, o->as, o->channel) < 0)
        return complain(USAGE, "--channel wants a channel, such as #test", o->channel);
    if (bring_users(t, o))
        return complain(USAGE, "--users wants a number, or nicks with commas between them",
                        o->users);
    return 0;
}

static int happen(struct script *s, const struct show *show, const char *line)
{
    char why[SESHET_TEST_WHY_SIZE];
    int called = script_run(s, line, why, sizeof why);
    int status = called < 0 ? complain(USAGE, line, why) : 0;
    if (!called)
        show_nothing(show);
    show_what_came(show, s->test);
    return status;
}

static int read_lines(struct script *s, const struct show *show)
{
    char *line = NULL;
    size_t size = 0;
    bool asks = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
    int status = 0;
    if (asks)
        puts("Say something; /help lists what else can happen. The end of the input ends it.");
    for (ssize_t len;;) {
        if (asks)
            printf("<%s> ", s->nick);
        fflush(stdout);
        len = getline(&line, &size, stdin);
        if (len < 0)
            break;
        line[strcspn(line, "\r\n")] = '\0';
        if (strcmp(line, "/help") == 0)
            script_help();
        else if (*line && happen(s, show, line) && !asks)
            status = USAGE;
    }
    if (asks)
        putchar('\n');
    free(line);
    return status;
}

static int run(seshet_test *t, const struct options *o, char *const *texts)
{
    struct script script;
    struct show show = {.colour = o->colour, .human = o->show_input};
    int status = 0;
    script_begin(&script, t, o->as, o->channel, o->in_private);
    show_what_came(&show, t);
    if (!*texts)
        status = read_lines(&script, &show);
    for (; *texts && !status; texts++) {
        if (o->show_input)
            show_input(&show, &script, *texts);
        status = happen(&script, &show, *texts);
    }
    if (!status && *o->after) {
        char line[80];
        snprintf(line, sizeof line, "/after %.60s", o->after);
        if (o->show_input)
            show_input(&show, &script, line);
        status = happen(&script, &show, line);
    }
    script_free(&script);
    return status;
}

/* We ourselves end by _exit. */
static void on_exit_of_module(void)
{
    fflush(stdout);
    fputs("seshetctl: the module called exit()\n", stderr);
    _exit(REFUSED);
}

int main(int argc, char **argv)
{
    struct options o = {.as = "alice",
                        .channel = "#test",
                        .users = "",
                        .after = "",
                        .grant = "",
                        .permissions = ""};
    char why[SESHET_TEST_WHY_SIZE];
    if (read_options(&o, argc, argv)) {
        fputs("seshet-try is started by: seshetctl module try FILE [TEXT...]\n", stderr);
        _exit(USAGE);
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    atexit(on_exit_of_module);
    seshet_test *t = seshet_test_new();
    int status = prepare(t, &o);
    if (!status && seshet_test_load(t, argv[optind], why, sizeof why)) {
        show_what_came(&(struct show){.colour = o.colour}, t);
        status = complain(REFUSED, "the module is refused", why);
    }
    if (!status)
        status = run(t, &o, argv + optind + 1);
    seshet_test_close(t);
    /* Not exit: as in a server, nothing of the module's runs after its unload. */
    fflush(stdout);
    _exit(status);
}
